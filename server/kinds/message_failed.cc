// message.failed: a send of this server ended without reaching
// the customer.

#include "server/kinds/table.h"

namespace linktor::kinds {

constinit const Kind kMessageFailed = {
    .type = "message.failed",
    .payload = v1::Event::kMessageFailed,
    .message = [](const v1::Event& event) -> const v1::Message& {
      return event.message_failed();
    },
    .mutable_message =
        [](v1::Event& event) { return event.mutable_message_failed(); }};

}  // namespace linktor::kinds
