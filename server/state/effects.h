// Apply returns what came of a record: an answer for its appender, and what has
// changed, for the views that follow the feed (journal/feed.h). The appender
// and the views get it when the record is committed, and not before. All of it
// is plain values, which may be read on any thread; times are in ms since the
// epoch.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "server/journal/record.pb.h"
#include "server/state/rows.h"

namespace linktor::state {

// ClearEvents is what the appender knows in the clear of the events that a
// record brings: the serialised Event messages, in the order of a webhook's
// items, null where one is not known. It never leaves the process; without it
// the ring opens the sealed bytes again. The strings are shared, so that no
// view copies them.
using ClearEvents = std::vector<std::shared_ptr<const std::string>>;

// ---- Answers ----------------------------------------------------------------
// A refusal is an answer, and no failure: the same record is refused wherever
// it is applied.

// There is nothing to tell besides that the record was applied.
struct Done {};

// A DeliveryAnswer says what became of a webhook's items. The counts add up to
// the body's items.
struct DeliveryAnswer {
  // An echo that is held counts here, because it becomes an event later.
  std::int64_t events = 0;
  std::int64_t duplicates = 0;
  std::int64_t ignored = 0;
  // Nobody gets these: they were not understood, or their channel is gone.
  std::int64_t issues = 0;
  // The webhook is stored as it came because it could not be applied.
  bool quarantined = false;
  // A person was erased while the webhook was being sealed, so that nobody
  // could read what it brings of them. Nothing was changed: it must come again.
  bool unreadable = false;
};

// A ReleaseAnswer says what came of items that have waited for their messages
// long enough.
struct ReleaseAnswer {
  // So many have become events.
  std::int64_t events = 0;
  // There may be more of them: the record has released as many as one may.
  bool more = false;
};

// A RedriveEnd says what became of one item that was read again.
enum class RedriveEnd : std::int8_t {
  kEvent,
  // It had an event of a type, or was redriven before.
  kTyped,
  // Another delivery brought the same.
  kDuplicate,
  // Its content was erased.
  kErased,
  // It is not kept any more, or is not the item that the record means.
  kNotKept,
  // Its channel was deleted.
  kNoChannel,
  // It is an echo to somebody to whom a send is under way: nobody knows yet
  // whose echo it is.
  kWaits,
};

// A RedriveAnswer has the ends of a Redrive's items, in their order.
struct RedriveAnswer {
  std::vector<RedriveEnd> ends;
};

// A ClaimAnswer says whether the caller may send. Only kClaimed changes
// anything, and only after it may Instagram be called.
struct ClaimAnswer {
  enum class Kind : std::int8_t {
    // Send it: `message` is PENDING.
    kClaimed,
    // The request was made before, and its call has ended: `message` is SENT or
    // UNCONFIRMED.
    kEnded,
    // Another call is sending `message`.
    kInFlight,
    // The request id was used with another request, which is `message`.
    kReused,
    // The channel was deleted between the call's check and this record.
    kChannelGone,
    // The customer wrote last at `time_ms`, and the window is over: the
    // standard one, or the longer one of human agents.
    kWindowClosed,
    kHumanAgentWindowClosed,
    // No message of the customer is known, and the claim asks to be refused
    // then.
    kNeverWritten,
    // The customer has wanted no messages since `time_ms`.
    kOptedOut,
    // The quota allows another call at `time_ms`.
    kOverQuota,
    // The customer was erased while the claim was being sealed, so that nobody
    // could read the message. It may be claimed again.
    kUnreadable,
  };
  Kind kind = Kind::kChannelGone;
  // These are set where the kind names them, and empty or 0 otherwise.
  MessageRow message;
  std::int64_t time_ms = 0;
};

// A SendAnswer says what came of an attempt's outcome.
struct SendAnswer {
  // False when the message was not in the expected state and attempt: another
  // outcome came first, and nothing was changed.
  bool applied = false;
  // It is the message as it is afterwards, an echo that settled it included.
  MessageRow message;
};

// A ChannelAnswer says what came of a channel's creation, change or deletion.
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
    // It was deleted before, and what is stored of it is erased now.
    kErasing,
  };
  Kind kind = Kind::kNotFound;
  ChannelRow row;
  std::string owner;
};

// At most this many API keys may exist at once, because all are held in memory.
// Apply depends on the number: do not change it without a new record format.
inline constexpr int kMaxApiKeys = 10'000;

// An ApiKeyAnswer says what came of a key's creation, change or deletion. Only
// kApplied changes anything.
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

// A ConversationAnswer is that of an opt-out and of a user name.
struct ConversationAnswer {
  // False when the channel was deleted, or nothing is known of a customer who
  // must be known: then nothing was changed, and the row is empty.
  bool live = true;
  ConversationRow row;
};

// A TrimAnswer says what one Trim has done.
struct TrimAnswer {
  // It counts the rows of all kinds.
  std::int64_t deleted = 0;
  // True when there may be more to delete, so that another Trim should follow
  // at once.
  bool more = false;
  // The expiry time from now on.
  std::int64_t expiry_ms = 0;
};

// An EraseAnswer says what came of an EraseUser or an EraseOn.
struct EraseAnswer {
  // Something was stored of the person. An EraseOn leaves it false.
  bool found = false;
  // A send to the person is PENDING, so nothing was changed.
  bool in_flight = false;
  // There is more to erase, so that an EraseOn should follow at once.
  bool more = false;
  // What is left waits for the PENDING sends of a channel that is deleted, so
  // that an EraseOn should follow in a moment.
  bool waiting = false;
};

using Answer =
    std::variant<Done, DeliveryAnswer, ClaimAnswer, SendAnswer, ChannelAnswer,
                 ApiKeyAnswer, ConversationAnswer, TrimAnswer, ReleaseAnswer,
                 EraseAnswer, RedriveAnswer>;

// ---- Effects ----------------------------------------------------------------

// A ForgottenPerson is one that was erased. An empty user stands for everybody
// whom the channel knew.
struct ForgottenPerson {
  std::int64_t channel_no = 0;
  std::string user_id;
  std::string channel_id;
  // Later events are of another conversation.
  std::int64_t through_seq = 0;
};

// Effects is everything that a record has changed, with its answer. A list is
// empty when the record changed nothing of its kind.
struct Effects {
  Answer answer;
  // In the order of their sequences.
  std::vector<CommittedEvent> events;
  // The sends that were claimed or whose state changed, as they are now.
  std::vector<MessageRow> messages;
  // The channels and API keys that were made, changed or deleted.
  std::vector<ChannelRow> channels;
  std::vector<ApiKeyRow> api_keys;
  // The conversations whose user name changed; an opt-out is not among them.
  std::vector<ConversationRow> names;
  // The data keys that were added; one that was there before is not among them.
  std::vector<journal::DataKey> data_keys;
  // The sequences of the events whose content was erased, and the ids of the
  // keys that were destroyed: views must drop what they keep of both.
  std::vector<std::int64_t> erased_events;
  std::vector<std::int64_t> destroyed_keys;
  // The sequences of the events of which nothing is left but type and channel,
  // because the person was erased whom they were about; and these people.
  std::vector<std::int64_t> forgotten_events;
  std::vector<ForgottenPerson> forgotten_people;
  // An EraseOn is to follow.
  bool erasing = false;
  // The number of an erasure that is due now in the data folder's files; 0 for
  // none.
  std::int64_t due_erasure = 0;
};

}  // namespace linktor::state
