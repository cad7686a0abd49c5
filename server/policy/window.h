// Decides by Instagram's messaging window whether the server tries a send or
// refuses it. A business may answer for 24 hours after the customer's last
// message. A person who works for the business may answer for 7 days. A send
// begins with a claim, a record in the journal. Apply (state/applier.h) decides
// each claim by this file, so the decision is the same wherever Apply runs. A
// claim may need a new data key, which is stored before the claim. A refused
// send must not leave such a key behind. So the sender also asks this file
// before it appends such a claim (messaging/early_refusal.h). All times are in
// ms since the epoch. The functions are pure.

#pragma once

#include <cstdint>
#include <optional>

namespace linktor::policy {

// This is 24 h, from Meta's policy. The window is open while now < last message
// + kMessagingWindowMs. So it is closed from exactly 24 h after the last
// message on.
inline constexpr std::int64_t kMessagingWindowMs = 24LL * 60 * 60 * 1000;
// This is 7 days, from Meta's policy for messages with the tag HUMAN_AGENT.
inline constexpr std::int64_t kHumanAgentWindowMs = 7 * kMessagingWindowMs;

// Says whether the server tries a send. Instagram can still refuse a send that
// the server tries.
enum class WindowDecision {
  // The send is tried. Either the window is open, or no message of the customer
  // is known and the channel leaves the decision to Instagram.
  kSend,
  // The send is refused: the customer's last message is known, and is 24 h old
  // or older.
  kClosed,
  // The send is refused although it has the human agent tag: the customer's
  // last message is known, and is 7 days old or older.
  kHumanAgentClosed,
  // The send is refused: no message of the customer is known, and the channel
  // wants such sends refused.
  kNoHistory,
};

struct WindowInput {
  // This is the customer's last activity (see ActivityTime). It is nullopt when
  // no activity is known, for example after the server's first start. Then
  // Instagram may still know of an earlier activity.
  std::optional<std::int64_t> last_inbound_ms;
  // The window is judged at this time. It is the time of the claim's record, by
  // the clock of the process that appends the record.
  std::int64_t now_ms = 0;
  // It is true when the message has MESSAGE_TAG_HUMAN_AGENT, which Meta allows
  // only for answers by people.
  bool human_agent = false;
  // This is the channel's NoHistoryPolicy. True means that sends to customers
  // of whom no message is known are refused.
  bool refuse_without_history = false;
};

// Returns the decision for one send. The decision depends on `input` alone, so
// that every server that applies the claim decides in the same way. The
// function does not look at opt-outs and quotas, which Apply checks afterwards.
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

// Returns the time at which a customer was active, according to one item that
// the customer has sent. The latest of these times is the customer's last
// activity. `event_ms` is Instagram's time of the item, and `receive_ms` is
// this server's time when the item came. The function returns the earlier time.
// So neither an item that arrives late nor a time in the future makes the
// window longer. `event_ms` is 0 when the item has no time, and then the
// function returns `receive_ms`.
constexpr std::int64_t ActivityTime(std::int64_t event_ms,
                                    std::int64_t receive_ms) {
  return event_ms > 0 && event_ms < receive_ms ? event_ms : receive_ms;
}

}  // namespace linktor::policy
