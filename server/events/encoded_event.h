// Events as subscribers receive them: encoded once, copied as bytes after that.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/events/cursor.h"
#include "server/store/records.h"

namespace linktor {

struct EncodedEvent {
  std::int64_t seq = 0;
  std::string type;
  std::string channel_id;
  std::string user_id;
  // A whole `events` field of SubscribeEventsResponse: tag, length, Event.
  std::string framed;
};

EncodedEvent EncodeEvent(CommittedEvent event, const CursorCodec& cursors);

}  // namespace linktor
