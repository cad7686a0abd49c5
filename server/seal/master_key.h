// The master key's file.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/base/secret.h"

namespace linktor {

// Reads 32 bytes from 64 hex digits in a file; surrounding white space is
// ignored. FAILED_PRECONDITION with a sentence otherwise.
absl::StatusOr<Secret> ReadMasterKey(const std::string& path);

}  // namespace linktor
