// Reads one messaging item: who sent it to whom, when it was sent, and of which
// kind it is (table.h). It also reads the value of one element of
// entry.changes, if a kind has the field of that element. The envelope parser
// has one ItemReader and gives it one item after another. The reader is pure,
// and one thread at a time uses it.

#pragma once

#include <simdjson.h>

#include <array>
#include <string>
#include <string_view>

#include "server/kinds/json_fields.h"
#include "server/kinds/parsed_item.h"

namespace linktor::kinds {

// Between two items the reader keeps allocated memory for reuse, but nothing
// that it has read.
class ItemReader {
 public:
  // Fills `item`. Before the call, the caller sets the raw text, the form and
  // the ids of the account; all other fields are as in a new ParsedItem. An
  // item that is of no kind stays kUnknown, which is no error. After a Misfit
  // some fields may have values that were read before the Misfit, and the
  // caller calls ClearRead. The customer, the time and opens_window are read
  // first, and ClearRead keeps them. So a message opens the messaging window
  // even when its content cannot be read.
  Result Read(const simdjson::dom::object& object, ParsedItem& item);

  // Fills `item` as Read does, from the value of an element of entry.changes.
  // `row` is the kind that has the field of this element.
  static Result ReadChange(const Kind& row, const simdjson::dom::object& value,
                           ParsedItem& item);

  // Returns whether the item may be of a known kind. `field` is the name of the
  // field that came with the item; it is empty when no field came with it. The
  // function looks only at names and types, so that a large number of unknown
  // items costs little.
  static bool MayBeKnown(std::string_view field,
                         const simdjson::dom::element& root);

  // Returns a name for an item that is of no kind. It is the name of the member
  // that tells most about the item. If there is no such member, it is the name
  // of any member that not all items have. It is empty when there is no such
  // member either.
  static std::string_view NameOf(const simdjson::dom::object& item);

 private:
  // A Keys has the names of all members that the reader looks for.
  struct Keys;
  // A Found has the members of one item whose names are among the Keys.
  class Found;
  // Returns the only Keys of the process. The first call makes it from the
  // table of kinds.
  static const Keys& AllKeys();
  // Sets user_id, by_account and self of the item. `echo` is the message's flag
  // is_echo. An item without sender and recipient is no error here, because
  // ReadRow decides whether the kind needs a customer.
  Result ReadParties(const Found& found, bool echo, ParsedItem& item);
  // Reads the item as an item of the kind `row`. `value` is the member with the
  // name `row.key`. It sets item.row only when all of the item could be read.
  // Most known kinds need a customer, unless the account wrote to itself.
  Result ReadRow(const Kind& row, const simdjson::dom::element& value,
                 Source& source, ParsedItem& item);

  // These are the ids of the sender and the recipient. They are members only so
  // that their memory is reused.
  std::array<std::string, 2> ids_;
};

}  // namespace linktor::kinds
