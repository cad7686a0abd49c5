// This sets how many files and sockets this process may have open. Connections
// take most of them.

#pragma once

#include <cstddef>

namespace linktor::app {

// Raises the soft limit to the hard limit. This is necessary because each gRPC
// connection takes two descriptors and the usual soft limit is 1024. Returns
// the limit that is in force afterwards, or 0 when the limit cannot be read.
// When the limit cannot be raised, the old limit stays. The App calls it once,
// before anything listens.
std::size_t RaiseDescriptorLimit();

}  // namespace linktor::app
