// These functions make a backup. A backup is a folder with a copy of the
// database and a manifest (marker.h). The manifest is written last, so a folder
// without a manifest is not a backup. A backup is made in two parts:
//
//   CopyForBackup   The process that uses the data folder copies the database,
//                   in small steps between its other work.
//   FinishBackup    Any process reads all of the copy, checks it, and gives the
//                   copy its name.
//
// The second part takes long, because it reads everything. So the server does
// not do it: `linktor-igd backup` does it after the server has answered.

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

// A RunOnWriter runs a task on the connection that writes a database, while no
// transaction is open. It returns the task's status.
// EmbeddedJournal::RunOnWriter is one. It may also return an error of its own;
// then the task did not run.
using RunOnWriter = std::function<absl::Status(
    absl::AnyInvocable<absl::Status(sqlite::Database&)> task)>;

// One step copies this many pages, of 4 KiB each. Between two steps the writer
// can do other work. A step takes a fraction of a millisecond.
inline constexpr int kCopyPages = 64;

// Copies the database into `folder`, which only its owner can access. The
// folder must be empty, or must not exist yet. The function blocks until the
// copy is complete. With a server's RunOnWriter it must not run on the writer's
// thread. After each step it tells `told` how many pages are copied and how
// many pages there are. It goes on while `told` returns true.
//
// Returns a time: everything that was stored before it is in the copy. On
// failure nothing is left of the copy. The error is CANCELLED when `told`
// returned false, and otherwise FAILED_PRECONDITION with a sentence.
absl::StatusOr<absl::Time> CopyForBackup(
    const RunOnWriter& run_on_writer, const Clock& clock,
    const std::string& folder,
    absl::FunctionRef<bool(std::int64_t copied, std::int64_t pages)> told);

// Copies the database of a data folder that no process uses, as CopyForBackup
// does. It locks the data folder meanwhile. Returns nullopt when a process uses
// the data folder. It also fails with FAILED_PRECONDITION and a sentence when
// there is no database, or when the master key is wrong. Unlike a start, it
// does not call CheckMarker (folder_check.h): a restored copy begins a new life
// of the log anyway (restore.h).
absl::StatusOr<std::optional<absl::Time>> CopyUnused(
    const std::string& data_dir, const Secret& master_key, const Clock& clock,
    const std::string& folder,
    absl::FunctionRef<bool(std::int64_t copied, std::int64_t pages)> told);

// Each step of FinishBackup is named after the work that has just been done. A
// crash before the last step leaves a folder that is not a backup. Tests kill
// the process at each step.
enum class FinishStep : std::int8_t {
  kSingleFile,
  kSynced,
  kVerified,
  kNamed,
  // The manifest is written.
  kDone,
};

// Makes a backup from the copy that CopyForBackup has made in `folder`. First
// it checks that every page is sound, that the master key is the right one, and
// that the log's state can be read. `time` is the result of CopyForBackup. It
// calls `reached` after each step. On failure it removes the copy and returns
// FAILED_PRECONDITION with a sentence.
absl::StatusOr<BackupManifest> FinishBackup(
    const std::string& folder, absl::Time time, const Secret& master_key,
    absl::FunctionRef<void(FinishStep)> reached);

// Removes the files that CopyForBackup and FinishBackup have made in `folder`,
// but not the folder itself. A file that cannot be removed stays, without an
// error. A later backup into that folder is then refused.
void RemoveCopy(const std::string& folder);

// Returns OK when a backup can be made in `folder`, because the folder is empty
// or does not exist. Otherwise it fails with FAILED_PRECONDITION and a sentence
// that says what is in the folder.
absl::Status CheckBackupFolder(const std::string& folder);

}  // namespace linktor::journal
