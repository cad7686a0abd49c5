// An item of a webhook after it was read: the first of an event's three shapes.
// The envelope parser makes one for each item, the readers of the kinds fill
// it, and ingest makes a new event of it. A plain value, used by one thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "linktor/instagram/v1/event.pb.h"
#include "server/base/v1.h"
#include "server/kinds/kind.h"

namespace linktor::kinds {

// The limit in bytes of the id of a person or an app; Instagram's have 15 to 17
// digits.
inline constexpr std::size_t kMaxUserId = 128;

// Where in the envelope an item was. Persisted with raw items: do not change.
enum class EnvelopeForm : std::int8_t {
  // The whole body, when it is no envelope.
  kBody = 0,
  kMessaging = 1,
  kStandby = 2,
  // entry.changes[].value with its field.
  kChanges = 3,
  // entry.field and entry.value.
  kFlat = 4,
  // Another member of the entry, or the entry itself.
  kEntry = 5,
};

// Says what becomes of an item before the tables are asked. The numbers are
// those of journal.ItemFate, which is persisted: do not change.
enum class Fate : std::int8_t {
  // It becomes an event of its kind.
  kEvent = 0,
  // Nobody gets it: it is not JSON, or stands in no Instagram envelope.
  kIssue = 2,
  // All that it says is also in the message of its mid. It becomes an event
  // only when that message does not come.
  kWaits = 3,
};

struct ParsedItem {
  Fate fate = Fate::kEvent;
  // The row of the table. It is kUnknown until the item was read as another
  // kind, and again when something in it did not fit.
  const Kind* row = &kUnknown;
  // It stands for so many items; for more than one only when it is an issue.
  std::int64_t count = 1;
  EnvelopeForm form = EnvelopeForm::kMessaging;
  // In kChanges and kFlat it is the name that stands beside the value, and in
  // kEntry the name of the entry's member, or empty when the whole entry is the
  // item. It is empty in all other forms. It has at most 64 bytes. Together
  // with `form` it says how the item is read.
  std::string field;
  // The item as received, within the body, which must outlive it.
  std::string_view raw;
  // The account or page that the entry is for.
  std::string entry_id;
  // The other id of the account that the entry is for: its page where entry_id
  // is the account, and the reverse. It is empty where nobody knows one.
  std::string other_id;
  // The customer; empty when the item names none.
  std::string user_id;
  // Instagram's time in milliseconds since the epoch; 0 when it gave none.
  std::int64_t event_ms = 0;
  // Filled for kinds that are messages, but for what only this server knows,
  // such as the id and the state.
  v1::Message message;
  // Filled for kinds that have a payload of their own: that payload, without
  // the message within it and without what only this server knows.
  v1::Event payload;
  // True when the sender is the account, whatever the item's flags say.
  bool by_account = false;
  // True when the account sent it to itself.
  bool self = false;
  // True when it is an activity of the customer that opens the messaging
  // window.
  bool opens_window = false;
  // What an item is called that has no event type of its own: the name of its
  // row, or else the key or field by which it came. It has at most 64 bytes.
  std::string kind;
  // It is the mid of a message that was not understood otherwise; it is empty
  // for all other items. It does not identify the item, but tells that the
  // message has come.
  std::string named_mid;
  // They say what did not fit, as UnknownItem tells it. An issue has only
  // `problem`.
  std::string problem;
  std::string json_path;
  // Two deliveries of an item without a mid have the same hash here: 32 bytes,
  // see identity.h. It is empty for issues and where a mid decides.
  std::string content_hash;
};

// Returns Instagram's id of the item itself; empty when it has none. A reaction
// has none: its mid is that of the message reacted to.
const std::string& MidOf(const ParsedItem& item);

// Returns whether `id` is one of the two ids of the account that the entry is
// for.
bool IsAccount(const ParsedItem& item, std::string_view id);

// Returns who did what the item says: OUTBOUND is the account and INBOUND
// anybody else; UNSPECIFIED when the item names nobody. The parties must have
// been read.
v1::MessageDirection DirectionOf(const ParsedItem& item);

// Forgets what was read of a message or another known item, and that it was of
// that kind. `fate`, times, ids, and what the item is called stay.
void ClearRead(ParsedItem& item);

}  // namespace linktor::kinds
