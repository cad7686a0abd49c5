// One process at a time uses a data folder. It holds a lock on the file `lock`
// in the folder, which the kernel takes back when the process ends, however it
// ends: no lock is ever left behind. Starts, restores and backups without a
// server take it.

#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/base/unique_fd.h"

namespace linktor::journal {

// Locks the folder, which must be there, until the descriptor is closed. It
// returns nullopt when another process has the lock, and does not wait for it.
// It fails with FAILED_PRECONDITION and a sentence when nothing can be written
// in the folder.
absl::StatusOr<std::optional<UniqueFd>> TryLockFolder(
    const std::string& data_dir);
// Does the same, but a lock that another process has is FAILED_PRECONDITION,
// too.
absl::StatusOr<UniqueFd> LockFolder(const std::string& data_dir);

// Returns whether a process has the lock now; false also when there is no lock
// file. It makes no file. The answer may be out of date at once.
bool IsFolderLocked(const std::string& data_dir);

}  // namespace linktor::journal
