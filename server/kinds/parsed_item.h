// A ParsedItem is an item of a webhook after it was read. On its way through
// the server, an event has three types: ParsedItem is the first, then follow
// journal.NewEvent and state::CommittedEvent. The envelope parser makes a
// ParsedItem for each item. ItemReader and the files of the kinds fill it in,
// and Ingest (webhook/ingest.h) makes a new event of it. It is a plain value,
// which one thread uses.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "linktor/instagram/v1/event.pb.h"
#include "server/base/v1.h"
#include "server/kinds/kind.h"

namespace linktor::kinds {

// This is the limit of the id of a person or an app, in bytes. Instagram's ids
// have 15 to 17 digits.
inline constexpr std::size_t kMaxUserId = 128;

// An EnvelopeForm says where in the envelope an item was. The envelope is the
// JSON around the items in a webhook's body. The numbers are persisted with raw
// items: do not change them.
enum class EnvelopeForm : std::int8_t {
  // The body is not an envelope, and the whole body is the item. Or the
  // envelope has too many unknown items, and the item is a part of the body
  // that has several of them (kMaxUnknownItems in webhook/parser.h).
  kBody = 0,
  // The item is an element of entry.messaging.
  kMessaging = 1,
  // The item is an element of entry.standby, or the value of a field "standby".
  kStandby = 2,
  // The item is entry.changes[].value, and entry.changes[].field names it.
  kChanges = 3,
  // The item is entry.value, and entry.field names it.
  kFlat = 4,
  // The item is another member of the entry, or the entry itself.
  kEntry = 5,
};

// A Fate says what will become of an item, as far as this can be decided
// without the tables. The numbers are those of journal.ItemFate, which is
// persisted: do not change them.
enum class Fate : std::int8_t {
  // The item becomes an event of its kind.
  kEvent = 0,
  // No subscriber gets the item, because it is not JSON or is not in an
  // Instagram envelope.
  kIssue = 2,
  // The item says nothing that the message with the same mid does not say. An
  // example is the edit with the number 0, which comes with every message. The
  // item becomes an event only when that message does not come.
  kWaits = 3,
};

struct ParsedItem {
  Fate fate = Fate::kEvent;
  // It is the item's row in the table (table.h). It is kUnknown until the item
  // was read as another kind. It is kUnknown again when a part of the item
  // could not be read.
  const Kind* row = &kUnknown;
  // The ParsedItem stands for this many items of the body. It is 1, except for
  // an issue, which may stand for several.
  std::int64_t count = 1;
  EnvelopeForm form = EnvelopeForm::kMessaging;
  // In kChanges and kFlat it is the field that names the value. In kEntry it is
  // the name of the entry's member, or empty when the whole entry is the item.
  // In all other forms it is empty, or "standby" when the item came in a field
  // of that name. It has at most 64 bytes. `form` and `field` decide together
  // how the item is read.
  std::string field;
  // It is the item as received. It points into the body, which must outlive the
  // ParsedItem.
  std::string_view raw;
  // It is the id of the account or page that the entry is for. An entry is an
  // element of the envelope's array `entry`.
  std::string entry_id;
  // It is the other id of the same account: the page's id if entry_id is the
  // account's, and the account's id if entry_id is the page's. It is empty when
  // the server does not know this id.
  std::string other_id;
  // It is the id of the customer; it is empty when the item names none.
  std::string user_id;
  // It is Instagram's time in milliseconds since the epoch; it is 0 when
  // Instagram gave none.
  std::int64_t event_ms = 0;
  // It is filled for kinds that are messages. It does not have what only this
  // server knows, such as the id and the state.
  v1::Message message;
  // It is filled for kinds that have a payload of their own. It has neither the
  // message within the payload nor what only this server knows.
  v1::Event payload;
  // It is true when the account has sent the item. The id of the sender or
  // author decides this, and not the flag is_echo.
  bool by_account = false;
  // It is true when the account sent the item to itself.
  bool self = false;
  // It is true when the customer has done something that opens the messaging
  // window, such as writing a message.
  bool opens_window = false;
  // It is the name of the item's row. For an item without such a row, it is the
  // key or the field with which the item came. UnknownItem.kind has it when the
  // item becomes an event of the type instagram.unknown. It has at most 64
  // bytes.
  std::string kind;
  // It is the mid of a message that could not be understood; it is empty for
  // all other items. It does not identify the item. It only tells that the
  // message has come, so that no other item has to wait for it (Fate::kWaits).
  std::string named_mid;
  // `problem` says what could not be read, and `json_path` says where, as in
  // UnknownItem. For an issue only `problem` is used.
  std::string problem;
  std::string json_path;
  // It is a hash of 32 bytes that is the same for two deliveries of an item;
  // see identity.h. It is empty for issues, and for items that their mid
  // identifies.
  std::string content_hash;
};

// Returns the mid that is the item's own id, or an empty string when the item
// has none. A reaction has none, because its mid is the mid of the message that
// it is about.
const std::string& MidOf(const ParsedItem& item);

// Returns whether `id` is one of the two ids of the account that the entry is
// for.
bool IsAccount(const ParsedItem& item, std::string_view id);

// Returns who did what the item says: OUTBOUND means the account, and INBOUND
// means anybody else. UNSPECIFIED means that the item names nobody. The sender
// and the recipient must have been read before.
v1::MessageDirection DirectionOf(const ParsedItem& item);

// Clears the message and the payload, and sets the row to kUnknown. `fate`,
// times, ids and `kind` stay.
void ClearRead(ParsedItem& item);

}  // namespace linktor::kinds
