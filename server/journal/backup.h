// Makes a backup: a folder with a copy of the database and a manifest
// (marker.h), which is written last. A folder without a manifest is no backup.
// There are two parts:
//
//   CopyForBackup   the process that uses the data folder copies the database,
//                   in small steps between its own work
//   FinishBackup    any process reads all of the copy, checks it, and names it
//
// The second part takes as long as reading everything does, and so is no
// server's work: `linktor-igd backup` does it after the server has answered.

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

// Runs a task on the connection that writes a database, while no transaction is
// open, and returns the task's status; EmbeddedJournal::RunOnWriter is one. An
// error of its own means that the task did not run.
using RunOnWriter = std::function<absl::Status(
    absl::AnyInvocable<absl::Status(sqlite::Database&)> task)>;

// So many pages, of 4 KiB each, are copied between two pieces of other work.
// They take a fraction of a millisecond.
inline constexpr int kCopyPages = 64;

// Copies the database into `folder`, which must be empty or is made, for its
// owner alone. It blocks until the copy is whole; with a server's RunOnWriter
// it must not run on the writer's thread. After each step `told` hears how many
// of how many pages are copied, and returns whether to go on. Returns the time
// up to which everything is in the copy. When it fails nothing is left of the
// copy: FAILED_PRECONDITION with a sentence, CANCELLED when `told` gave up.
absl::StatusOr<absl::Time> CopyForBackup(
    const RunOnWriter& run_on_writer, const Clock& clock,
    const std::string& folder,
    absl::FunctionRef<bool(std::int64_t copied, std::int64_t pages)> told);

// Does the same with a data folder that no process uses, and locks it
// meanwhile; returns nullopt when a process uses it. The marker is not
// compared: a copy that is restored begins a life of its own. It fails with
// FAILED_PRECONDITION and a sentence also when there is no database, or the
// master key is another.
absl::StatusOr<std::optional<absl::Time>> CopyUnused(
    const std::string& data_dir, const Secret& master_key, const Clock& clock,
    const std::string& folder,
    absl::FunctionRef<bool(std::int64_t copied, std::int64_t pages)> told);

// Each step of FinishBackup is named for what was done last. A crash before the
// last one leaves a folder that is no backup. Tests kill the process at each.
enum class FinishStep : std::int8_t {
  kSingleFile,
  kSynced,
  kVerified,
  kNamed,
  // The manifest is written.
  kDone,
};

// Checks what CopyForBackup has copied into `folder`: that every page is right,
// that it opens under the master key, and that the log's state can be read;
// then it makes a backup of it. `time` is what CopyForBackup returned. When it
// fails the copy is removed: FAILED_PRECONDITION with a sentence.
absl::StatusOr<BackupManifest> FinishBackup(
    const std::string& folder, absl::Time time, const Secret& master_key,
    absl::FunctionRef<void(FinishStep)> reached);

// Removes what CopyForBackup and FinishBackup have made in `folder`, but not
// the folder. A file that cannot be removed stays, without a word; a folder
// with one is refused later.
void RemoveCopy(const std::string& folder);

// Returns OK when a backup can be made in `folder`, because it is empty or not
// there. It fails with FAILED_PRECONDITION otherwise, with a sentence that says
// what is in it.
absl::Status CheckBackupFolder(const std::string& folder);

}  // namespace linktor::journal
