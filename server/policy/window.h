// Decides by Instagram's messaging window: a business may answer for 24 hours
// after the customer's last message, a person working for it for 7 days. Apply
// decides a claim by it, the same wherever it runs. The sender looks before, so
// that a customer who is refused leaves no data key behind. All times are in ms
// since the epoch. Pure.

#pragma once

#include <cstdint>
#include <optional>

namespace linktor::policy {

// It is 24 h, from Meta's policy; the window is open while now < last + this,
// so it has closed exactly 24 h after the message.
inline constexpr std::int64_t kMessagingWindowMs = 24LL * 60 * 60 * 1000;
// It is 7 days, from Meta's policy for messages tagged HUMAN_AGENT.
inline constexpr std::int64_t kHumanAgentWindowMs = 7 * kMessagingWindowMs;

// Says whether a send may be tried. Instagram has the last word: it may refuse
// what is sent here.
enum class WindowDecision {
  // The send is tried: the window is open, or Instagram is to decide.
  kSend,
  // The send is refused: the last message is known and 24 h old or older.
  kClosed,
  // The send is refused although it has the human agent tag: the last message
  // is known and 7 days old or older.
  kHumanAgentClosed,
  // The send is refused: no message is known, and the channel wants such sends
  // refused.
  kNoHistory,
};

struct WindowInput {
  // The customer's last activity (see ActivityTime); nothing when none is
  // known, as after the server's first start, when Instagram may know more.
  std::optional<std::int64_t> last_inbound_ms;
  // The window is judged at this time: that of the claim's record, by its
  // appender's clock.
  std::int64_t now_ms = 0;
  // The message has MESSAGE_TAG_HUMAN_AGENT, which Meta allows to people only.
  bool human_agent = false;
  // It is the channel's NoHistoryPolicy: true refuses sends to customers of
  // whom no message is known.
  bool refuse_without_history = false;
};

// Returns the decision for one send. It looks at nothing but its input, so that
// every instance that applies a claim decides alike. It says nothing of
// opt-outs and quotas, which are looked at after it.
constexpr WindowDecision DecideWindow(const WindowInput& input) {
  if (!input.last_inbound_ms.has_value()) {
    return input.refuse_without_history ? WindowDecision::kNoHistory
                                        : WindowDecision::kSend;
  }
  const std::int64_t length =
      input.human_agent ? kHumanAgentWindowMs : kMessagingWindowMs;
  if (input.now_ms < *input.last_inbound_ms + length) {
    return WindowDecision::kSend;
  }
  return input.human_agent ? WindowDecision::kHumanAgentClosed
                           : WindowDecision::kClosed;
}

// Returns when an item of the customer's counts as activity; the last activity
// of a customer is the latest of these. Late and future stamps are harmless,
// because the earlier of Instagram's time and ours counts. `event_ms` is
// Instagram's, and 0 when the item has none; ours counts then.
constexpr std::int64_t ActivityTime(std::int64_t event_ms,
                                    std::int64_t receive_ms) {
  return event_ms > 0 && event_ms < receive_ms ? event_ms : receive_ms;
}

}  // namespace linktor::policy
