// Reads one attachment of a message: its type and link, and what only its kind
// has. The reader of messages calls it, on the thread that parses the webhook.
// Pure.

#pragma once

#include <simdjson.h>

#include <string>

#include "linktor/instagram/v1/attachment.pb.h"
#include "server/base/v1.h"
#include "server/kinds/misfit.h"

namespace linktor::kinds {

// Fills `out`, which must be empty. `path` is where the attachment is, such as
// "$.message.attachments[0]". It is a Misfit when the value is no object, or
// when a type or an id has a wrong type. A type that is not known is none: then
// there are no details.
Result ReadAttachment(const simdjson::dom::element& value,
                      const std::string& path, v1::Attachment& out);

}  // namespace linktor::kinds
