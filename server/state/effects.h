// What came of a record: an answer for its appender, and what has changed, for
// the views that follow the feed (journal/feed.h).

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "server/journal/record.pb.h"
#include "server/state/rows.h"

namespace linktor {

// What the appender knows in the clear of the events that a record brings: the
// serialised Event messages, in the order of a webhook's items, null where one
// is not known. It never leaves the process; without it the ring opens the
// sealed bytes again.
using ClearEvents = std::vector<std::shared_ptr<const std::string>>;

// ---- Answers ----------------------------------------------------------------

// There is nothing to tell besides that the record was applied.
struct Done {};

// The counts add up to the body's items.
struct DeliveryAnswer {
  std::int64_t events = 0;
  std::int64_t duplicates = 0;
  std::int64_t ignored = 0;
  std::int64_t issues = 0;
  // It is stored as it is because it could not be applied.
  bool quarantined = false;
};

// Only kClaimed changes anything.
struct ClaimAnswer {
  enum class Kind : std::int8_t {
    // Send it: `message` is PENDING.
    kClaimed,
    // It has ended before: `message` is SENT or UNCONFIRMED.
    kEnded,
    // Another call is sending `message`.
    kInFlight,
    // The request id names another request.
    kReused,
    kChannelGone,
    // The customer wrote last at `time_ms`.
    kWindowClosed,
    kHumanAgentWindowClosed,
    kNeverWritten,
    // The customer has wanted no messages since `time_ms`.
    kOptedOut,
    // The quota allows another call at `time_ms`.
    kOverQuota,
  };
  Kind kind = Kind::kChannelGone;
  MessageRow message;
  std::int64_t time_ms = 0;
};

struct SendAnswer {
  // False when the message was not in the expected state and attempt.
  bool applied = false;
  MessageRow message;
};

// Only kApplied changes anything.
struct ChannelAnswer {
  enum class Kind : std::int8_t {
    // `row` is the channel as it is now.
    kApplied,
    // `row` was created before, by the same request.
    kReplayed,
    // The request id names another creation.
    kReused,
    kNotFound,
    // It has changed since it was read.
    kChanged,
    // The id is in use, or was within kChannelIdRestMs.
    kIdTaken,
    // The account or page is that of the channel `owner`.
    kAccountTaken,
  };
  Kind kind = Kind::kNotFound;
  ChannelRow row;
  std::string owner;
};

// Keys that may exist at once: all are held in memory.
inline constexpr int kMaxApiKeys = 10'000;

// Only kApplied changes anything.
struct ApiKeyAnswer {
  enum class Kind : std::int8_t {
    // `row` is the key as it is now.
    kApplied,
    // `row` was created before, by the same request.
    kReplayed,
    // The request id names another creation.
    kReused,
    kNotFound,
    // It has changed since it was read.
    kChanged,
    // There are kMaxApiKeys already.
    kTooMany,
  };
  Kind kind = Kind::kNotFound;
  ApiKeyRow row;
};

struct ConversationAnswer {
  // False when the channel was deleted.
  bool live = true;
  ConversationRow row;
};

struct TrimAnswer {
  std::int64_t deleted = 0;
  // Whether there may be more to delete.
  bool more = false;
  // The expiry time from now on.
  std::int64_t expiry_ms = 0;
};

using Answer =
    std::variant<Done, DeliveryAnswer, ClaimAnswer, SendAnswer, ChannelAnswer,
                 ApiKeyAnswer, ConversationAnswer, TrimAnswer>;

// ---- Effects ----------------------------------------------------------------

struct Effects {
  Answer answer;
  // In the order of their sequences.
  std::vector<CommittedEvent> events;
  // The sends that were claimed or whose state changed, as they are now.
  std::vector<MessageRow> messages;
  // The channels and API keys that were made, changed or deleted.
  std::vector<ChannelRow> channels;
  std::vector<ApiKeyRow> api_keys;
  // The conversations whose user name changed.
  std::vector<ConversationRow> names;
  std::vector<journal::DataKey> data_keys;
  // The events whose content was erased, and the keys that were destroyed.
  std::vector<std::int64_t> erased_events;
  std::vector<std::int64_t> destroyed_keys;
  // The number of an erasure that is due now; 0 for none.
  std::int64_t due_erasure = 0;
};

}  // namespace linktor
