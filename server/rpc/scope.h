// These functions say which channels a request is about, and whether its caller
// covers them. For a key limited to channels the others do not exist: a channel
// that there is not and one that the key does not cover are refused alike,
// judged from the key's own list alone, so that neither the answer nor its time
// tells which it was. An id that is no channel id is left to validation.
// ReadRequest (call.h) asks here, before anything else looks at the request.
// All of it is pure and thread-safe.

#pragma once

#include "absl/status/status.h"
#include "linktor/instagram/v1/access_service.pb.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/event_service.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "linktor/instagram/v1/server_service.pb.h"
#include "server/access/caller.h"
#include "server/base/strings.h"
#include "server/base/v1.h"

namespace linktor::rpc {

// Returns the channel that a request names, for its scope and its audit line;
// empty when it names none. Every request has an overload: one without does not
// compile, so that no new request is forgotten. The result borrows from the
// request.
template <typename Request>
requires requires(const Request& request) { request.channel_id(); }
std::string_view ChannelOf(const Request& request) {
  return request.channel_id();
}
// The channel of these lies within another message.
std::string_view ChannelOf(const v1::CreateChannelRequest& request);
std::string_view ChannelOf(const v1::UpdateChannelRequest& request);
std::string_view ChannelOf(const v1::UpdateConversationRequest& request);
// It names no channel; its answer is limited to those that the caller covers.
std::string_view ChannelOf(const v1::ListChannelsRequest& request);
// These name no channel: access/ judges for each key whether the caller may see
// it.
std::string_view ChannelOf(const v1::CreateApiKeyRequest& request);
std::string_view ChannelOf(const v1::GetApiKeyRequest& request);
std::string_view ChannelOf(const v1::ListApiKeysRequest& request);
std::string_view ChannelOf(const v1::UpdateApiKeyRequest& request);
std::string_view ChannelOf(const v1::DeleteApiKeyRequest& request);
// Their filters name any number of channels, and CheckScope looks at each.
std::string_view ChannelOf(const v1::ListEventsRequest& request);
std::string_view ChannelOf(const v1::ListDeliveriesRequest& request);
// Its deliveries are looked up first, and belong to the channels of their URLs.
std::string_view ChannelOf(const v1::RedriveDeliveriesRequest& request);
// It is about the server as a whole.
std::string_view ChannelOf(const v1::GetServerInfoRequest& request);

// Returns OK when the caller covers the channel, or the id is no channel id;
// else NOT_FOUND with CHANNEL_NOT_FOUND. It does not ask whether the channel
// exists.
absl::Status CheckChannel(const access::Caller& caller,
                          std::string_view channel_id);

// Returns OK when the caller covers the request's channel; CHANNEL_NOT_FOUND
// when it does not; NOT_AUTHORIZED (PERMISSION_DENIED) for changes that only a
// key over all channels may make.
template <typename Request>
absl::Status CheckScope(const access::Caller& caller, const Request& request) {
  return CheckChannel(caller, ChannelOf(request));
}
// Only a key over all channels may connect an account: an account belongs to
// one channel, so that connecting one would tell whether another channel has
// it.
absl::Status CheckScope(const access::Caller& caller,
                        const v1::CreateChannelRequest& request);
// The same holds when the mask names the page.
absl::Status CheckScope(const access::Caller& caller,
                        const v1::UpdateChannelRequest& request);
// Every channel of the filter is checked. A filter without channels means all
// that the key covers, and is always OK.
absl::Status CheckScope(const access::Caller& caller,
                        const v1::SubscribeEventsRequest& request);
absl::Status CheckScope(const access::Caller& caller,
                        const v1::ListEventsRequest& request);
absl::Status CheckScope(const access::Caller& caller,
                        const v1::ListDeliveriesRequest& request);

// Returns the channels that the caller's key is limited to, for an EventFilter;
// empty when it covers all. The result lives as long as the caller's key.
const StringSet& ChannelsCoveredBy(const access::Caller& caller);

}  // namespace linktor::rpc
