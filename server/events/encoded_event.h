// An EncodedEvent is an event in the bytes that subscribers receive. EventLog
// encodes each new event once, on the applying thread (the one thread that
// applies records), and puts it into the ring of newest events (live_ring.h).
// The streams then copy its bytes for each subscriber. When a subscriber needs
// older events, EventLog reads them from the disk and encodes them on the
// executor. All functions here are pure.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/events/cursor.h"
#include "server/state/rows.h"

namespace linktor::events {

struct EncodedEvent {
  // `seq` is the event's number in the log. A subscriber's filter looks at the
  // other three fields: type, channel and customer.
  std::int64_t seq = 0;
  std::string type;
  std::string channel_id;
  std::string user_id;
  // With these fields the event can be encoded again without its content, after
  // the content was erased. `decided` has the fields of the event that Apply
  // decided (CommittedEvent::decided of state/rows.h).
  RawId id;
  std::string decided;
  // This is a whole `events` field of SubscribeEventsResponse on the wire: tag,
  // length, Event. Several such fields, one after the other, are a valid
  // response. So the server makes a response without parsing events.
  std::string wire;
};

// Encodes an event together with its cursor and with the fields that Apply
// decided (CommittedEvent::decided of state/rows.h). The event must have been
// opened (decrypted; see OpenEvent of state/event_encoding.h), because
// `event.encoded` must not be null.
EncodedEvent EncodeEvent(state::CommittedEvent event,
                         const CursorCodec& cursors);

// Returns the same event without its content, for an event whose content was
// erased. The fields that Apply decided stay, because they hold no content.
EncodedEvent EncodeErased(const EncodedEvent& event,
                          const CursorCodec& cursors);

// Returns what is left of an event after the person that it is about was
// erased. The event keeps its sequence, id, type and channel. It has no content
// and no customer, and it says that it was erased.
EncodedEvent EncodeForgotten(const EncodedEvent& event,
                             const CursorCodec& cursors);

}  // namespace linktor::events
