// A core file holds all that a process has in memory: keys, tokens, texts. The
// server, a check, a backup and a restore forbid it before they read the master
// key.

#pragma once

#include "absl/status/status.h"

namespace linktor::app {

// After this call, neither a core file nor a handler such as systemd-coredump
// gets the memory of this process. Other processes of the same user can neither
// trace the process nor read its memory. Nothing in this program undoes it. The
// call fails with FAILED_PRECONDITION when the system refuses.
absl::Status ForbidCoreDumps();

}  // namespace linktor::app
