// What the row of a send says of its events. Apply puts it into the events that
// it makes, and messaging/ into answers and the events of outcomes. Pure.

#pragma once

#include "linktor/instagram/v1/message.pb.h"
#include "server/base/ids.h"
#include "server/base/v1.h"
#include "server/state/rows.h"

namespace linktor::state {

// Returns the message without content and error, which are sealed. A time that
// is not known is not set.
v1::Message DescribeMessage(const MessageRow& row);

// Returns the id of the event that tells of an attempt which an echo settles.
// The content of that event is sealed for this id before the echo is known.
RawId SettledEventId(const MessageRow& row);

}  // namespace linktor::state
