// Reads one messaging item: who sent it to whom, when, and as which kind of the
// table; or one change of a field that a kind has. The envelope parser has one
// and gives it one item after the other.
// Pure; used by one thread at a time.

#pragma once

#include <simdjson.h>

#include <array>
#include <string>
#include <string_view>

#include "server/kinds/json_fields.h"
#include "server/kinds/parsed_item.h"

namespace linktor::kinds {

// Between two items it keeps memory only, and nothing of what it read.
class ItemReader {
 public:
  // Fills `item`, which has its raw text, form and entry_id and is otherwise as
  // new. An item of no kind stays kUnknown and is no error. After a Misfit some
  // fields may hold what was read before it, and the caller calls ClearRead.
  // The customer, the time, and whether the window opens stay then: they are
  // read first, so that a message opens the window also when its content cannot
  // be read.
  Result Read(const simdjson::dom::object& object, ParsedItem& item);

  // Does the same with the value of a change of the field of `row`.
  static Result ReadChange(const Kind& row, const simdjson::dom::object& value,
                           ParsedItem& item);

  // Returns whether the item, beside which `field` stands if it is a change,
  // may be of a kind that is known. It looks at names and types only, so that a
  // crowd of unknown items costs little.
  static bool MayBeKnown(std::string_view field,
                         const simdjson::dom::element& root);

  // Returns the name of an item that is of no kind: the member that tells most,
  // or any that is not common to all items; empty when it has none.
  static std::string_view NameOf(const simdjson::dom::object& item);

 private:
  // Keys are the names of all members that are looked for.
  struct Keys;
  // Found has the members of one item that have such a name.
  class Found;
  // Returns the one list of names, which the first call makes from the table.
  static const Keys& AllKeys();
  // Sets user_id, by_account and self. `echo` is the flag of the message. It is
  // no error when an item names nobody; ReadRow decides about that.
  Result ReadParties(const Found& found, bool echo, ParsedItem& item);
  // Reads the item as the kind `row`, whose member is `value`; item.row is set
  // only when all of it fits. Most known kinds need a customer, unless the
  // account wrote to itself.
  Result ReadRow(const Kind& row, const simdjson::dom::element& value,
                 Source& source, ParsedItem& item);

  // These are the ids of the sender and the recipient. They are members only so
  // that their memory is used again.
  std::array<std::string, 2> ids_;
};

}  // namespace linktor::kinds
