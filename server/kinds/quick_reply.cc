// instagram.quick_reply: a customer taps a quick reply.

#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

Result Read(const Source& source, ParsedItem& item) {
  std::optional<simdjson::dom::object> tap;
  Result bad = ReadObject(source.object, "quick_reply", "$.message", tap);
  if (bad || !tap.has_value()) return bad;
  v1::QuickReplyTap& out = *item.payload.mutable_quick_reply();
  out.set_text(item.message.text());
  return ReadString(*tap, "payload", "$.message.quick_reply",
                    *out.mutable_payload());
}

}  // namespace

constinit const Kind kQuickReply = {
    .type = "instagram.quick_reply",
    .payload = v1::Event::kQuickReply,
    .key = kMessageKey,
    .name = "quick_reply",
    .mids = MidSet::kMessages,
    .opens_window = true,
    .fits =
        [](const Source& source) { return source.message->HasQuickReply(); },
    .read = Read,
    .message = [](const v1::Event& event) -> const v1::Message& {
      return event.quick_reply().message();
    },
    .mutable_message =
        [](v1::Event& event) {
          return event.mutable_quick_reply()->mutable_message();
        },
    .complete =
        [](const v1::Event& event, v1::Message& message) {
          message.set_quick_reply_payload(event.quick_reply().payload());
        }};

}  // namespace linktor::kinds
