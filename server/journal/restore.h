// Makes a data folder from a backup. The log goes on where the backup was
// taken, but in another life: an epoch that is drawn at random names it in
// every cursor given out from now on. So no cursor of one life is taken for one
// of another after the two have parted (events/cursor.h). `linktor-igd restore`
// calls this; no server may use the folder meanwhile.

#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "server/base/secret.h"
#include "server/journal/marker.h"

namespace linktor::journal {

// Each step of RestoreBackup is named for what was done last. After a crash
// before the last one the folder has no database: nothing starts there, and it
// can be restored again. Tests kill the process at each.
enum class RestoreStep : std::int8_t {
  kLocked,
  kCopied,
  kVerified,
  kEpochBegun,
  // The copy is one file without a write-ahead log, and is synced.
  kSynced,
  kMarked,
  // The copy has the name of the database: the folder can be started.
  kDone,
};

struct RestoreRequest {
  // This is the folder of the backup. It is only read.
  std::string from;
  // The folder is made if it is missing; else it must not hold a database.
  std::string data_dir;
  // This is the key that the backup was made under. It is borrowed for the
  // call.
  const Secret& master_key;
};

// Copies the backup into the data folder, checks every page of it, and migrates
// it to this program's schema. It blocks for as long as reading and writing all
// of it takes; `reached` is called after each step, on the same thread. Returns
// what the backup says of itself.
//
// It fails with FAILED_PRECONDITION and a sentence when `from` is no backup or
// is damaged, the folder is in use or holds a database already, or the master
// key is another. Then the copy is removed; the folder itself, its lock file
// and perhaps its marker stay, and the restore can be repeated.
absl::StatusOr<BackupManifest> RestoreBackup(
    const RestoreRequest& request,
    absl::FunctionRef<void(RestoreStep)> reached);

}  // namespace linktor::journal
