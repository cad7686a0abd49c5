// Makes a data folder from a backup. The log of events goes on from the point
// at which the backup was made, but as a new life of the log. Each life has a
// number, its epoch. The first life has epoch 1, and a restore draws the epoch
// of the new life at random. After the restore, the new life gets other events
// than the old one. Every cursor names the epoch of the life that gave it out.
// So the server recognises a cursor of an old life (events/cursor.h), and skips
// no events because of it.
//
// The command `linktor-igd restore` calls this function. No server may use the
// folder meanwhile.

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
// starts there, and the restore can be repeated. Tests kill the process at each
// step.
enum class RestoreStep : std::int8_t {
  kLocked,
  kCopied,
  kVerified,
  // The new life of the log has begun in the copy.
  kEpochBegun,
  // The copy is a single file without a write-ahead log, and the file is
  // synced.
  kSynced,
  // The marker is written (marker.h).
  kMarked,
  // The copy has the name of the database (kDatabaseFile), so a server can
  // start in the folder.
  kDone,
};

struct RestoreRequest {
  // This is the folder of the backup. The restore only reads it.
  std::string from;
  // The restore makes this folder if it is missing. If the folder exists, it
  // must not have a database.
  std::string data_dir;
  // This is the master key under which the backup was made. It must live until
  // the call has returned.
  const Secret& master_key;
};

// Copies the backup into the data folder, checks every page of the copy, and
// migrates the copy to this program's schema. It blocks until all of it is read
// and written. It calls `reached` after each step, on the calling thread.
// Returns the manifest of the backup.
//
// Every failure is FAILED_PRECONDITION with a sentence. It fails when `from` is
// not a backup or is damaged. It also fails when `data_dir` is in use or has a
// database already, or when the master key is wrong. After a failure it removes
// its copy. The data folder itself, its lock file and perhaps its marker stay.
// The restore can then be repeated.
absl::StatusOr<BackupManifest> RestoreBackup(
    const RestoreRequest& request,
    absl::FunctionRef<void(RestoreStep)> reached);

}  // namespace linktor::journal
