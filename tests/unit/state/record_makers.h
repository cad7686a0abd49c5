// Makers of records from specs that name only what matters, for StoreRig and
// the model test.

#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/ids.h"
#include "server/base/v1.h"
#include "server/journal/record.pb.h"
#include "server/seal/sealer.h"
#include "server/state/effects.h"
#include "server/state/rows.h"

namespace linktor::state {

inline constexpr std::int64_t kSecondMs = 1000;
inline constexpr std::int64_t kMinuteMs = 60 * kSecondMs;
inline constexpr std::int64_t kHourMs = 60 * kMinuteMs;
inline constexpr std::int64_t kDayMs = 24 * kHourMs;
// Where the clock of most tests stands.
inline constexpr std::int64_t kNowMs = 1'790'000'000'000;

// A record, the keys that must be durable before it, and what its appender
// knows in the clear.
struct SealedRecord {
  SealedRecord() = default;
  // Nothing is sealed in it.
  // NOLINTNEXTLINE(google-explicit-constructor)
  SealedRecord(journal::Record from) : record(std::move(from)) {}

  journal::Record record;
  seal::NewKeys keys;
  ClearEvents clear;
};

// ---- Channels ---------------------------------------------------------------

struct TestChannel {
  std::int64_t no = 0;
  std::string id;
  std::string account;
  std::string page;
};
inline const TestChannel kShop{101, "shop", "17841001", "1001"};
inline const TestChannel kCafe{102, "cafe", "17841002", "1002"};

// The sealed parts of channels stand for themselves: Apply does not open them.
journal::ChannelBody BodyOf(const TestChannel& channel);
journal::Record MakeChannel(const TestChannel& channel,
                            std::int64_t now_ms = kNowMs,
                            std::string request_id = "",
                            std::string fingerprint = "same");
// Changes nothing but the revision.
journal::Record MakeUpdate(const ChannelRow& row, std::int64_t now_ms = kNowMs);
journal::Record MakeDeletion(const std::string& channel_id,
                             std::int64_t now_ms = kNowMs, bool erase = false);

// ---- Webhooks ---------------------------------------------------------------

enum class TestItem : std::int8_t {
  kMessage,
  kEcho,
  kOther,
  kIgnored,
  kIssue,
  kPostback,
  // Without a mid of its own; `target` is that of the message reacted to.
  kReaction,
  // Its mid is that of the message taken back.
  kUnsend,
  // Its mid is that of the message edited; the text tells edits apart.
  kEdit,
  // It is an edit numbered 0, which becomes an event when no message with its
  // mid comes.
  kWaits,
};

// Returns the type of the event that such an item becomes.
const char* TypeOf(TestItem kind);

// An ItemSpec describes one item of a webhook.
struct ItemSpec {
  TestItem kind = TestItem::kMessage;
  TestChannel channel = kShop;
  std::string user = "501";
  // Empty: told apart by `text`, as items without a mid are.
  std::string mid;
  std::string text;
  std::string target;
  std::int64_t event_ms = kNowMs;
  // Echoes: their content matches nothing.
  bool attachment = false;
  // It says which app controls the conversation.
  bool names_owner = false;
  std::string raw = "{}";
};

RawId MidKeyOf(const TestChannel& channel, std::string_view mid);

SealedRecord MakeDelivery(seal::Sealer& sealer, std::int64_t now_ms,
                          const std::vector<ItemSpec>& items);

// An item that was stored, as it is understood when it is read again.
struct RedriveSpec {
  RawId delivery_id;
  std::int64_t delivery_no = 1;
  std::int64_t raw_no = 1;
  int position = 0;
  ItemSpec item;
  std::int64_t now_ms = kNowMs;
  bool has_own_key = false;
};
SealedRecord MakeRedrive(seal::Sealer& sealer, const RedriveSpec& spec);

// ---- Sends ------------------------------------------------------------------

struct ClaimSpec {
  TestChannel channel = kShop;
  std::string user = "501";
  std::string text = "hello";
  std::string request_id = "r1";
  std::int64_t now_ms = kNowMs;
  // Its content matches nothing.
  bool attachment = false;
  bool human_agent = false;
  bool refuse_without_history = false;
  int quota = 0;
};
SealedRecord MakeClaim(seal::Sealer& sealer, const ClaimSpec& spec);

struct OutcomeSpec {
  v1::MessageState state = v1::MESSAGE_STATE_SENT;
  std::string mid;
  std::int64_t now_ms = kNowMs;
  v1::MessageState expected_state = v1::MESSAGE_STATE_PENDING;
  // When it is 0, the attempt of the message is expected.
  int expected_attempt = 0;
  v1::SettledBy settled_by = v1::SETTLED_BY_ANSWER;
  // With UNCONFIRMED: the text of the event that an echo would make.
  std::string settled_text = "hello";
};
SealedRecord MakeOutcome(seal::Sealer& sealer, const MessageRow& message,
                         const OutcomeSpec& spec);

// ---- Conversations ----------------------------------------------------------

struct OptOutSpec {
  TestChannel channel = kShop;
  std::string user = "501";
  bool opted_out = true;
  std::int64_t now_ms = kNowMs;
};
journal::Record MakeOptOut(const OptOutSpec& spec);

SealedRecord MakeUsername(seal::Sealer& sealer, const TestChannel& channel,
                          const std::string& user, const std::string& name,
                          std::int64_t now_ms = kNowMs);

// ---- Erasing people ---------------------------------------------------------

journal::Record MakeEraseUser(const TestChannel& channel,
                              const std::string& user,
                              std::int64_t now_ms = kNowMs);
journal::Record MakeEraseOn(std::int64_t now_ms = kNowMs);

// ---- Housekeeping -----------------------------------------------------------

// An age that nothing reaches.
inline constexpr std::int64_t kForeverMs = 100'000 * 365 * kDayMs;

// By default it moves no time and deletes nothing that is younger than its kind
// allows.
struct TrimSpec {
  std::int64_t now_ms = kNowMs;
  std::int64_t elapsed_ms = 0;
  // The expiry time that it was measured from; only then it moves it.
  std::int64_t measured_from_ms = 0;
  std::int64_t event_age_ms = kForeverMs;
  std::int64_t raw_age_ms = kForeverMs;
  std::int64_t raw_max_bytes = std::numeric_limits<std::int64_t>::max();
  // Sends are kept for ever.
  std::int64_t message_age_ms = 0;
};
journal::Record MakeTrim(const TrimSpec& spec = {});

// Changes nothing, and is answered with Done.
journal::Record MakeNothing(std::int64_t now_ms = kNowMs);

}  // namespace linktor::state
