// Reads the file of the master key, which wraps all data keys. The server reads
// it at start, and backup and restore do, before they open the database.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/base/secret.h"

namespace linktor::seal {

// Returns the 32 bytes that 64 hex digits in the file stand for; white space
// around them is ignored. Fails with FAILED_PRECONDITION, and a sentence that
// names the file, when it cannot be read or holds anything else; the sentence
// quotes nothing of the file. It does not ask whether the key is the right one;
// Sealer::IsKeyCheck does.
absl::StatusOr<Secret> ReadMasterKey(const std::string& path);

}  // namespace linktor::seal
