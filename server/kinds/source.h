// A Source is what a kind is read from: the JSON of one messaging item, or of
// the value of one change. The item reader makes one for each item and gives it
// to the functions of the rows during its call, on its thread. Nothing keeps
// it.

#pragma once

#include <simdjson.h>

#include <cstdint>

#include "server/kinds/message_reader.h"

namespace linktor::kinds {

// It borrows the item's JSON and the item reader's MessageReader.
struct Source {
  // The messaging item or the value as a whole.
  simdjson::dom::object item;
  // The value of the member that the row's `key` names; the same as `item` for
  // a row that has a field. It is not set yet when the row is asked whether it
  // fits.
  simdjson::dom::object object;
  // The same as a message; null when the member is no message.
  const MessageReader* message = nullptr;
  // True when the sender or author is the account that the entry is for.
  bool by_account = false;
  // The bits of the table's rows whose key a member of `item` has; 0 for a
  // value of a field.
  std::uint64_t rows = 0;
};

}  // namespace linktor::kinds
