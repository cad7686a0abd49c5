// These functions say which channels a request is about, and whether the API
// key of its caller covers (allows) them. For a caller whose key is limited to
// channels, all other channels do not exist. So a channel that does not exist
// and a channel that the key does not cover are refused in the same way. The
// refusal depends only on the list of channels in the key. So neither the
// answer nor the time that it takes tells the caller whether the channel
// exists. A text that is no valid channel id is not refused here, but later by
// Validate (validation.h). ReadRequest (call.h) calls these functions before
// anything else looks at the parsed request. All of them are pure and
// thread-safe.

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

// Returns the id of the channel that a request names, for CheckScope and for
// the audit line. The result is empty when the request names no channel, and it
// is borrowed from the request. Every request of a unary call has an overload:
// the code does not compile without it, so no new request can be forgotten.
template <typename Request>
requires requires(const Request& request) { request.channel_id(); }
std::string_view ChannelOf(const Request& request) {
  return request.channel_id();
}
// In these requests, another message within the request names the channel.
std::string_view ChannelOf(const v1::CreateChannelRequest& request);
std::string_view ChannelOf(const v1::UpdateChannelRequest& request);
std::string_view ChannelOf(const v1::UpdateConversationRequest& request);
// This request names no channel. Its answer has only channels that the caller's
// key covers.
std::string_view ChannelOf(const v1::ListChannelsRequest& request);
// These requests name no channel. KeyAdmin (access/key_admin.h) decides for
// each key whether the caller may see it.
std::string_view ChannelOf(const v1::CreateApiKeyRequest& request);
std::string_view ChannelOf(const v1::GetApiKeyRequest& request);
std::string_view ChannelOf(const v1::ListApiKeysRequest& request);
std::string_view ChannelOf(const v1::UpdateApiKeyRequest& request);
std::string_view ChannelOf(const v1::DeleteApiKeyRequest& request);
// The filters of these requests name any number of channels, and CheckScope
// looks at each of them.
std::string_view ChannelOf(const v1::ListEventsRequest& request);
std::string_view ChannelOf(const v1::ListDeliveriesRequest& request);
// This request names deliveries, not channels. Redriver (webhook/redriver.h)
// looks up each delivery, and checks the channel to whose URL Meta has sent it.
std::string_view ChannelOf(const v1::RedriveDeliveriesRequest& request);
// This request is about the server as a whole.
std::string_view ChannelOf(const v1::GetServerInfoRequest& request);

// Returns OK when the caller's key covers the channel, or when `channel_id` is
// no valid channel id. Otherwise it returns NOT_FOUND with CHANNEL_NOT_FOUND.
// It does not ask whether the channel exists.
absl::Status CheckChannel(const access::Caller& caller,
                          std::string_view channel_id);

// Returns OK when the caller's key covers the channel of the request, and
// CHANNEL_NOT_FOUND when it does not. Some changes can only be made with a key
// over all channels. For these changes, an overload returns NOT_AUTHORIZED
// (PERMISSION_DENIED).
template <typename Request>
absl::Status CheckScope(const access::Caller& caller, const Request& request) {
  return CheckChannel(caller, ChannelOf(request));
}
// Only a key over all channels may create a channel, because this connects an
// Instagram account. An account belongs to one channel, so the answer would
// tell the caller whether another channel has the account.
absl::Status CheckScope(const access::Caller& caller,
                        const v1::CreateChannelRequest& request);
// Only a key over all channels may change the page of a channel, because this
// also connects an account. This is checked when update_mask names page_id.
absl::Status CheckScope(const access::Caller& caller,
                        const v1::UpdateChannelRequest& request);
// Every channel of the filter is checked. A filter without channels means all
// channels that the key covers, so it is always OK.
absl::Status CheckScope(const access::Caller& caller,
                        const v1::SubscribeEventsRequest& request);
absl::Status CheckScope(const access::Caller& caller,
                        const v1::ListEventsRequest& request);
absl::Status CheckScope(const access::Caller& caller,
                        const v1::ListDeliveriesRequest& request);

// Returns the channels to which the caller's key is limited, for an EventFilter
// (events/filter.h). The set is empty when the key covers all channels, or when
// the caller has no key. The result is borrowed from the entry of the key that
// `caller` holds.
const StringSet& ChannelsCoveredBy(const access::Caller& caller);

}  // namespace linktor::rpc
