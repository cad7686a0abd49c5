// What the Send API accepts: shape and limits of one request body. Pure.

#pragma once

#include <string>
#include <variant>

#include "emulator/graph_error.h"
#include "emulator/json.h"

namespace linktor::emulator {

// A text message to one customer.
struct TextSend {
  // The customer's Instagram-scoped id (IGSID).
  std::string recipient_id;
  std::string text;
  // The message it answers; empty for none.
  std::string reply_to_mid;
};

// Text is the only kind known so far; every other is refused with code 100.
std::variant<TextSend, GraphError> ReadTextSend(const json::value& body);

}  // namespace linktor::emulator
