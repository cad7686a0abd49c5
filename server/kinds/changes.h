// ApplyChanges says what later events have made of a message: an edit changes
// its text, a reaction its reactions, and a seen mark tells when it was read.
// The events may come in any order, and before the message. Both functions are
// pure.

#pragma once

#include <vector>

#include "google/protobuf/timestamp.pb.h"
#include "linktor/instagram/v1/event.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"

namespace linktor::kinds {

// Returns Instagram's time of the event, or the time at which it came where
// Instagram gave none.
const google::protobuf::Timestamp& HappenTime(const v1::Event& event);

// Changes the message as the events about it say, in the order of their times;
// those of one time in the order of the log, in which they are given. An event
// that has lost its content changes nothing.
void ApplyChanges(const std::vector<v1::Event>& events, v1::Message& message);

}  // namespace linktor::kinds
