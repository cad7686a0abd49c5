// Core files hold all that a process has in memory: keys, tokens, texts. A
// server forbids them before it reads the master key.

#pragma once

#include "absl/status/status.h"

namespace linktor {

// From now on neither the kernel nor a handler such as systemd-coredump gets
// the memory of this process, and other processes of the same user can neither
// trace it nor read it. It cannot be undone. It fails with FAILED_PRECONDITION
// when the system refuses.
absl::Status ForbidCoreDumps();

}  // namespace linktor
