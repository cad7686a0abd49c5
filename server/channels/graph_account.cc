#include "server/channels/graph_account.h"

#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/status.h"
#include "server/base/strings.h"

namespace linktor::channels {

absl::StatusOr<graph::GraphAccount> GraphAccountOf(
    const ChannelEntry& channel) {
  if (channel.access_token.empty()) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition,
        absl::StrCat("channel '", channel.channel.id(),
                     "' has no access token; set one by SetChannelCredentials"),
        {.reason = v1::ERROR_REASON_CREDENTIALS_MISSING,
         .metadata = {{"channel_id", channel.channel.id()}}});
  }
  // Meta documents the proof for Facebook Login alone.
  std::string proof;
  if (channel.channel.login_type() != v1::LOGIN_TYPE_INSTAGRAM_LOGIN) {
    if (const SigningSecret* secret = channel.ProvingSecret()) {
      const Digest digest = secret->key.Sign(channel.access_token.Reveal());
      proof = absl::BytesToHexString(ToAbsl(AsBytes(digest)));
    }
  }
  return graph::GraphAccount{
      .channel_id = channel.channel.id(),
      .login_type = channel.channel.login_type(),
      .api_version = channel.channel.api_version(),
      .instagram_account_id = channel.channel.instagram_account_id(),
      .page_id = channel.channel.page_id(),
      .access_token = channel.access_token,
      .app_secret_proof = std::move(proof)};
}

}  // namespace linktor::channels
