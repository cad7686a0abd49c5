#include "server/channels/graph_account.h"

#include "absl/strings/str_cat.h"
#include "server/base/status.h"

namespace linktor {

absl::StatusOr<GraphAccount> GraphAccountOf(const ChannelEntry& channel) {
  if (channel.access_token.empty()) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition,
        absl::StrCat("channel '", channel.channel.id(),
                     "' has no access token; set one by SetChannelCredentials"),
        {.reason = v1::ERROR_REASON_CREDENTIALS_MISSING,
         .metadata = {{"channel_id", channel.channel.id()}}});
  }
  return GraphAccount{
      .login_type = channel.channel.login_type(),
      .api_version = channel.channel.api_version(),
      .instagram_account_id = channel.channel.instagram_account_id(),
      .page_id = channel.channel.page_id(),
      .access_token = channel.access_token};
}

}  // namespace linktor
