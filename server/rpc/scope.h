// Which channels a request is about, and whether its caller covers them. For a
// key limited to channels the others do not exist: a channel that there is not
// and one that the key does not cover are refused alike, judged from the key's
// own list alone, so that neither the answer nor its time tells which it was.
// An id that is no channel id is left to validation. Pure.

#pragma once

#include "absl/status/status.h"
#include "linktor/instagram/v1/access_service.pb.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/event_service.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "linktor/instagram/v1/server_service.pb.h"
#include "server/access/caller.h"
#include "server/base/v1.h"

namespace linktor {

// The channel that a request names, for its scope and its audit line. Every
// request has an overload: one without does not compile. Empty when the request
// names none.
template <typename Request>
requires requires(const Request& request) { request.channel_id(); }
std::string_view ChannelOf(const Request& request) {
  return request.channel_id();
}
std::string_view ChannelOf(const v1::CreateChannelRequest& request);
std::string_view ChannelOf(const v1::UpdateChannelRequest& request);
std::string_view ChannelOf(const v1::UpdateConversationRequest& request);
// Its answer is limited to what the caller covers.
std::string_view ChannelOf(const v1::ListChannelsRequest& request);
// Keys are judged one by one in access/.
std::string_view ChannelOf(const v1::CreateApiKeyRequest& request);
std::string_view ChannelOf(const v1::GetApiKeyRequest& request);
std::string_view ChannelOf(const v1::ListApiKeysRequest& request);
std::string_view ChannelOf(const v1::UpdateApiKeyRequest& request);
std::string_view ChannelOf(const v1::DeleteApiKeyRequest& request);
// It is about the server as a whole.
std::string_view ChannelOf(const v1::GetServerInfoRequest& request);

// OK, or NOT_FOUND with CHANNEL_NOT_FOUND.
absl::Status CheckChannel(const access::Caller& caller,
                          std::string_view channel_id);

// OK; CHANNEL_NOT_FOUND; or NOT_AUTHORIZED for what only a key over all
// channels may do.
template <typename Request>
absl::Status CheckScope(const access::Caller& caller, const Request& request) {
  return CheckChannel(caller, ChannelOf(request));
}
// An account belongs to one channel: connecting one would tell whether another
// channel has it.
absl::Status CheckScope(const access::Caller& caller,
                        const v1::CreateChannelRequest& request);
absl::Status CheckScope(const access::Caller& caller,
                        const v1::UpdateChannelRequest& request);
absl::Status CheckScope(const access::Caller& caller,
                        const v1::SubscribeEventsRequest& request);

}  // namespace linktor
