// Makers of records from specs that name only what matters, for StoreRig and
// the model test.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/base/v1.h"
#include "server/store/message_table.h"
#include "server/store/records.h"
#include "server/store/sealer.h"

namespace linktor {

inline constexpr std::int64_t kSecondMs = 1000;
inline constexpr std::int64_t kMinuteMs = 60 * kSecondMs;
inline constexpr std::int64_t kHourMs = 60 * kMinuteMs;
inline constexpr std::int64_t kDayMs = 24 * kHourMs;
// Where the clock of most tests stands.
inline constexpr std::int64_t kNowMs = 1'790'000'000'000;

struct TestChannel {
  std::int64_t no = 0;
  std::string id;
  std::string account;
  std::string page;
};
inline const TestChannel kShop{101, "shop", "17841001", "1001"};
inline const TestChannel kCafe{102, "cafe", "17841002", "1002"};

CreateChannelRecord MakeChannel(const TestChannel& channel,
                                std::int64_t now_ms = kNowMs,
                                std::string request_id = "",
                                std::string fingerprint = "same");

enum class TestItem : std::int8_t {
  kMessage,
  kEcho,
  kOther,
  kIgnored,
  kIssue,
  kPostback,
  // Without a mid of its own; `target` is that of the message reacted to.
  kReaction,
};

// Returns the type of the event that such an item becomes.
const char* TypeOf(TestItem kind);

// One item of a webhook.
struct ItemSpec {
  TestItem kind = TestItem::kMessage;
  TestChannel channel = kShop;
  std::string user = "501";
  // Empty: told apart by `text`, as items without a mid are.
  std::string mid;
  std::string text;
  std::string target;
  std::int64_t event_ms = kNowMs;
  // Echoes: more than text, so that its content matches nothing.
  bool attachment = false;
  std::string raw = "{}";
};

RawId MidKeyOf(const TestChannel& channel, std::string_view mid);

WebhookRecord MakeDelivery(Sealer& sealer, std::int64_t now_ms,
                           const std::vector<ItemSpec>& items);

struct ClaimSpec {
  TestChannel channel = kShop;
  std::string user = "501";
  std::string text = "hello";
  std::string request_id = "r1";
  std::int64_t now_ms = kNowMs;
  bool attachment = false;
  bool human_agent = false;
  bool refuse_without_history = false;
  int quota = 0;
};
ClaimRecord MakeClaim(Sealer& sealer, const ClaimSpec& spec);

struct OutcomeSpec {
  v1::MessageState state = v1::MESSAGE_STATE_SENT;
  std::string mid;
  std::int64_t now_ms = kNowMs;
  v1::MessageState expected_state = v1::MESSAGE_STATE_PENDING;
  // 0: that of the message.
  int expected_attempt = 0;
  v1::SettledBy settled_by = v1::SETTLED_BY_ANSWER;
};
OutcomeRecord MakeOutcome(Sealer& sealer, const MessageRow& message,
                          const OutcomeSpec& spec);

struct OptOutSpec {
  TestChannel channel = kShop;
  std::string user = "501";
  bool opted_out = true;
  std::int64_t now_ms = kNowMs;
};
OptOutRecord MakeOptOut(const OptOutSpec& spec);

UsernameRecord MakeUsername(Sealer& sealer, const TestChannel& channel,
                            const std::string& user, const std::string& name,
                            std::int64_t now_ms = kNowMs);

// Trims nothing.
TrimRecord MakeTrim(std::int64_t now_ms = kNowMs);

}  // namespace linktor
