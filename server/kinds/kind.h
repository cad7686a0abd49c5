// A Kind is one kind of event. It is a row of the table in kinds/table.h. Each
// kind has a file of its own in this folder, which fills in the row. The row
// says:
// - the name of the kind, and how it is read from JSON;
// - the parts of an item that identify it;
// - whether an item opens the messaging window;
// - which message an item is about, and which payload of an Event it becomes.
//
// All other code asks the row for these facts. Only a few places name a single
// kind.
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

// An IsIceBreaker is a function that returns whether the channel has an ice
// breaker with that question and payload.
using IsIceBreaker = absl::FunctionRef<bool(std::string_view question,
                                            std::string_view payload)>;

struct ParsedItem;
// A Source is the JSON that an item is read from; see kinds/source.h. It is
// only declared here, because its definition needs the JSON library, and most
// users of a row do not need that library.
struct Source;

// A MidSet names a set of items that can be found by their mid (Instagram's id
// of a message). Two items with the same mid can be duplicates only when they
// are in the same set. So an unsend, which has the mid of the message that it
// takes back, is no duplicate of that message. The numbers are those of
// journal.ItemKind, which is persisted: only append new ones.
enum class MidSet : std::uint8_t {
  // Items of this kind have no mid of their own. Their content identifies them.
  kNone = 0,
  kMessages = 1,
  kEchoes = 2,
  kPostbacks = 3,
  kUnsends = 4,
  kEdits = 5,
};

// All kinds that are messages have this key (Kind::key).
inline constexpr std::string_view kMessageKey = "message";
// Items that the server does not understand become events of this type.
inline constexpr std::string_view kUnknownType = "instagram.unknown";

struct Kind {
  // It is the value of Event.type. Some kinds do not have an event type of
  // their own. Their type is instagram.unknown.
  std::string_view type;
  v1::Event::PayloadCase payload = v1::Event::PAYLOAD_NOT_SET;
  // It is the name of a JSON member, such as "postback". A messaging item that
  // has this member can be an item of this kind. It is empty for kinds whose
  // events do not come from a messaging item.
  std::string_view key;
  // Each element of entry.changes has a field, such as "comments", and a value.
  // The values of this field are items of this kind. It is empty for all kinds
  // that have a key, and for kinds whose events do not come from entry.changes.
  std::string_view field;
  // It is the name of this kind in UnknownItem.kind, when an item could not be
  // read. It is also a part of the identity of items without a mid (Identify in
  // identity.h). The identity is persisted as a hash, so the name must not
  // change.
  std::string_view name;
  MidSet mids = MidSet::kNone;
  // It is true when several items of this kind can name one mid, as the edits
  // of a message do. A search by the mid finds all of these items, and
  // `identity` tells them apart.
  bool repeats_mid = false;
  // It is false when Instagram also sends such items without a customer. The
  // event then has an empty user_id. If it is true, a messaging item that names
  // no customer is a Misfit, unless the account wrote to itself.
  bool needs_customer = true;
  // It is true when such an item opens the messaging window: the account may
  // answer the customer for 24 hours.
  bool opens_window = false;
  // It is true when the account has sent the item, so that it goes from the
  // account to the customer.
  bool echo = false;
  // It is true when the item says which app controls the conversation from then
  // on.
  bool names_owner = false;

  // Returns whether an item that has the member `key` is of this kind. It is
  // null when every item with this member is of this kind. If an item fits
  // several rows, it is of the kind that comes first in the table.
  bool (*fits)(const Source&) = nullptr;
  // Fills the parts of the ParsedItem that only this kind has, such as the
  // payload. It may also change what becomes of the item (ParsedItem::fate). It
  // is null when the kind has nothing to read besides the message. The message,
  // the sender, the recipient and the time have been read before the call.
  Result (*read)(const Source&, ParsedItem&) = nullptr;
  // Some kinds can also be a part of an item of another kind, such as a
  // referral within a message. For these kinds this function reads that part
  // into the message or the payload of the other item. It is null for all other
  // kinds. It is called for each item of another kind that could be read. There
  // is one exception: it is not called for a message that cannot have the part.
  // That is so when both are true: the item does not have the member `key`, and
  // MessageReader knows every member of the message. When the item does not
  // have the part, the function does not change the item.
  Result (*read_within)(const Source&, ParsedItem&) = nullptr;
  // Returns the item's own mid from a payload that was read. It is null when
  // the item's mid is the mid of ParsedItem::message, or when the item has
  // none.
  const std::string& (*own_mid)(const v1::Event&) = nullptr;
  // Returns bytes that are the same for each delivery of one item, and that
  // differ between two items with the same time. It is null when the whole JSON
  // of the item identifies it. The bytes are persisted as a hash, so they must
  // not change.
  std::string (*identity)(const ParsedItem&) = nullptr;

  // These two return the message within an event of this kind. Both are null
  // when such an event has no message in it.
  const v1::Message& (*message)(const v1::Event&) = nullptr;
  v1::Message* (*mutable_message)(v1::Event&) = nullptr;
  // Adds to the message what the event says about it in other fields. It is
  // null when there are no such fields. Some rows have `complete`, but have
  // null for the function pointer `message`. An event of such a kind contains
  // no Message, but counts as a message itself, such as a tap on a button. For
  // such a kind `complete` gets a message that has only its channel, its
  // customer and the time at which the server received it. `complete` fills in
  // everything else.
  void (*complete)(const v1::Event&, v1::Message&) = nullptr;
  // Does what `complete` does, for kinds that can also be a part of an event of
  // another kind. It is called for each event that has a message or is one.
  void (*complete_within)(const v1::Event&, v1::Message&) = nullptr;
  // target_mid returns the mid of the message that the event is about.
  // set_target writes this server's id of that message into the event. Both are
  // null when the event is about no message.
  const std::string& (*target_mid)(const v1::Event&) = nullptr;
  void (*set_target)(std::string message_id, v1::Event&) = nullptr;
  // Makes the change to a message that an event describes, such as an edit of
  // its text. It is null for events that change no message. It is called with
  // the events in the order of their times.
  void (*change)(const v1::Event&, v1::Message&) = nullptr;
  // Adds to a new event what the server knows from the settings of its channel,
  // such as whether a tapped text is an ice breaker. It is null for most kinds.
  void (*add_known)(IsIceBreaker, v1::Event&) = nullptr;
};

// Code outside of the table needs these two rows by name. kUnknown is for items
// that are not understood. kMessageEchoed is for echoes, which may show that a
// send has succeeded.
extern const Kind kUnknown;
extern const Kind kMessageEchoed;

}  // namespace linktor::kinds
