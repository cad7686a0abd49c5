#include "server/app/token_watch.h"

#include <optional>
#include <string>

#include "server/base/log.h"
#include "server/base/status.h"

namespace linktor::app {
namespace {

// Returns the state of the token that an answer proves; nullopt when it proves
// none.
std::optional<channels::TokenState> StateOf(const absl::Status& status) {
  if (status.ok()) return channels::TokenState::kGood;
  // Without a code of Meta's, a proxy in between may have answered.
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  if (info.reason() == ReasonName(v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED) &&
      info.metadata().contains("graph_code")) {
    return channels::TokenState::kRefused;
  }
  return std::nullopt;
}

}  // namespace

void TokenWatch::OnGraphCall(std::string_view operation,
                             std::string_view channel_id,
                             const absl::Status& status,
                             std::chrono::nanoseconds latency) {
  next_.OnGraphCall(operation, channel_id, status, latency);
  const std::optional<channels::TokenState> state = StateOf(status);
  if (!state.has_value()) return;
  const channels::ChannelRegistry::EntryPtr channel =
      registry_.Find(channel_id);
  if (channel == nullptr) return;
  const channels::TokenState before =
      channel->notes->token.exchange(*state, std::memory_order_relaxed);
  if (before == channels::TokenState::kRefused &&
      *state == channels::TokenState::kGood) {
    Log(LogLevel::kInfo, "Meta takes the access token again",
        {{"channel", std::string(channel_id)}});
  }
}

}  // namespace linktor::app
