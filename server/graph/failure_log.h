// Writes the line that says how Meta refused, or did not answer, a call. The
// sender, the profiles of customers, the refresher of media and the channel
// service call it once for each failed call, on any thread.

#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace linktor::graph {

// Logs `status`, which has the reason of the error map; one line for a channel,
// operation and reason in ten seconds. It is a warning when an operator may
// have to do something, and info when the error concerns one message or one
// customer. `operation` is one of graph/observer.h; `message_id` is that of a
// send and empty otherwise. Meta's text is left out, since it may quote what
// people wrote; code, subcode and fbtrace_id are there.
void LogGraphFailure(std::string_view operation, std::string_view channel_id,
                     const absl::Status& status,
                     std::string_view message_id = "");

}  // namespace linktor::graph
