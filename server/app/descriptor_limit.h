// Raises the number of file descriptors (files and sockets) that this process
// may have open. Most descriptors are used by connections.

#pragma once

#include <cstddef>

namespace linktor::app {

// Raises the soft limit of open descriptors (RLIMIT_NOFILE) to the hard limit.
// This is necessary because each gRPC connection takes two descriptors and the
// usual soft limit is 1024. Returns the soft limit that is in force afterwards,
// or 0 when the limit cannot be read. When the limit cannot be raised, the old
// limit stays. The App calls this function once, before it opens a port.
std::size_t RaiseDescriptorLimit();

}  // namespace linktor::app
