// What must hold for every message that goes to clients.

#pragma once

#include <google/protobuf/message.h>

#include <string_view>

#include "tests/fuzz/properties.h"

namespace linktor::fuzz {

bool IsUtf8(std::string_view text);

// The message can be serialised, and is the same when it is read again; then
// protobuf refuses text that is not UTF-8.
Violation CheckBinary(const google::protobuf::Message& message);

// Checks the same for the JSON form of the message. It is slow.
Violation CheckJson(const google::protobuf::Message& message);

}  // namespace linktor::fuzz
