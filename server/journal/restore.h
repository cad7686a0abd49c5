// Makes a data folder from a backup. The log goes on from the point at which
// the backup was taken, but as a new life of the log. Each life has a number,
// its epoch. The first life has epoch 1, and a restore draws the epoch of the
// new life at random. Every cursor names the epoch in which it was given out.
// So the server does not mistake a cursor of one life for a cursor of another
// life, once the two lives have different events (events/cursor.h).
// `linktor-igd restore` calls this function, and no server may use the folder
// meanwhile.

#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "server/base/secret.h"
#include "server/journal/marker.h"

namespace linktor::journal {

// Each step of RestoreBackup is named after the work that has just been done.
// After a crash before the last step, the folder has no database. So no server
// starts there, and the backup can be restored again. Tests kill the process at
// each step.
enum class RestoreStep : std::int8_t {
  kLocked,
  kCopied,
  kVerified,
  kEpochBegun,
  // The copy is a single file without a write-ahead log, and the file is
  // synced.
  kSynced,
  kMarked,
  // The copy has the name of the database, so a server can start in the folder.
  kDone,
};

struct RestoreRequest {
  // This is the folder of the backup. The restore only reads it.
  std::string from;
  // The restore makes this folder if it is missing. If the folder exists, it
  // must not have a database.
  std::string data_dir;
  // This is the key under which the backup was made. The call only borrows it.
  const Secret& master_key;
};

// Copies the backup into the data folder, checks every page of the copy, and
// migrates the copy to this program's schema. It blocks until all of it is read
// and written. It calls `reached` after each step, on the same thread. Returns
// the manifest of the backup.
//
// Every failure is FAILED_PRECONDITION with a sentence. It fails when `from` is
// not a backup or is damaged. It also fails when the folder is in use or has a
// database already, or when the master key is wrong. After a failure no copy is
// left. The folder itself, its lock file and perhaps its marker stay, and the
// restore can be repeated.
absl::StatusOr<BackupManifest> RestoreBackup(
    const RestoreRequest& request,
    absl::FunctionRef<void(RestoreStep)> reached);

}  // namespace linktor::journal
