#include "server/journal/backup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "server/base/try.h"
#include "server/base/unique_fd.h"
#include "server/journal/durable_file.h"
#include "server/journal/folder_check.h"
#include "server/journal/folder_lock.h"
#include "server/sqlite/database_copy.h"
#include "server/state/schema.h"

namespace linktor::journal {
namespace {

// A copy that is not verified has this name, so that nobody takes it for a
// database.
constexpr char kCopyFile[] = "gateway.db.partial";
// A copy begins anew when a transaction is rolled back, which is rare. Where it
// is not rare a copy would never end; after so many passes it is given up.
constexpr std::int64_t kMaxPasses = 5;

std::string CopyIn(const std::string& folder) {
  return absl::StrCat(folder, "/", kCopyFile);
}

// Makes the folder, or takes an empty one, and closes it to others. It leaves
// the empty file that SQLite copies into.
absl::Status PrepareFolder(const std::string& folder) {
  LINKTOR_TRY(CheckBackupFolder(folder));
  LINKTOR_TRY(MakeFolder(folder));
  if (chmod(folder.c_str(), S_IRWXU) != 0) {
    return FileError("cannot close to others the folder", folder);
  }
  return MakeEmptyFile(CopyIn(folder));
}

// Ends the copy on the thread that it belongs to. When that thread takes no
// tasks any more, it does not use its connection any more either, and the copy
// may end on this one.
void EndCopy(const RunOnWriter& run_on_writer,
             std::unique_ptr<sqlite::DatabaseCopy>& copy) {
  (void)run_on_writer([&copy](sqlite::Database&) {
    copy.reset();
    return absl::OkStatus();
  });
  copy.reset();
}

// Copies step by step, each as a task of the writer, and returns the time of
// the last step. The copy is ended on every way out; the file of a failed one
// stays for the caller to remove. ABORTED when the copy had to begin anew too
// often.
absl::StatusOr<absl::Time> CopyInSteps(
    const RunOnWriter& run_on_writer, const Clock& clock,
    const std::string& folder,
    absl::FunctionRef<bool(std::int64_t, std::int64_t)> told) {
  std::unique_ptr<sqlite::DatabaseCopy> copy;
  const absl::Cleanup end = [&] { EndCopy(run_on_writer, copy); };
  LINKTOR_TRY(run_on_writer([&](sqlite::Database& from) -> absl::Status {
    LINKTOR_ASSIGN(copy, sqlite::DatabaseCopy::Begin(from, CopyIn(folder)));
    return absl::OkStatus();
  }));
  std::int64_t stepped = 0;
  for (bool whole = false;; stepped += kCopyPages) {
    absl::Time time;
    LINKTOR_TRY(run_on_writer([&](sqlite::Database&) -> absl::Status {
      LINKTOR_ASSIGN(whole, copy->Step(kCopyPages));
      time = clock.Now();
      return absl::OkStatus();
    }));
    if (!told(copy->copied(), copy->pages())) {
      return absl::CancelledError("the backup was given up");
    }
    if (whole) return time;
    if (stepped > kMaxPasses * (copy->pages() + kCopyPages)) {
      return absl::AbortedError(
          "changes to the database were rolled back too often meanwhile");
    }
  }
}

// Turns an error into a sentence about the backup. An error that is a sentence
// already, or was the asker's wish, stays as it is.
absl::Status Failed(const std::string& folder, const absl::Status& why) {
  if (absl::IsCancelled(why) || absl::IsFailedPrecondition(why)) return why;
  return absl::FailedPreconditionError(
      absl::StrCat("cannot make a backup in ", folder, ": ", why.message()));
}

// Opens the copy as a reader would and reads all of it.
absl::StatusOr<LogPosition> Verify(const std::string& path,
                                   const Secret& master_key) {
  LINKTOR_ASSIGN(
      const std::unique_ptr<sqlite::Database> copy,
      sqlite::Database::Open(path, sqlite::Database::Mode::kReadOnly));
  LINKTOR_TRY(sqlite::CheckIntegrity(*copy));
  LINKTOR_ASSIGN(const std::optional<LogFacts> facts, ReadLogFacts(*copy));
  if (!facts.has_value()) return absl::DataLossError("the copy has no log");
  NoKeys no_keys;
  LINKTOR_TRY(
      CheckKey(facts, seal::Sealer(master_key, no_keys), "this data folder"));
  return facts->log;
}

// Does what FinishBackup promises, and leaves the copy where it is on failure.
// The order matters: the copy is synced before it is verified, it is verified
// before it has the name of a database, and the manifest, which makes it a
// backup, is last.
absl::StatusOr<BackupManifest> Finish(
    const std::string& folder, absl::Time time, const Secret& master_key,
    absl::FunctionRef<void(FinishStep)> reached) {
  const std::string path = CopyIn(folder);
  LINKTOR_TRY(sqlite::MakeSingleFile(path));
  reached(FinishStep::kSingleFile);
  LINKTOR_TRY(SyncFile(path));
  reached(FinishStep::kSynced);
  BackupManifest manifest;
  LINKTOR_ASSIGN(manifest.log, Verify(path, master_key));
  manifest.time = absl::FromUnixMillis(absl::ToUnixMillis(time));
  manifest.bytes = FileSize(path);
  reached(FinishStep::kVerified);
  LINKTOR_TRY(RenameDurably(folder, kCopyFile, kDatabaseFile));
  reached(FinishStep::kNamed);
  LINKTOR_TRY(WriteManifest(folder, manifest));
  reached(FinishStep::kDone);
  return manifest;
}

}  // namespace

absl::Status CheckBackupFolder(const std::string& folder) {
  if (!FileExists(folder)) return absl::OkStatus();
  std::error_code error;
  const bool empty = std::filesystem::is_empty(folder, error);
  if (!error && empty && std::filesystem::is_directory(folder, error)) {
    return absl::OkStatus();
  }
  const char* why = "is not an empty folder";
  if (FileExists(CopyIn(folder))) {
    why = "has the beginning of a backup that was interrupted";
  } else if (FileExists(absl::StrCat(folder, "/", kManifestFile))) {
    why = "has a backup already";
  }
  return absl::FailedPreconditionError(absl::StrCat(
      folder, " ", why, "; name a folder that is empty or not there"));
}

absl::StatusOr<absl::Time> CopyForBackup(
    const RunOnWriter& run_on_writer, const Clock& clock,
    const std::string& folder,
    absl::FunctionRef<bool(std::int64_t, std::int64_t)> told) {
  LINKTOR_TRY(PrepareFolder(folder));
  absl::StatusOr<absl::Time> time =
      CopyInSteps(run_on_writer, clock, folder, told);
  if (time.ok()) return time;
  RemoveCopy(folder);
  return Failed(folder, time.status());
}

absl::StatusOr<std::optional<absl::Time>> CopyUnused(
    const std::string& data_dir, const Secret& master_key, const Clock& clock,
    const std::string& folder,
    absl::FunctionRef<bool(std::int64_t, std::int64_t)> told) {
  const std::string path = absl::StrCat(data_dir, "/", kDatabaseFile);
  if (FileSize(path) == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no database ", path));
  }
  LINKTOR_ASSIGN(const std::optional<UniqueFd> lock, TryLockFolder(data_dir));
  if (!lock.has_value()) return std::nullopt;
  // A damaged marker is no reason against a copy of what is there.
  const absl::StatusOr<std::optional<Marker>> marker = ReadMarker(data_dir);
  LINKTOR_TRY(CheckFiles(data_dir, marker.ok() ? *marker : std::nullopt));
  absl::StatusOr<std::unique_ptr<sqlite::Database>> database =
      sqlite::Database::Open(path, sqlite::Database::Mode::kReadWrite);
  if (!database.ok()) return UnreadableDatabase(path, database.status());
  LINKTOR_ASSIGN(const std::optional<LogFacts> facts, ReadLogFacts(**database));
  NoKeys no_keys;
  LINKTOR_TRY(
      CheckKey(facts, seal::Sealer(master_key, no_keys), "this data folder"));
  LINKTOR_TRY(state::CheckSchemaVersion(**database));
  const auto directly =
      [&](absl::AnyInvocable<absl::Status(sqlite::Database&)> task) {
        return task(**database);
      };
  LINKTOR_ASSIGN(const absl::Time time,
                 CopyForBackup(directly, clock, folder, told));
  return time;
}

absl::StatusOr<BackupManifest> FinishBackup(
    const std::string& folder, absl::Time time, const Secret& master_key,
    absl::FunctionRef<void(FinishStep)> reached) {
  absl::StatusOr<BackupManifest> manifest =
      Finish(folder, time, master_key, reached);
  if (manifest.ok()) return manifest;
  RemoveCopy(folder);
  return Failed(folder, manifest.status());
}

void RemoveCopy(const std::string& folder) {
  // The manifest goes first: without it nothing here is a backup.
  for (const char* name :
       {kManifestFile, "backup.manifest.new", kDatabaseFile, kCopyFile,
        "gateway.db.partial-wal", "gateway.db.partial-shm",
        "gateway.db.partial-journal"}) {
    (void)unlink(absl::StrCat(folder, "/", name).c_str());
  }
}

}  // namespace linktor::journal
