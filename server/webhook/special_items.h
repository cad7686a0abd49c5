// What is more special than a plain message: the payloads of their events.
// Internal to the parser.

#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "linktor/instagram/v1/event.pb.h"
#include "server/webhook/json_fields.h"
#include "server/webhook/parser.h"

namespace linktor {

// Instagram's attachment type.
inline constexpr std::string_view kStoryMentionType = "story_mention";
// Longer ids are nobody's.
inline constexpr std::size_t kMaxMid = 1024;

// Fills item.payload for a message of that type, whose item.message has been
// read; nothing for types without a payload of their own.
Result ReadSpecial(ItemType type, const simdjson::dom::object& message,
                   ParsedItem& item);

Result ReadPostback(const simdjson::dom::object& postback, v1::Postback& out);
Result ReadReaction(const simdjson::dom::object& reaction, v1::Reaction& out);

// What makes two reactions the same, apart from their time.
std::string ReactionIdentity(std::string_view user_id,
                             const v1::Reaction& reaction);

}  // namespace linktor
