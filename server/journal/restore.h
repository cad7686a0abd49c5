// Makes a data folder of a backup. The log goes on where the backup was taken,
// but it is another life of it: an epoch drawn at random names it in every
// cursor given out from now on, so that no cursor of one life is taken for one
// of another after they have parted (events/cursor.h).

#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "server/base/secret.h"
#include "server/journal/marker.h"

namespace linktor {

// What RestoreBackup has done so far. After a crash before the last one the
// folder has no database: nothing starts there, and it can be restored again.
enum class RestoreStep : std::int8_t {
  kLocked,
  kCopied,
  kVerified,
  kEpochBegun,
  // The copy is one file, and synced.
  kSynced,
  kMarked,
  kDone,
};

struct RestoreRequest {
  std::string from;
  // It is made if it is missing; else it must not hold a database.
  std::string data_dir;
  const Secret& master_key;
};

// Copies the backup into the data folder, and checks all of it. Returns what
// the backup says of itself. FAILED_PRECONDITION with a sentence when `from` is
// no backup, the folder is in use or holds a database already, or the master
// key is another.
absl::StatusOr<BackupManifest> RestoreBackup(
    const RestoreRequest& request,
    absl::FunctionRef<void(RestoreStep)> reached);

}  // namespace linktor
