// This file declares the descriptors of the contract with its comments, for
// reflection. The code that protoc generates does not have the comments. So the
// build makes the definition from protos/, with tools/build/embed.sh.

#pragma once

#include <cstddef>

namespace linktor::rpc {

// kContractFile is a google.protobuf.FileDescriptorSet in binary form, and it
// has kContractFileSize bytes. It is a constant of the program and is never
// freed. Only reflection_service.cc reads it, once.
extern const unsigned char kContractFile[];
extern const std::size_t kContractFileSize;

}  // namespace linktor::rpc
