// One process at a time uses a data folder: it holds a lock on a file there,
// which the kernel takes back when the process ends, however it ends.

#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/base/unique_fd.h"

namespace linktor {

// Locks the folder, which must be there, until the descriptor is closed;
// nothing when another process has it. FAILED_PRECONDITION with a sentence when
// nothing can be written there.
absl::StatusOr<std::optional<UniqueFd>> TryLockFolder(
    const std::string& data_dir);
// The same; a lock that another process has is FAILED_PRECONDITION, too.
absl::StatusOr<UniqueFd> LockFolder(const std::string& data_dir);

// Whether a process has the lock. Changes nothing.
bool IsFolderLocked(const std::string& data_dir);

}  // namespace linktor
