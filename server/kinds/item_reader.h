// Reads one messaging item: who sent it to whom, when, and which kind of the
// table (table.h) it is. It also reads one change, if a kind has the change's
// field. The envelope parser has one ItemReader and gives it one item after
// another. It is pure, and one thread at a time uses it.

#pragma once

#include <simdjson.h>

#include <array>
#include <string>
#include <string_view>

#include "server/kinds/json_fields.h"
#include "server/kinds/parsed_item.h"

namespace linktor::kinds {

// Between two items the reader keeps only its memory, and nothing that it has
// read.
class ItemReader {
 public:
  // Fills `item`. The caller has set the raw text, the form and the ids of the
  // account; everything else is as in a new ParsedItem. An item of no kind
  // stays kUnknown, which is no error. After a Misfit some fields may have
  // values that were read before the Misfit, and the caller calls ClearRead.
  // The customer, the time and opens_window stay even then. They are read
  // first, so that a message opens the messaging window even when its content
  // cannot be read.
  Result Read(const simdjson::dom::object& object, ParsedItem& item);

  // Fills `item` in the same way from the value of a change. `row` is the kind
  // that has the change's field.
  static Result ReadChange(const Kind& row, const simdjson::dom::object& value,
                           ParsedItem& item);

  // Returns whether the item may be of a known kind. `field` is the name beside
  // the item if the item is the value of a change. The function looks only at
  // names and types, so that a large number of unknown items costs little.
  static bool MayBeKnown(std::string_view field,
                         const simdjson::dom::element& root);

  // Returns a name for an item that is of no kind. It is the name of the member
  // that tells most about the item. If there is no such member, it is the name
  // of any member that only some items have. It is empty when there is none.
  static std::string_view NameOf(const simdjson::dom::object& item);

 private:
  // Keys are the names of all members that the reader looks for.
  struct Keys;
  // Found has the members of one item whose names are among the Keys.
  class Found;
  // Returns the only list of these names. The first call makes it from the
  // table.
  static const Keys& AllKeys();
  // Sets user_id, by_account and self. `echo` is the message's flag is_echo. It
  // is no error here when an item names nobody, because ReadRow decides about
  // that.
  Result ReadParties(const Found& found, bool echo, ParsedItem& item);
  // Reads the item as the kind `row`. `value` is the member that has the name
  // `row.key`. It sets item.row only when all of the item fits. Most known
  // kinds need a customer, unless the account wrote to itself.
  Result ReadRow(const Kind& row, const simdjson::dom::element& value,
                 Source& source, ParsedItem& item);

  // These are the ids of the sender and the recipient. They are members only so
  // that their memory is reused.
  std::array<std::string, 2> ids_;
};

}  // namespace linktor::kinds
