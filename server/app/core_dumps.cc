#include "server/app/core_dumps.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace linktor::app {

absl::Status ForbidCoreDumps() {
  // The limit alone does not count for handlers that the kernel pipes to.
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0 ||
      prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return absl::FailedPreconditionError(
        "the system does not let this process forbid core dumps, which would "
        "hold keys and texts; start with --allow-core-dumps to accept that");
  }
  return absl::OkStatus();
}

}  // namespace linktor::app
