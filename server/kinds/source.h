// A Source is what a kind is read from: the JSON of one messaging item, or the
// value of one change. The item reader makes one for each item and gives it to
// the functions of the rows, on its own thread. No function keeps the Source
// after its call.

#pragma once

#include <simdjson.h>

#include <cstdint>

#include "server/kinds/message_reader.h"

namespace linktor::kinds {

// It borrows the item's JSON and the item reader's MessageReader.
struct Source {
  // It is the whole messaging item, or the whole value of the change.
  simdjson::dom::object item;
  // It is the value of the member that the row's `key` names. For a row that
  // has a field, it is the same as `item`. It is not set yet when `fits` of a
  // row is called.
  simdjson::dom::object object;
  // It reads the item's member "message". It is null when the item has no such
  // member.
  const MessageReader* message = nullptr;
  // It is true when the sender or author is the account that the entry is for.
  bool by_account = false;
  // It has one bit for each row of the table. The bit is set when `item` has a
  // member with the row's key. It is 0 for the value of a change.
  std::uint64_t rows = 0;
};

}  // namespace linktor::kinds
