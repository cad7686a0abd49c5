// ApplyChanges adds to a message what later events say about it. An edit
// changes the text, and a reaction changes the reactions. A read event says
// when the message was read. The events may have come in any order, and even
// before the message. Both functions are pure.

#pragma once

#include <vector>

#include "google/protobuf/timestamp.pb.h"
#include "linktor/instagram/v1/event.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"

namespace linktor::kinds {

// Returns Instagram's time of the event. When Instagram gave no time, returns
// the time at which the server received the event.
const google::protobuf::Timestamp& HappenTime(const v1::Event& event);

// Changes the message as the events about it say. It applies the events in the
// order of their times (HappenTime). `events` must be in the order of the event
// log, so that two events with the same time are applied in that order. An
// event whose content was erased changes nothing.
void ApplyChanges(const std::vector<v1::Event>& events, v1::Message& message);

}  // namespace linktor::kinds
