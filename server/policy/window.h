// Instagram's messaging window: a business may answer for 24 hours after the
// customer's last message, a person working for it for 7 days. Pure.

#pragma once

#include <cstdint>
#include <optional>

namespace linktor {

// 24 h, from Meta's policy; the window is open while now < last + this.
inline constexpr std::int64_t kMessagingWindowMs = 24LL * 60 * 60 * 1000;
// 7 days, for messages tagged HUMAN_AGENT.
inline constexpr std::int64_t kHumanAgentWindowMs = 7 * kMessagingWindowMs;

enum class WindowDecision {
  // Send: the window is open, or Instagram is to decide.
  kSend,
  // Refuse: the last message is known and too old.
  kClosed,
  // The same for a message with the human agent tag.
  kHumanAgentClosed,
  // Refuse: no message is known and the channel wants such sends refused.
  kNoHistory,
};

struct WindowInput {
  // Time of the customer's last message, if any is known; ms since the epoch.
  std::optional<std::int64_t> last_inbound_ms;
  std::int64_t now_ms = 0;
  // The message has MESSAGE_TAG_HUMAN_AGENT.
  bool human_agent = false;
  // The channel's NoHistoryPolicy.
  bool refuse_without_history = false;
};

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

// When an item of the customer's counts as activity; their last activity is the
// latest of these. Late and future stamps are harmless, because what counts is
// the earlier of Instagram's time and ours.
constexpr std::int64_t ActivityTime(std::int64_t event_ms,
                                    std::int64_t receive_ms) {
  return event_ms > 0 && event_ms < receive_ms ? event_ms : receive_ms;
}

}  // namespace linktor
