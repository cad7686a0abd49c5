// This is the JSON of attachments, as the control API takes it: either as
// Instagram sends it, with a "payload", or in short, by the members of which
// the payload is made. The functions are pure.

#pragma once

#include <string_view>
#include <vector>

#include "emulator/json.h"
#include "emulator/json_reader.h"

namespace linktor::emulator {

// Returns the attachments in the array `name` of the body, as Instagram sends
// them; empty when it is absent. In short, an attachment has "type" and what
// Instagram tells of that type: "url", "title", "media_id", "sticker_id",
// "name" and "elements". Wrong members are the reader's problem, and so is an
// attachment without a type.
json::array ReadAttachments(JsonReader& body, std::string_view name);

// Returns all types of attachments that Instagram is known to send.
std::vector<std::string_view> AttachmentTypes();

}  // namespace linktor::emulator
