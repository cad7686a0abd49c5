// This says how many files and sockets this process may have open. It is beside
// the listener because connections take most of them.

#pragma once

#include <cstddef>

namespace linktor::rpc {

// Raises the soft limit to the hard one, since each gRPC connection takes two
// descriptors and the usual limit is 1024. Returns the limit that is in force
// then, and 0 when it cannot be read. When it cannot be raised the old one
// stays. The App calls it once, before anything listens.
std::size_t RaiseDescriptorLimit();

}  // namespace linktor::rpc
