// This is the JSON of attachments, as the control API takes it. There are two
// forms. In the full form an attachment is as Instagram sends it, with a
// "payload". In the short form it has only the facts, and the payload is made
// from them. The functions are pure.

#pragma once

#include <string_view>
#include <vector>

#include "emulator/json.h"
#include "emulator/json_reader.h"

namespace linktor::emulator {

// Reads the array `name` of the body and returns the attachments as Instagram
// sends them; the result is empty when the array is absent. In the short form
// an attachment has "type". It may also have "url", "title", "media_id",
// "sticker_id", "name" and "elements", as far as they fit the type. A wrong
// member is a problem of the reader (see json_reader.h). In the short form, a
// missing type is a problem too.
json::array ReadAttachments(JsonReader& body, std::string_view name);

// Returns all types of attachments that Instagram is known to send.
std::vector<std::string_view> AttachmentTypes();

}  // namespace linktor::emulator
