#include "server/messaging/refusals.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/status.h"
#include "server/base/strings.h"
#include "server/policy/window.h"

namespace linktor::messaging {
namespace {

// Returns the time as protobuf's JSON spells it; absl::RFC3339_sec would end in
// +00:00.
std::string Rfc3339(std::int64_t ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(ms),
                          absl::UTCTimeZone());
}

absl::Status RequestIdReused(const std::string& request_id) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   "the request id was used for another message; use a new one",
                   {.reason = v1::ERROR_REASON_REQUEST_ID_REUSED,
                    .metadata = {{"request_id", request_id}}});
}

}  // namespace

absl::Status RefusalOf(const state::ClaimAnswer& answer,
                       const journal::Claim& claim, std::int64_t now_ms) {
  using Kind = state::ClaimAnswer::Kind;
  switch (answer.kind) {
    case Kind::kReused:
      return RequestIdReused(claim.request_id());
    case Kind::kChannelGone:
      return ChannelDeleted(claim.channel_id());
    case Kind::kWindowClosed:
      return WindowClosed(answer.time_ms, now_ms);
    case Kind::kHumanAgentWindowClosed:
      return HumanAgentWindowClosed(answer.time_ms);
    case Kind::kNeverWritten:
      return NeverWritten();
    case Kind::kOptedOut:
      return OptedOut(answer.time_ms);
    case Kind::kOverQuota:
      return QuotaExceeded(claim.user_id(), claim.quota(), now_ms,
                           answer.time_ms);
    case Kind::kUnreadable:
      return MakeError(
          absl::StatusCode::kResourceExhausted,
          "the customer was erased at the same moment, and nothing "
          "was sent; try again",
          {.reason = v1::ERROR_REASON_OVERLOADED,
           .retry_after = absl::Seconds(1)});
    case Kind::kClaimed:
    case Kind::kEnded:
    case Kind::kInFlight:
      break;
  }
  return absl::InternalError("the claim was not refused");
}

absl::Status ChannelDeleted(std::string_view channel_id) {
  return MakeError(
      absl::StatusCode::kNotFound,
      absl::StrCat("channel '", ToAbsl(channel_id), "' was deleted"),
      {.reason = v1::ERROR_REASON_CHANNEL_NOT_FOUND,
       .metadata = {{"channel_id", std::string(channel_id)}}});
}

absl::Status WindowClosed(std::int64_t last_inbound_ms, std::int64_t now_ms) {
  const std::string closed =
      Rfc3339(last_inbound_ms + policy::kMessagingWindowMs);
  ErrorDetails details{.reason = v1::ERROR_REASON_OUTSIDE_MESSAGING_WINDOW,
                       .metadata = {{"window_close_time", closed}}};
  const std::int64_t agent_ms = last_inbound_ms + policy::kHumanAgentWindowMs;
  if (now_ms < agent_ms) {
    details.metadata.emplace_back("human_agent_close_time", Rfc3339(agent_ms));
  }
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat("the customer's last message is more than 24 hours old; the "
                   "messaging window closed at ",
                   closed, ". It opens again when they write"),
      details);
}

absl::Status HumanAgentWindowClosed(std::int64_t last_inbound_ms) {
  const std::string closed =
      Rfc3339(last_inbound_ms + policy::kHumanAgentWindowMs);
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat("the customer's last message is more than 7 days old; the "
                   "time for a human agent's answer ended at ",
                   closed, ". Wait until they write"),
      {.reason = v1::ERROR_REASON_HUMAN_AGENT_WINDOW_CLOSED,
       .metadata = {{"window_close_time", closed}}});
}

absl::Status NeverWritten() {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      v1::ERROR_REASON_USER_HAS_NOT_WRITTEN,
      "no message from this customer is known, and the channel refuses such "
      "sends (on_no_history). Wait until they write");
}

absl::Status OptedOut(std::int64_t opt_out_ms) {
  const std::string since = Rfc3339(opt_out_ms);
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat("the customer has wanted no messages since ", since,
                   "; UpdateConversation records it when they agree again"),
      {.reason = v1::ERROR_REASON_RECIPIENT_OPTED_OUT,
       .metadata = {{"opt_out_time", since}}});
}

absl::Status QuotaExceeded(std::string_view user_id, int limit,
                           std::int64_t now_ms, std::int64_t free_ms) {
  const std::string limit_text =
      absl::StrCat(limit, " messages to one customer within an hour");
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("this server sends at most ", limit_text,
                   "; nothing was sent. Try again at ", Rfc3339(free_ms + 999)),
      {.reason = v1::ERROR_REASON_RATE_LIMITED,
       .metadata = {{"limited_by", "linktor"},
                    {"limit", std::to_string(limit)},
                    {"period", "3600s"}},
       .retry_after = absl::Milliseconds(free_ms - now_ms),
       .quota = QuotaViolation{absl::StrCat("user:", ToAbsl(user_id)),
                               "at most " + limit_text}});
}

}  // namespace linktor::messaging
