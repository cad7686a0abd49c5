// Reads one attachment of a message: its type, its link, and the details that
// depend on the type. MessageReader calls this function, on the thread that
// parses the webhook. The function is pure.

#pragma once

#include <simdjson.h>

#include <string>

#include "linktor/instagram/v1/attachment.pb.h"
#include "server/base/v1.h"
#include "server/kinds/misfit.h"

namespace linktor::kinds {

// Fills `out`, which must be empty. `path` is the JSON path of the attachment,
// such as "$.message.attachments[0]". Returns a Misfit when the value is not an
// object. Returns a Misfit also when the attachment's type or an id in it has a
// wrong JSON type. A type that this server does not know is no Misfit: the
// attachment then has its type and link, but no details.
Result ReadAttachment(const simdjson::dom::element& value,
                      const std::string& path, v1::Attachment& out);

}  // namespace linktor::kinds
