// message.unsent: whoever has sent a message takes it back. Apply erases what
// it names.

#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

Result Read(const Source& source, ParsedItem& item) {
  v1::MessageUnsend& out = *item.payload.mutable_message_unsent();
  out.set_direction(DirectionOf(item));
  // The flag decides only where the item names nobody.
  if (out.direction() == v1::MESSAGE_DIRECTION_UNSPECIFIED &&
      source.message->echo()) {
    out.set_direction(v1::MESSAGE_DIRECTION_OUTBOUND);
  }
  if (item.message.mid().empty()) {
    return Misfit{"names no message", "$.message.mid"};
  }
  out.set_mid(item.message.mid());
  // Whatever else stands in it is what was taken back.
  item.message.Clear();
  return std::nullopt;
}

const std::string& MidOfUnsend(const v1::Event& event) {
  return event.message_unsent().mid();
}

}  // namespace

constinit const Kind kUnsend = {
    .type = "message.unsent",
    .payload = v1::Event::kMessageUnsent,
    .key = kMessageKey,
    .name = "unsend",
    .mids = MidSet::kUnsends,
    .needs_customer = false,
    .fits = [](const Source& source) { return source.message->deleted(); },
    .read = Read,
    .own_mid = MidOfUnsend,
    .target_mid = MidOfUnsend,
    .set_target =
        [](std::string message_id, v1::Event& event) {
          event.mutable_message_unsent()->set_message_id(std::move(message_id));
        }};

}  // namespace linktor::kinds
