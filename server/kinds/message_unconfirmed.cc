// message.unconfirmed: nobody knows how a send of this server
// ended.

#include "server/kinds/table.h"

namespace linktor::kinds {

constinit const Kind kMessageUnconfirmed = {
    .type = "message.unconfirmed",
    .payload = v1::Event::kMessageUnconfirmed,
    .message = [](const v1::Event& event) -> const v1::Message& {
      return event.message_unconfirmed();
    },
    .mutable_message =
        [](v1::Event& event) { return event.mutable_message_unconfirmed(); }};

}  // namespace linktor::kinds
