// message.echoed: the account sent something, through this server or elsewhere.

#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {

constinit const Kind kMessageEchoed = {
    .type = "message.echoed",
    .payload = v1::Event::kMessageEchoed,
    .key = kMessageKey,
    .name = "message",
    .mids = MidSet::kEchoes,
    .echo = true,
    .fits =
        [](const Source& source) {
          return source.by_account || source.message->echo();
        },
    .message = [](const v1::Event& event) -> const v1::Message& {
      return event.message_echoed();
    },
    .mutable_message =
        [](v1::Event& event) { return event.mutable_message_echoed(); }};

}  // namespace linktor::kinds
