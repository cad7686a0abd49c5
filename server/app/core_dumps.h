// The system may write a core file when a process crashes. A core file holds
// everything that the process has in memory: keys, access tokens and texts of
// messages. Therefore the server and the commands check, backup and restore
// forbid core files before they read the master key, unless the configuration
// allows core files.

#pragma once

#include "absl/status/status.h"

namespace linktor::app {

// After this call, neither a core file nor a handler such as systemd-coredump
// gets the memory of this process. Other processes of the same user can neither
// trace the process nor read its memory. Nothing in this program undoes this.
// The call fails with FAILED_PRECONDITION when the system refuses it.
absl::Status ForbidCoreDumps();

}  // namespace linktor::app
