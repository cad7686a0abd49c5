// These functions show events to a person at a terminal.

#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "linktor/instagram/v1/event.pb.h"

namespace linktor::demo {

namespace v1 = ::linktor::instagram::v1;

// Returns the text of the event's message. It is empty when the event has no
// message, or the message has no text.
std::string TextOf(const v1::Event& event);
// Returns Instagram's id of the event's message, or an empty text when the
// event has no message.
std::string MidOf(const v1::Event& event);

// Returns one line with the time, the type, the user and the text.
std::string OneLine(const v1::Event& event);
// Returns an indented line for each fact that a person may want to know.
std::string Details(const v1::Event& event);
// Returns indented proto3 JSON, with the field names that services see.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace linktor::demo
