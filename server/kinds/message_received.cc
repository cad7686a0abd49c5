// message.received: a person writes something that is nothing more special.

#include "server/kinds/table.h"

namespace linktor::kinds {

constinit const Kind kMessageReceived = {
    .type = "message.received",
    .payload = v1::Event::kMessageReceived,
    .key = kMessageKey,
    .name = "message",
    .mids = MidSet::kMessages,
    .opens_window = true,
    .message = [](const v1::Event& event) -> const v1::Message& {
      return event.message_received();
    },
    .mutable_message =
        [](v1::Event& event) { return event.mutable_message_received(); }};

}  // namespace linktor::kinds
