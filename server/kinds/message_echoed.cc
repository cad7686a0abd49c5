// message.echoed: the account sent something, through this server or elsewhere.

#include <optional>

#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

// The account can answer a story of the customer's, too.
Result Read(const Source& source, ParsedItem& item) {
  if (!source.message->HasStory()) return std::nullopt;
  return source.message->ReadStory(item.event_ms,
                                   *item.message.mutable_story());
}

}  // namespace

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
    .read = Read,
    .message = [](const v1::Event& event) -> const v1::Message& {
      return event.message_echoed();
    },
    .mutable_message =
        [](v1::Event& event) { return event.mutable_message_echoed(); }};

}  // namespace linktor::kinds
