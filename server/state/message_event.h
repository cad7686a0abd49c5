// These functions derive from the row of a send what its events say: the
// message, and the id of one of the events. Apply (applier.h) puts the message
// into the events that it makes. messaging/ puts it into answers, and into the
// events of outcomes. The functions are pure.

#pragma once

#include "linktor/instagram/v1/message.pb.h"
#include "server/base/ids.h"
#include "server/base/v1.h"
#include "server/state/rows.h"

namespace linktor::state {

// Returns the message without content and error, which are sealed (encrypted).
// A time that is not known is not set.
v1::Message DescribeMessage(const MessageRow& row);

// Returns the id of the event that reports an attempt as SENT because of an
// echo. The content of this event is sealed for this id before the echo is
// known, because Apply has no keys.
RawId SettledEventId(const MessageRow& row);

}  // namespace linktor::state
