// Declares the descriptors of the contract's proto files, together with the
// comments in these files. Reflection (reflection_service.h) gives them to
// clients. The code that protoc generates does not have the comments. So the
// build makes the descriptors from protos/ once more, and tools/build/embed.sh
// writes the definition of the two constants below.

#pragma once

#include <cstddef>

namespace linktor::rpc {

// kContractFile is a google.protobuf.FileDescriptorSet in binary form, and it
// has kContractFileSize bytes. It is a constant of the program and is never
// freed. Only reflection_service.cc reads it, once.
extern const unsigned char kContractFile[];
extern const std::size_t kContractFileSize;

}  // namespace linktor::rpc
