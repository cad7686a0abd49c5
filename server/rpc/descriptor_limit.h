// How many files and sockets this process may have open.

#pragma once

#include <cstddef>

namespace linktor {

// Raises the limit to what the system allows this process, since each gRPC
// connection takes two descriptors and the usual limit is 1024. Returns the
// limit that is in force then. App calls it once, at start.
std::size_t RaiseDescriptorLimit();

}  // namespace linktor
