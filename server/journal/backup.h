// These functions make a backup. A backup is a folder with a copy of the
// database and a manifest: a small file that describes the copy (marker.h). The
// manifest is written last, so a folder without a manifest is not a backup. A
// backup is made in two parts:
//
//   CopyForBackup   The process that uses the data folder copies the database,
//                   in small steps between its other work.
//   FinishBackup    Any process reads all of the copy, checks it, and gives the
//                   copy its name.
//
// The second part takes long, because it reads everything. So the server makes
// only the copy. When the server has reported that the copy is complete,
// `linktor-igd backup` calls FinishBackup in its own process.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/secret.h"
#include "server/journal/marker.h"
#include "server/sqlite/database.h"

namespace linktor::journal {

// A RunOnWriter is a function that runs a task on the connection that writes a
// database, while no transaction is open. It returns the task's status. If it
// returns an error of its own, the task did not run. In the server it is
// EmbeddedJournal::RunOnWriter.
using RunOnWriter = std::function<absl::Status(
    absl::AnyInvocable<absl::Status(sqlite::Database&)> task)>;

// One step copies this many pages, of 4 KiB each. A step takes a fraction of a
// millisecond. Between two steps the writer can do its other work.
inline constexpr int kCopyPages = 64;

// Copies the database into `folder`, which must be empty or must not exist yet.
// It sets the mode of the folder so that only its owner can access it. The
// function blocks until the copy is complete. In the server it must not run on
// the writer's thread, because it waits for tasks of that thread. After each
// step it calls `told` with the number of pages that are copied and with the
// number of all pages. When `told` returns false, the function gives up the
// copy.
//
// Returns a time. Everything that was stored before this time is in the copy.
// On failure it removes what was copied. The error is CANCELLED when `told`
// returned false, and otherwise FAILED_PRECONDITION with a sentence.
absl::StatusOr<absl::Time> CopyForBackup(
    const RunOnWriter& run_on_writer, const Clock& clock,
    const std::string& folder,
    absl::FunctionRef<bool(std::int64_t copied, std::int64_t pages)> told);

// Copies the database of a data folder that no process uses, as CopyForBackup
// does. It locks the data folder meanwhile. Returns nullopt when a process uses
// the data folder. It also fails with FAILED_PRECONDITION and a sentence when
// there is no database, or when the master key is wrong. Unlike a start of the
// server, it does not call CheckMarker (folder_check.h). So it can copy a
// database that the server would refuse as too old. This does no harm: a
// restore begins a new life of the event log (restore.h), so cursors of the old
// life are recognised.
absl::StatusOr<std::optional<absl::Time>> CopyUnused(
    const std::string& data_dir, const Secret& master_key, const Clock& clock,
    const std::string& folder,
    absl::FunctionRef<bool(std::int64_t copied, std::int64_t pages)> told);

// Each step of FinishBackup is named after the work that has just been done. A
// crash before the last step leaves a folder that is not a backup. Tests kill
// the process at each step.
enum class FinishStep : std::int8_t {
  // The copy is a single file without a write-ahead log.
  kSingleFile,
  // The copy is on the disk.
  kSynced,
  // All of the copy was read, and it is sound.
  kVerified,
  // The copy has the name of a database (kDatabaseFile).
  kNamed,
  // The manifest is written.
  kDone,
};

// Makes a backup from the copy that CopyForBackup has made in `folder`. First
// it checks that every page is sound, that the master key is the right one, and
// that the copy says which event log it has. `time` is the result of
// CopyForBackup. It calls `reached` after each step. On failure it removes the
// copy and returns FAILED_PRECONDITION with a sentence.
absl::StatusOr<BackupManifest> FinishBackup(
    const std::string& folder, absl::Time time, const Secret& master_key,
    absl::FunctionRef<void(FinishStep)> reached);

// Removes the files that CopyForBackup and FinishBackup have made in `folder`,
// but not the folder itself. A file that cannot be removed stays, without an
// error. CheckBackupFolder then refuses the folder for a later backup, because
// it is not empty.
void RemoveCopy(const std::string& folder);

// Returns OK when a backup can be made in `folder`: the folder is empty or does
// not exist. Otherwise it returns FAILED_PRECONDITION with a sentence that says
// what is in the folder.
absl::Status CheckBackupFolder(const std::string& folder);

}  // namespace linktor::journal
