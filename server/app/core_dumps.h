// A core file holds everything that a process has in memory: keys, tokens and
// texts of messages. Therefore the server and the commands check, backup and
// restore forbid core files before they read the master key.

#pragma once

#include "absl/status/status.h"

namespace linktor::app {

// After this call, neither a core file nor a handler such as systemd-coredump
// gets the memory of this process. Other processes of the same user can neither
// trace the process nor read its memory. Nothing in this program undoes the
// call. It fails with FAILED_PRECONDITION when the system refuses.
absl::Status ForbidCoreDumps();

}  // namespace linktor::app
