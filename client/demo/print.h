// How events look to a person at a terminal.

#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "linktor/instagram/v1/event.pb.h"

namespace linktor::demo {

namespace v1 = ::linktor::instagram::v1;

// The text of the event's message; empty when it has none.
std::string TextOf(const v1::Event& event);
// Instagram's id of the event's message; empty when it has none.
std::string MidOf(const v1::Event& event);

// One line: time, type, user, text.
std::string OneLine(const v1::Event& event);
// A line for each thing worth knowing, indented.
std::string Details(const v1::Event& event);
// Indented JSON, in the spelling that services see.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace linktor::demo
