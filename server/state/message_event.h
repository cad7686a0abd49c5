// The end of a send makes an event of the type message.sent, message.failed or
// message.unconfirmed. These functions make parts of such an event from the row
// of the send: the message, and in one case the id of the event. Two places
// make these events. messaging/outcome.cc makes an event when this server
// records how the send ended. Apply (apply_send.cc) makes an event when an echo
// shows that an UNCONFIRMED send was sent. An echo is Instagram's webhook about
// a message that the account has sent. Other code in messaging/ puts the
// message into answers to callers. The functions are pure.

#pragma once

#include "linktor/instagram/v1/message.pb.h"
#include "server/base/ids.h"
#include "server/base/v1.h"
#include "server/state/rows.h"

namespace linktor::state {

// Returns the message of the send without its content and its error, because
// these two are sealed (encrypted). A time that is not known is not set.
v1::Message DescribeMessage(const MessageRow& row);

// Returns the id of the message.sent event that Apply makes when an echo shows
// that the attempt in `row` was sent. Sealed bytes can be opened only together
// with the id for which they were sealed, and Apply has no keys to seal
// anything. So messaging/outcome.cc seals the content of this event earlier,
// when it makes the record that the attempt is UNCONFIRMED. It needs the
// event's id at that time, before anybody knows whether an echo will come.
RawId SettledEventId(const MessageRow& row);

}  // namespace linktor::state
