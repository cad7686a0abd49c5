#include "server/rpc/scope.h"

#include <algorithm>

#include "server/access/api_keys.h"
#include "server/base/ids.h"
#include "server/base/try.h"
#include "server/channels/registry.h"

namespace linktor::rpc {
namespace {

constexpr std::string_view kOnlyAllChannels =
    "an API key limited to channels can neither create channels nor change "
    "which page a channel speaks for; use a key over all channels";

absl::Status CheckChannels(
    const access::Caller& caller,
    const google::protobuf::RepeatedPtrField<std::string>& ids) {
  for (const std::string& id : ids) LINKTOR_TRY(CheckChannel(caller, id));
  return absl::OkStatus();
}

}  // namespace

std::string_view ChannelOf(const v1::CreateChannelRequest& request) {
  return request.channel().id();
}
std::string_view ChannelOf(const v1::UpdateChannelRequest& request) {
  return request.channel().id();
}
std::string_view ChannelOf(const v1::UpdateConversationRequest& request) {
  return request.conversation().channel_id();
}
std::string_view ChannelOf(const v1::ListChannelsRequest&) { return {}; }
std::string_view ChannelOf(const v1::CreateApiKeyRequest&) { return {}; }
std::string_view ChannelOf(const v1::GetApiKeyRequest&) { return {}; }
std::string_view ChannelOf(const v1::ListApiKeysRequest&) { return {}; }
std::string_view ChannelOf(const v1::UpdateApiKeyRequest&) { return {}; }
std::string_view ChannelOf(const v1::DeleteApiKeyRequest&) { return {}; }
std::string_view ChannelOf(const v1::ListEventsRequest&) { return {}; }
std::string_view ChannelOf(const v1::ListDeliveriesRequest&) { return {}; }
std::string_view ChannelOf(const v1::RedriveDeliveriesRequest&) { return {}; }
std::string_view ChannelOf(const v1::GetServerInfoRequest&) { return {}; }

absl::Status CheckChannel(const access::Caller& caller,
                          std::string_view channel_id) {
  if (caller.Covers(channel_id) || !IsChannelId(channel_id)) {
    return absl::OkStatus();
  }
  return channels::ChannelNotFound(channel_id);
}

absl::Status CheckScope(const access::Caller& caller,
                        const v1::CreateChannelRequest&) {
  if (caller.CoversAll()) return absl::OkStatus();
  return access::NotAuthorized(caller, kOnlyAllChannels);
}

absl::Status CheckScope(const access::Caller& caller,
                        const v1::UpdateChannelRequest& request) {
  LINKTOR_TRY(CheckChannel(caller, ChannelOf(request)));
  if (caller.CoversAll()) return absl::OkStatus();
  const auto& paths = request.update_mask().paths();
  const bool connects =
      std::find(paths.begin(), paths.end(), "page_id") != paths.end();
  return connects ? access::NotAuthorized(caller, kOnlyAllChannels)
                  : absl::OkStatus();
}

absl::Status CheckScope(const access::Caller& caller,
                        const v1::SubscribeEventsRequest& request) {
  return CheckChannels(caller, request.channel_ids());
}

absl::Status CheckScope(const access::Caller& caller,
                        const v1::ListEventsRequest& request) {
  return CheckChannels(caller, request.channel_ids());
}

absl::Status CheckScope(const access::Caller& caller,
                        const v1::ListDeliveriesRequest& request) {
  return CheckChannels(caller, request.channel_ids());
}

const StringSet& ChannelsCoveredBy(const access::Caller& caller) {
  static const StringSet* const kAll = new StringSet();
  return caller.key() == nullptr ? *kAll : caller.key()->channels;
}

}  // namespace linktor::rpc
