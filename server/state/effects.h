// Apply (applier.h) returns what came of a journal record. It returns an answer
// for the appender of the record, and the effects: everything that has changed.
// The effects are for the views that follow the feed (journal/feed.h). The
// appender and the views get them when the record is committed, and not before.
// All of them are plain values, which may be read on any thread. Times are in
// ms since the epoch.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "server/journal/record.pb.h"
#include "server/state/rows.h"

namespace linktor::state {

// ClearEvents has the events of a record in the clear (not encrypted), as far
// as the appender knows them. They are serialised Event messages. For a webhook
// there is one for each item, in the order of the items; null stands for an
// event that is not known. ClearEvents never leave the process. Without them
// the live ring (events/live_ring.h) must open the sealed bytes again. The
// strings are shared, so that no view copies them.
using ClearEvents = std::vector<std::shared_ptr<const std::string>>;

// ---- Answers ----------------------------------------------------------------
// A refusal is an answer and not a failure: the same record is refused wherever
// it is applied.

// Done says only that the record was applied.
struct Done {};

// A DeliveryAnswer says what became of a webhook's items. The counts add up to
// the number of items in the body.
struct DeliveryAnswer {
  // An echo that is held (held_echo_table.h) counts here, because it becomes an
  // event later.
  std::int64_t events = 0;
  std::int64_t duplicates = 0;
  std::int64_t ignored = 0;
  // No subscriber gets these items. They are not JSON, are not in an Instagram
  // envelope, or are for no live channel; or their webhook is in quarantine.
  std::int64_t issues = 0;
  // It is true when the webhook could not be applied. Then the webhook is
  // stored as it came, and no events are made.
  bool quarantined = false;
  // It is true when a person was erased while the webhook was being sealed
  // (encrypted), so that nobody could read what it says about the person.
  // Nothing was changed then, and Meta must deliver the webhook again.
  bool unreadable = false;
};

// A ReleaseAnswer says what came of items that have waited long enough for
// their messages (waiting_item_table.h).
struct ReleaseAnswer {
  // This many items have become events.
  std::int64_t events = 0;
  // It is true when more items may be due. One record releases only a bounded
  // number of them.
  bool more = false;
};

// A RedriveEnd says what became of one item of a Redrive record. A Redrive
// makes events of items that were stored before.
enum class RedriveEnd : std::int8_t {
  // The item became an event.
  kEvent,
  // The item already has an event of a type that this server knows: its webhook
  // or an earlier Redrive made this event.
  kTyped,
  // Another delivery brought the same item.
  kDuplicate,
  // The content of the item was erased.
  kErased,
  // The item is not kept any more, or the stored item is not the item that the
  // record means.
  kNotKept,
  // The channel of the item was deleted.
  kNoChannel,
  // Apply cannot decide about the item now. One reason is that the item is an
  // echo to a customer to whom a send is under way, and nobody knows yet
  // whether the echo belongs to that send. The other reason is that the person
  // was erased while the item was being sealed (encrypted). Then the next
  // Redrive finds that the item is erased.
  kWaits,
};

// A RedriveAnswer has the ends of a Redrive's items, in the order of the items.
struct RedriveAnswer {
  std::vector<RedriveEnd> ends;
};

// A claim asks for the right to send a message. A ClaimAnswer says whether the
// caller may send it. Only kClaimed changes anything, and Instagram may be
// called only after kClaimed.
struct ClaimAnswer {
  enum class Kind : std::int8_t {
    // The caller may send the message: `message` is PENDING.
    kClaimed,
    // The request was made before, and its call has ended: `message` is SENT,
    // UNCONFIRMED or RETRACTED.
    kEnded,
    // Another call is sending `message`.
    kInFlight,
    // The request id was used for a different request, whose message is
    // `message`.
    kReused,
    // The channel was deleted between the call's check and this record.
    kChannelGone,
    // The customer wrote last at `time_ms`, and the messaging window is closed.
    // kWindowClosed is for the standard window. kHumanAgentWindowClosed is for
    // the longer window of human agents.
    kWindowClosed,
    kHumanAgentWindowClosed,
    // No message from the customer is known, and the claim asks for a refusal
    // in this case.
    kNeverWritten,
    // The customer has wanted no messages since `time_ms`.
    kOptedOut,
    // The quota is used up, and allows another call at `time_ms`.
    kOverQuota,
    // The customer was erased while the claim was being sealed (encrypted), so
    // that nobody could read the message. The caller may claim it again.
    kUnreadable,
  };
  Kind kind = Kind::kChannelGone;
  // These two mean something only for the kinds whose comments above mention
  // them.
  MessageRow message;
  std::int64_t time_ms = 0;
};

// A SendAnswer says whether a SendOutcome record has changed its message. The
// record says how one attempt to send the message ended.
struct SendAnswer {
  // It is false when the message was not in the state and the attempt that the
  // record expects, because another outcome came first. It is also false when
  // the customer was erased. Then nothing was changed.
  bool applied = false;
  // It is the message as it is after the record. While Apply applied the
  // record, an echo may also have settled the message. Then the row shows this,
  // too.
  MessageRow message;
};

// A ChannelAnswer says what came of a channel's creation, change or deletion.
// Only kApplied and kErasing change anything.
struct ChannelAnswer {
  enum class Kind : std::int8_t {
    // `row` is the channel as it is now.
    kApplied,
    // The same request has created `row` before.
    kReplayed,
    // The request id belongs to a different creation, or to the creation of a
    // channel that is deleted now.
    kReused,
    kNotFound,
    // The channel has changed since the caller read it.
    kChanged,
    // The id is in use, or was in use within the last kChannelIdRestMs
    // (channel_table.h).
    kIdTaken,
    // The account or page belongs to the channel with the id `owner`.
    kAccountTaken,
    // The channel was deleted before, and the record asks to erase it.
    // Everything that is stored of the channel is being erased, or is erased
    // already.
    kErasing,
  };
  Kind kind = Kind::kNotFound;
  ChannelRow row;
  std::string owner;
};

// At most this many API keys may exist at once, because all of them are held in
// memory. Apply depends on the number: do not change it without a new record
// format.
inline constexpr int kMaxApiKeys = 10'000;

// An ApiKeyAnswer says what came of an API key's creation, change or deletion.
// Only kApplied changes anything.
struct ApiKeyAnswer {
  enum class Kind : std::int8_t {
    // `row` is the key as it is now.
    kApplied,
    // The same request has created `row` before.
    kReplayed,
    // The request id belongs to a different creation.
    kReused,
    kNotFound,
    // The key has changed since the caller read it.
    kChanged,
    // There are kMaxApiKeys keys already.
    kTooMany,
  };
  Kind kind = Kind::kNotFound;
  ApiKeyRow row;
};

// A ConversationAnswer is the answer to a change of an opt-out or of a user
// name.
struct ConversationAnswer {
  // It is false when the channel was deleted. It is also false when the record
  // may change only a known customer, and nothing is known of this customer.
  // Then nothing was changed, and `row` must not be used.
  bool live = true;
  ConversationRow row;
};

// A TrimAnswer says what one Trim record has done. A Trim deletes old rows.
struct TrimAnswer {
  // It counts the deleted rows of all kinds.
  std::int64_t deleted = 0;
  // It is true when there may be more to delete. Then another Trim should
  // follow at once.
  bool more = false;
  // This is the expiry time (expiry.h) after the Trim.
  std::int64_t expiry_ms = 0;
};

// An EraseAnswer says what came of an EraseUser record, which erases a person,
// or of an EraseOn record, which goes on with an erasure.
struct EraseAnswer {
  // It is true when something was stored of the person. An EraseOn leaves it
  // false.
  bool found = false;
  // It is true when a send to the person is PENDING. Then nothing was changed.
  bool in_flight = false;
  // It is true when there is more to erase. Then an EraseOn should follow at
  // once.
  bool more = false;
  // It is true when the work that is left must wait for the PENDING sends of a
  // deleted channel. Then an EraseOn should follow in a moment.
  bool waiting = false;
};

using Answer =
    std::variant<Done, DeliveryAnswer, ClaimAnswer, SendAnswer, ChannelAnswer,
                 ApiKeyAnswer, ConversationAnswer, TrimAnswer, ReleaseAnswer,
                 EraseAnswer, RedriveAnswer>;

// ---- Effects ----------------------------------------------------------------

// A ForgottenPerson is a person who was erased. An empty user id stands for
// everybody whom the channel knew.
struct ForgottenPerson {
  std::int64_t channel_no = 0;
  std::string user_id;
  std::string channel_id;
  // Events after this sequence belong to a new conversation, which begins after
  // the erasure.
  std::int64_t through_seq = 0;
};

// Effects is everything that a record has changed, with its answer. A list is
// empty when the record changed nothing of its kind.
struct Effects {
  Answer answer;
  // These are the new events, in the order of their sequences.
  std::vector<CommittedEvent> events;
  // These are the sends that were claimed or whose state changed, as they are
  // now.
  std::vector<MessageRow> messages;
  // These are the channels and API keys that were made, changed or deleted.
  std::vector<ChannelRow> channels;
  std::vector<ApiKeyRow> api_keys;
  // These are the conversations whose user name changed. A change of an opt-out
  // does not appear here.
  std::vector<ConversationRow> names;
  // These are the data keys that were added. A key that was there before does
  // not appear here.
  std::vector<journal::DataKey> data_keys;
  // These are the sequences of the events whose content was erased, and the ids
  // of the data keys that were destroyed. Views must drop what they keep of
  // these events and keys.
  std::vector<std::int64_t> erased_events;
  std::vector<std::int64_t> destroyed_keys;
  // The first list has the sequences of the events of which only type and
  // channel are left, because their person was erased. The second list has the
  // people who were erased.
  std::vector<std::int64_t> forgotten_events;
  std::vector<ForgottenPerson> forgotten_people;
  // It is true when an EraseOn record must follow.
  bool erasing = false;
  // This is the number of an erasure that is now due: ErasureWorker
  // (journal/erasure_worker.h) must remove the old bytes from the files of the
  // data folder. It is 0 when no erasure is due.
  std::int64_t due_erasure = 0;
};

}  // namespace linktor::state
