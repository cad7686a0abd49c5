// Here are the descriptors of the contract with its comments, which the code
// that protoc generates does not hold. tools/build/embed.sh makes them from
// protos/.

#pragma once

#include <cstddef>

namespace linktor {

// It is a google.protobuf.FileDescriptorSet in binary form.
extern const unsigned char kContractFile[];
extern const std::size_t kContractFileSize;

}  // namespace linktor
