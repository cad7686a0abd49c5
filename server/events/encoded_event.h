// Events as subscribers receive them: encoded once, copied as bytes after that.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/events/cursor.h"
#include "server/state/rows.h"

namespace linktor {

struct EncodedEvent {
  std::int64_t seq = 0;
  std::string type;
  std::string channel_id;
  std::string user_id;
  // With these the event can be encoded again without its content.
  RawId id;
  std::string overlay;
  // A whole `events` field of SubscribeEventsResponse: tag, length, Event.
  std::string framed;
};

// `event` has been opened; see OpenEvent.
EncodedEvent EncodeEvent(CommittedEvent event, const CursorCodec& cursors);

// The same event when its content has been erased.
EncodedEvent EncodeErased(const EncodedEvent& event,
                          const CursorCodec& cursors);

}  // namespace linktor
