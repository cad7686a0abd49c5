// These are the descriptors of the contract with its comments, for reflection.
// The code that protoc generates does not hold the comments, so
// tools/build/embed.sh makes this from protos/ at build time.

#pragma once

#include <cstddef>

namespace linktor::rpc {

// It is a google.protobuf.FileDescriptorSet in binary form, of
// kContractFileSize bytes. It is a constant of the program and never freed.
// ReflectionService alone reads it, once.
extern const unsigned char kContractFile[];
extern const std::size_t kContractFileSize;

}  // namespace linktor::rpc
