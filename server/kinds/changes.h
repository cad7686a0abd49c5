// ApplyChanges adds to a message what later events say about it. An edit
// changes the text, a reaction changes the reactions, and a seen mark tells
// when the message was read. The events may have come in any order, and even
// before the message. Both functions are pure.

#pragma once

#include <vector>

#include "google/protobuf/timestamp.pb.h"
#include "linktor/instagram/v1/event.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"

namespace linktor::kinds {

// Returns Instagram's time of the event. If Instagram gave none, returns the
// time at which the event came.
const google::protobuf::Timestamp& HappenTime(const v1::Event& event);

// Changes the message as the events about it say. The events are applied in the
// order of their times (HappenTime). `events` must be in the order of the log,
// and events of the same time stay in that order. An event that has lost its
// content changes nothing.
void ApplyChanges(const std::vector<v1::Event>& events, v1::Message& message);

}  // namespace linktor::kinds
