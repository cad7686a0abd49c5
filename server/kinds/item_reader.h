// Reads one messaging item: who sent it to whom, when, and as which kind of the
// table. The envelope parser has one and gives it one item after the other.
// Pure; used by one thread at a time.

#pragma once

#include <simdjson.h>

#include <array>
#include <string>
#include <string_view>

#include "server/kinds/json_fields.h"
#include "server/kinds/parsed_item.h"

namespace linktor::kinds {

class ItemReader {
 public:
  // Fills `item`, which has its raw text, form and entry_id and is otherwise as
  // new. An item of no kind stays kUnknown and is no error. After a Misfit some
  // fields may hold what was read before it: the caller calls ClearRead. What
  // stays then is the customer, the time, and whether the window opens.
  Result Read(const simdjson::dom::object& object, ParsedItem& item);

  // Returns whether the item may be of a kind that is known. It looks at names
  // and types only, so that a crowd of unknown items costs little.
  static bool MayBeKnown(const simdjson::dom::element& root);

  // Returns the name of an item that is of no kind: the member that tells most,
  // or any that is not common to all items; empty when it has none.
  static std::string_view NameOf(const simdjson::dom::object& item);

 private:
  struct Keys;
  class Found;
  static const Keys& AllKeys();
  Result ReadParties(const Found& found, bool echo, ParsedItem& item);
  Result ReadRow(const Kind& row, const simdjson::dom::element& value,
                 Source& source, ParsedItem& item);

  // The ids of the sender and the recipient, kept for their memory.
  std::array<std::string, 2> ids_;
};

}  // namespace linktor::kinds
