// Writes a line to the server's log about a call to Meta that failed, because
// Meta refused it or did not answer. The sender, UserProfiles, the media
// refresher and IceBreakers call it once for each failed call, on any thread.

#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace linktor::graph {

// Logs `status`, which has a reason from the error map (error_map.h). For the
// same channel, operation and reason there is at most one line in ten seconds.
// The line has the level warning when an operator may have to do something. It
// has the level info when the error concerns only one message or one customer.
// `operation` is one of the names in graph/observer.h. For a send, `message_id`
// is this server's id of the message. For other calls it is empty. The line has
// Meta's code, subcode and fbtrace_id. It does not have Meta's text, which may
// quote what people wrote.
void LogGraphFailure(std::string_view operation, std::string_view channel_id,
                     const absl::Status& status,
                     std::string_view message_id = "");

}  // namespace linktor::graph
