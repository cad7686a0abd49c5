// message.sent: Instagram accepted a send of this server.

#include "server/kinds/table.h"

namespace linktor::kinds {

constinit const Kind kMessageSent = {
    .type = "message.sent",
    .payload = v1::Event::kMessageSent,
    .message = [](const v1::Event& event) -> const v1::Message& {
      return event.message_sent();
    },
    .mutable_message =
        [](v1::Event& event) { return event.mutable_message_sent(); }};

}  // namespace linktor::kinds
