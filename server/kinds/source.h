// What a kind is read from: the JSON of one messaging item. Made by the item
// reader, used by the files of the kinds while it reads; nothing keeps it.

#pragma once

#include <simdjson.h>

#include "server/kinds/message_reader.h"

namespace linktor::kinds {

struct Source {
  // The messaging item as a whole.
  simdjson::dom::object item;
  // The value of the member that the row's `key` names.
  simdjson::dom::object object;
  // The same as a message; null when the member is no message.
  const MessageReader* message = nullptr;
  // Whether the sender is the account that the entry is for.
  bool by_account = false;
};

}  // namespace linktor::kinds
