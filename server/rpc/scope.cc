#include "server/rpc/scope.h"

#include <algorithm>

#include "server/access/api_keys.h"
#include "server/base/ids.h"
#include "server/base/try.h"
#include "server/channels/registry.h"

namespace linktor {
namespace {

constexpr std::string_view kOnlyAllChannels =
    "an API key limited to channels can neither create channels nor change "
    "which account or page a channel speaks for; use a key over all channels";

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
std::string_view ChannelOf(const v1::GetServerInfoRequest&) { return {}; }

absl::Status CheckChannel(const access::Caller& caller,
                          std::string_view channel_id) {
  if (caller.Covers(channel_id) || !IsChannelId(channel_id)) {
    return absl::OkStatus();
  }
  return ChannelNotFound(channel_id);
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
      std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
        return path == "instagram_account_id" || path == "page_id";
      });
  return connects ? access::NotAuthorized(caller, kOnlyAllChannels)
                  : absl::OkStatus();
}

absl::Status CheckScope(const access::Caller& caller,
                        const v1::SubscribeEventsRequest& request) {
  for (const std::string& id : request.channel_ids()) {
    LINKTOR_TRY(CheckChannel(caller, id));
  }
  return absl::OkStatus();
}

}  // namespace linktor
