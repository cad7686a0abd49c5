// instagram.reaction: someone reacts to a message, or takes the reaction back.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/kinds/changes.h"
#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

Result Read(const Source& source, ParsedItem& item) {
  constexpr std::string_view kPath = "$.reaction";
  const simdjson::dom::object& reaction = source.object;
  v1::Reaction& out = *item.payload.mutable_reaction();
  out.set_direction(source.by_account ? v1::MESSAGE_DIRECTION_OUTBOUND
                                      : v1::MESSAGE_DIRECTION_INBOUND);
  Result bad = ReadTargetMid(reaction, kPath, *out.mutable_mid());
  if (!bad) bad = ReadString(reaction, "action", kPath, *out.mutable_action());
  if (!bad && out.action().empty()) {
    bad = Misfit{"is neither react nor unreact", "$.reaction.action"};
  }
  if (!bad) {
    bad = ReadString(reaction, "reaction", kPath, *out.mutable_reaction());
  }
  if (!bad) bad = ReadString(reaction, "emoji", kPath, *out.mutable_emoji());
  return bad;
}

// Only this identifies a reaction. The rest of the item, such as who received
// it, may differ between two deliveries of one reaction.
std::string Identity(const ParsedItem& item) {
  const v1::Reaction& reaction = item.payload.reaction();
  std::string identity;
  for (const std::string_view part :
       {std::string_view(item.user_id), std::string_view(reaction.mid()),
        std::string_view(reaction.action()),
        std::string_view(reaction.reaction()),
        std::string_view(reaction.emoji())}) {
    absl::StrAppend(&identity, part.size(), ":", ToAbsl(part));
  }
  // Both sides can react to one message in the same way.
  if (item.by_account) identity.append("out");
  return identity;
}

// One side has one reaction to a message: a new one takes the old one's place.
void Change(const v1::Event& event, v1::Message& message) {
  const v1::Reaction& reaction = event.reaction();
  // Without its content the event tells only whose message it is about.
  if (reaction.mid().empty()) return;
  auto& all = *message.mutable_reactions();
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const v1::MessageReaction& one) {
                             return one.direction() == reaction.direction();
                           }),
            all.end());
  if (reaction.action() == "unreact") return;
  v1::MessageReaction& added = *all.Add();
  added.set_reaction(reaction.reaction());
  added.set_emoji(reaction.emoji());
  added.set_direction(reaction.direction());
  *added.mutable_react_time() = HappenTime(event);
}

}  // namespace

constinit const Kind kReaction = {
    .type = "instagram.reaction",
    .payload = v1::Event::kReaction,
    .key = "reaction",
    .name = "reaction",
    .read = Read,
    .identity = Identity,
    .target_mid = [](const v1::Event& event) -> const std::string& {
      return event.reaction().mid();
    },
    .set_target =
        [](std::string message_id, v1::Event& event) {
          event.mutable_reaction()->set_message_id(std::move(message_id));
        },
    .change = Change};

}  // namespace linktor::kinds
