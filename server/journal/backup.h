// Makes a backup: a folder with a copy of the database and a manifest
// (marker.h), which is written last. A folder without a manifest is no backup.
//
//   CopyForBackup   the process that uses the data folder copies the database,
//                   in small steps between its own work
//   FinishBackup    any process reads all of the copy, checks it, and names it
//
// The second part takes as long as reading everything does; it is no server's
// work.

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

namespace linktor {

// Runs a task on the connection that writes a database, while no transaction is
// open; EmbeddedJournal::RunOnWriter is one.
using RunOnWriter = std::function<absl::Status(
    absl::AnyInvocable<absl::Status(Database&)> task)>;

// The pages, of 4 KiB each, that are copied between two pieces of other work: a
// fraction of a millisecond.
inline constexpr int kCopyPages = 64;

// Copies the database into `folder`, which must be empty or is made, for its
// owner alone. `told` hears how many of how many pages are copied after each
// step, and says whether to go on. Returns the time up to which everything is
// in the copy. When it fails nothing is left of it: FAILED_PRECONDITION with a
// sentence, CANCELLED when `told` gave up.
absl::StatusOr<absl::Time> CopyForBackup(
    const RunOnWriter& run_on_writer, const Clock& clock,
    const std::string& folder,
    absl::FunctionRef<bool(std::int64_t copied, std::int64_t pages)> told);

// The same of a data folder that no process uses, which is locked meanwhile;
// nothing when one does. The marker is not looked at: a copy that is restored
// begins a life of its own. FAILED_PRECONDITION with a sentence also when there
// is no database, or the master key is another.
absl::StatusOr<std::optional<absl::Time>> CopyUnused(
    const std::string& data_dir, const Secret& master_key, const Clock& clock,
    const std::string& folder,
    absl::FunctionRef<bool(std::int64_t copied, std::int64_t pages)> told);

// What FinishBackup has done so far. A crash before the last one leaves a
// folder that is no backup.
enum class FinishStep : std::int8_t {
  kSingleFile,
  kSynced,
  kVerified,
  kNamed,
  // The manifest is written.
  kDone,
};

// Checks what CopyForBackup has copied into `folder`: every page, that it opens
// under the master key, that the log's state can be read; and makes a backup of
// it. When it fails the copy is removed: FAILED_PRECONDITION with a sentence.
absl::StatusOr<BackupManifest> FinishBackup(
    const std::string& folder, absl::Time time, const Secret& master_key,
    absl::FunctionRef<void(FinishStep)> reached);

// Takes back what CopyForBackup has made.
void RemoveCopy(const std::string& folder);

// FAILED_PRECONDITION with a sentence unless a backup can be made in `folder`,
// which is empty or not there.
absl::Status CheckBackupFolder(const std::string& folder);

}  // namespace linktor
