// Reads the file of the master key, which wraps (encrypts) all data keys. The
// server reads it at the start. A backup and a restore read it as well. Each of
// them reads it before it opens the database.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/base/secret.h"

namespace linktor::seal {

// Returns the 32 bytes of the key. The file must have them as 64 hex digits;
// white space around the digits is ignored. It fails with FAILED_PRECONDITION
// and a sentence when the file cannot be read or has anything else in it. The
// sentence names the file and quotes nothing from it. This function does not
// check that the key is the right one; Sealer::IsKeyCheck does.
absl::StatusOr<Secret> ReadMasterKey(const std::string& path);

}  // namespace linktor::seal
