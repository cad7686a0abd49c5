#include "server/app/descriptor_limit.h"

#include <sys/resource.h>

namespace linktor::app {

std::size_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  // It fails where the hard limit is above the kernel's own; the old limit
  // then stays.
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return limit.rlim_cur;
}

}  // namespace linktor::app
