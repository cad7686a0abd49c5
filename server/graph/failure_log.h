// Writes the line that says how Meta refused, or did not answer, a call.

#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace linktor {

// `operation` is one of graph/observer.h; `message_id` is that of a send and
// empty otherwise. Meta's text is left out, since it may quote what people
// wrote; code, subcode and fbtrace_id are there.
void LogGraphFailure(std::string_view operation, std::string_view channel_id,
                     const absl::Status& status,
                     std::string_view message_id = "");

}  // namespace linktor
