// Writes the log line for a call to Meta that failed, because Meta refused it
// or did not answer. The sender, UserProfiles, the media refresher and
// IceBreakers call it once for each failed call, on any thread.

#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace linktor::graph {

// Logs `status`, which has a reason of the error map. There is at most one line
// in ten seconds for the same channel, operation and reason. The line is a
// warning when an operator may have to do something. It is info when the error
// concerns only one message or one customer. `operation` is one of the names in
// graph/observer.h. `message_id` is the id of the message for a send, and is
// empty for other calls. The line has Meta's code, subcode and fbtrace_id. It
// does not have Meta's text, which may quote what people wrote.
void LogGraphFailure(std::string_view operation, std::string_view channel_id,
                     const absl::Status& status,
                     std::string_view message_id = "");

}  // namespace linktor::graph
