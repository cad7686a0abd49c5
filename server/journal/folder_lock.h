// Only one process at a time may use a data folder. That process holds a lock
// on the file `lock` in the folder. The kernel releases the lock when the
// process ends, also after a crash, so no lock stays behind. The server, a
// restore, and a backup of a folder without a running server take the lock.

#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/base/unique_fd.h"

namespace linktor::journal {

// Locks the folder until the returned descriptor is closed. The folder must
// exist. When another process has the lock, it returns nullopt and does not
// wait. It fails with FAILED_PRECONDITION and a sentence when the lock file
// cannot be opened or made.
absl::StatusOr<std::optional<UniqueFd>> TryLockFolder(
    const std::string& data_dir);
// Locks the folder as TryLockFolder does. When another process has the lock, it
// fails with FAILED_PRECONDITION.
absl::StatusOr<UniqueFd> LockFolder(const std::string& data_dir);

// Returns whether a process has the lock now. It returns false when there is no
// lock file, and it makes no file. Another process may take or release the lock
// right after the call.
bool IsFolderLocked(const std::string& data_dir);

}  // namespace linktor::journal
