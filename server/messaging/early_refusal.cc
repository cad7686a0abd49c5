#include "server/messaging/early_refusal.h"

#include "server/base/try.h"
#include "server/messaging/refusals.h"
#include "server/policy/window.h"
#include "server/state/effects.h"

namespace linktor::messaging {

absl::Status RefusedEarly(state::StateReader& state,
                          const journal::Claim& claim, std::int64_t now_ms) {
  using Kind = state::ClaimAnswer::Kind;
  LINKTOR_ASSIGN(
      const auto existing,
      state.MessageByRequest(claim.channel_no(), claim.request_id()));
  if (existing.has_value()) {
    if (existing->request_fingerprint == claim.request_fingerprint()) {
      return absl::OkStatus();
    }
    return RefusalOf({.kind = Kind::kReused}, claim, now_ms);
  }
  LINKTOR_ASSIGN(const state::ConversationRow conversation,
                 state.Conversation(claim.channel_no(), claim.user_id()));
  const std::int64_t last_ms = conversation.last_inbound_ms.value_or(0);
  switch (policy::DecideWindow(
      {.last_inbound_ms = conversation.last_inbound_ms,
       .now_ms = now_ms,
       .human_agent = claim.human_agent(),
       .refuse_without_history = claim.refuse_without_history()})) {
    case policy::WindowDecision::kSend:
      break;
    case policy::WindowDecision::kClosed:
      return RefusalOf({.kind = Kind::kWindowClosed, .time_ms = last_ms}, claim,
                       now_ms);
    case policy::WindowDecision::kHumanAgentClosed:
      return RefusalOf(
          {.kind = Kind::kHumanAgentWindowClosed, .time_ms = last_ms}, claim,
          now_ms);
    case policy::WindowDecision::kNoHistory:
      return RefusalOf({.kind = Kind::kNeverWritten}, claim, now_ms);
  }
  if (!conversation.opt_out_ms.has_value()) return absl::OkStatus();
  return RefusalOf(
      {.kind = Kind::kOptedOut, .time_ms = *conversation.opt_out_ms}, claim,
      now_ms);
}

}  // namespace linktor::messaging
