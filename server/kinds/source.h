// A Source is the JSON that an item is read from: a messaging item, or the
// value of an element of entry.changes. ItemReader makes one Source for each
// item and gives it to the functions of the rows (kind.h), on its own thread.
// No function keeps the Source after its call.

#pragma once

#include <simdjson.h>

#include <cstdint>

#include "server/kinds/message_reader.h"

namespace linktor::kinds {

// A Source points to the item's JSON and to the MessageReader of the
// ItemReader, which must both outlive it.
struct Source {
  // It is the whole messaging item, or the whole value of the element of
  // entry.changes.
  simdjson::dom::object item;
  // It is the value of the member that Kind::key names. For a kind that has a
  // field, it is the same as `item`. It is not set yet when Kind::fits is
  // called.
  simdjson::dom::object object;
  // It reads the item's member "message". It is null when the item has no such
  // member.
  const MessageReader* message = nullptr;
  // It is true when the sender or author is the account that the entry is for.
  bool by_account = false;
  // It has one bit for each row of the table (table.h). The bit is set when
  // `item` has a member with the row's key. It is 0 for the value of an element
  // of entry.changes.
  std::uint64_t rows = 0;
};

}  // namespace linktor::kinds
