// message.read: someone reads a message, and so all before it.

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/kinds/changes.h"
#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

// Messenger names a time in place of a message, and that does not fit.
Result Read(const Source& source, ParsedItem& item) {
  v1::MessageRead& out = *item.payload.mutable_message_read();
  out.set_direction(DirectionOf(item));
  return ReadTargetMid(source.object, "$.read", *out.mutable_mid());
}

// Both sides can read one message.
std::string Identity(const ParsedItem& item) {
  std::string identity;
  for (const std::string_view part :
       {std::string_view(item.user_id),
        std::string_view(item.payload.message_read().mid())}) {
    absl::StrAppend(&identity, part.size(), ":", ToAbsl(part));
  }
  if (item.by_account) identity.append("out");
  return identity;
}

// Only the other side reads a message. What counts is the first time.
void Change(const v1::Event& event, v1::Message& message) {
  // Without its content the event tells only whose message it is about.
  if (event.message_read().mid().empty()) return;
  if (!message.has_read_time()) {
    *message.mutable_read_time() = HappenTime(event);
  }
}

}  // namespace

constinit const Kind kMessageRead = {
    .type = "message.read",
    .payload = v1::Event::kMessageRead,
    .key = "read",
    .name = "read",
    .needs_customer = false,
    .read = Read,
    .identity = Identity,
    .target_mid = [](const v1::Event& event) -> const std::string& {
      return event.message_read().mid();
    },
    .set_target =
        [](std::string message_id, v1::Event& event) {
          event.mutable_message_read()->set_message_id(std::move(message_id));
        },
    .change = Change};

}  // namespace linktor::kinds
