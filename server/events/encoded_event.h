// An EncodedEvent is an event as subscribers receive it. It is encoded once,
// and its bytes are copied for each subscriber after that. EventLog makes one
// for the ring, on the applying thread, or from the disk, on an executor. Both
// functions are pure.

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
  // With these the event can be encoded again without its content.
  RawId id;
  std::string decided;
  // This is a whole `events` field of SubscribeEventsResponse: tag, length,
  // Event. Such fields one after the other are a response, without parsing.
  std::string wire;
};

// Encodes an event with what Apply decided and its cursor. It must have been
// opened (see OpenEvent of state/event_encoding.h), because `encoded` must not
// be null.
EncodedEvent EncodeEvent(state::CommittedEvent event,
                         const CursorCodec& cursors);

// Returns the same event without its content, after that was erased. What
// Apply decided stays, because it holds none.
EncodedEvent EncodeErased(const EncodedEvent& event,
                          const CursorCodec& cursors);

// Returns what is left of the event when the person was erased whom it was
// about.
EncodedEvent EncodeForgotten(const EncodedEvent& event,
                             const CursorCodec& cursors);

}  // namespace linktor::events
