// An EncodedEvent is an event in the bytes that subscribers receive. It is
// encoded once, and after that its bytes are copied for each subscriber.
// EventLog encodes new events on the applying thread, for the ring of newest
// events (live_ring.h). It encodes events from the disk on an executor. All
// functions here are pure.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/events/cursor.h"
#include "server/state/rows.h"

namespace linktor::events {

struct EncodedEvent {
  // A subscriber's filter looks at the type, the channel and the customer.
  std::int64_t seq = 0;
  std::string type;
  std::string channel_id;
  std::string user_id;
  // With these fields the event can be encoded again without its content.
  RawId id;
  std::string decided;
  // This is a whole `events` field of SubscribeEventsResponse: tag, length,
  // Event. Several such fields, one after the other, are a response. So a
  // response is made without parsing events.
  std::string wire;
};

// Encodes an event together with its cursor and with the fields that Apply
// decided (CommittedEvent::decided of state/rows.h). The event must have been
// opened (see OpenEvent of state/event_encoding.h), because `encoded` must not
// be null.
EncodedEvent EncodeEvent(state::CommittedEvent event,
                         const CursorCodec& cursors);

// Returns the same event without its content, for an event whose content was
// erased. The fields that Apply decided stay, because they hold no content.
EncodedEvent EncodeErased(const EncodedEvent& event,
                          const CursorCodec& cursors);

// Returns what is left of an event when the person that it is about was erased.
// The event then has no content and no customer, and only says that it was
// erased.
EncodedEvent EncodeForgotten(const EncodedEvent& event,
                             const CursorCodec& cursors);

}  // namespace linktor::events
