// A kind of event, as one row of the table in kinds/table.h. Each kind has a
// file of its own in this folder, which fills its row: the name, how it is read
// from JSON, what its identity is, whether it opens the messaging window, which
// message it is about, and which payload it becomes. Everybody else asks the
// row, and names no kind.
//
// Rows are constants and their functions are pure: any thread may use them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "linktor/instagram/v1/event.pb.h"
#include "server/base/v1.h"
#include "server/kinds/misfit.h"

namespace linktor::kinds {

// Tells whether an ice breaker of the channel has that question and payload.
using IsIceBreaker = absl::FunctionRef<bool(std::string_view question,
                                            std::string_view payload)>;

struct ParsedItem;
// See kinds/source.h; it needs the JSON library, which few of the users of a
// row have.
struct Source;

// Says within which set of items a mid of Instagram's names one. The numbers
// are those of journal.ItemKind, which is persisted: append only.
enum class MidSet : std::uint8_t {
  // No mid is this kind's own: what the item says identifies it.
  kNone = 0,
  kMessages = 1,
  kEchoes = 2,
  kPostbacks = 3,
  kUnsends = 4,
  kEdits = 5,
};

// The key of all kinds that are messages.
inline constexpr std::string_view kMessageKey = "message";
// The type of items that are delivered as they came.
inline constexpr std::string_view kUnknownType = "instagram.unknown";

struct Kind {
  // The value of Event.type. Kinds that are no events yet have that of
  // instagram.unknown.
  std::string_view type;
  v1::Event::PayloadCase payload = v1::Event::PAYLOAD_NOT_SET;
  // The member of a messaging item that makes the item one of this kind; empty
  // for events that no messaging item brings.
  std::string_view key;
  // The field of entry.changes whose values are items of this kind; empty for
  // all kinds that have a key, and for events that no change brings.
  std::string_view field;
  // It is the name of such items in UnknownItem.kind, and a part of the
  // identity of items without a mid. It is persisted as a hash, so it must not
  // change.
  std::string_view name;
  MidSet mids = MidSet::kNone;
  // True when several such items name one mid, as the edits of a message do:
  // the mid finds them all, and their `identity` tells them apart.
  bool repeats_mid = false;
  // False when Instagram sends such items without a customer, too. The event
  // then has an empty user_id. A messaging item of any other kind that names
  // nobody does not fit.
  bool needs_customer = true;
  // True when a customer who does it may be answered for 24 hours.
  bool opens_window = false;
  // True when the account has sent it, so that it goes from the account to the
  // customer.
  bool echo = false;
  // True when it says which app controls the conversation from then on.
  bool names_owner = false;

  // Returns whether an item that has `key` is of this kind; null when it always
  // is.
  // The first row of the table that says yes wins.
  bool (*fits)(const Source&) = nullptr;
  // Fills the item's payload, or decides its fate; null when there is nothing
  // to read but the message. The message, the parties and the time have been
  // read by then.
  Result (*read)(const Source&, ParsedItem&) = nullptr;
  // Fills the item's message or payload with what it holds of this kind, for
  // kinds that also stand within an item of another kind; null for all others.
  // It is called for each item of another kind that was read, but not for a
  // message that cannot have it: the item lacks the row's key, and
  // MessageReader reads all members of the message. It leaves the item as it is
  // when there is nothing of the kind in it.
  Result (*read_within)(const Source&, ParsedItem&) = nullptr;
  // The id of the item itself within a payload that was read; null when it is
  // the message's, or when there is none.
  const std::string& (*own_mid)(const v1::Event&) = nullptr;
  // Returns the bytes that are equal when two items of the same time are one;
  // null when all that the item says must be equal. It is persisted as a hash,
  // so it must not change.
  std::string (*identity)(const ParsedItem&) = nullptr;

  // The message within an event of this kind; both are null when it has none.
  const v1::Message& (*message)(const v1::Event&) = nullptr;
  v1::Message* (*mutable_message)(v1::Event&) = nullptr;
  // Adds to the message of such an event what the event says beside it; null
  // when that is nothing. Where `message` is null and this is not, the event is
  // a message all the same: this is then given one that has only its channel,
  // customer and time of arrival, and fills in the rest.
  void (*complete)(const v1::Event&, v1::Message&) = nullptr;
  // As `complete`, for kinds that also stand within an event of another kind;
  // it is called for every event that is a message.
  void (*complete_within)(const v1::Event&, v1::Message&) = nullptr;
  // The mid of the message that the event is about, and where that message's
  // own id goes; both are null when it is about none.
  const std::string& (*target_mid)(const v1::Event&) = nullptr;
  void (*set_target)(std::string message_id, v1::Event&) = nullptr;
  // Makes of the message what such an event, which is about it, says; null for
  // events that change no message. It is called with the events in the order of
  // their times.
  void (*change)(const v1::Event&, v1::Message&) = nullptr;
  // Adds to a new event what its channel knows of it; null for most kinds.
  void (*add_known)(IsIceBreaker, v1::Event&) = nullptr;
};

// These two rows are asked for by name: the items that are not understood, and
// echoes, which may settle a send.
extern const Kind kUnknown;
extern const Kind kMessageEchoed;

}  // namespace linktor::kinds
