#include "server/journal/restore.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/try.h"
#include "server/base/unique_fd.h"
#include "server/journal/durable_file.h"
#include "server/journal/folder_check.h"
#include "server/journal/folder_lock.h"
#include "server/sqlite/database.h"
#include "server/sqlite/database_copy.h"
#include "server/state/epoch_table.h"
#include "server/state/schema.h"

namespace linktor::journal {
namespace {

std::string RestoringCopyIn(const std::string& data_dir) {
  return absl::StrCat(data_dir, "/", kRestoringFile);
}

void RemoveRestoringCopy(const std::string& data_dir) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    (void)unlink((RestoringCopyIn(data_dir) + suffix).c_str());
  }
}

// Refuses a folder that holds a database, and removes the empty files that a
// clean stop leaves: the write-ahead log of another database would be taken for
// this one's.
absl::Status CheckEmpty(const std::string& data_dir) {
  const std::string path = absl::StrCat(data_dir, "/", kDatabaseFile);
  for (const char* suffix : {"", "-wal", "-journal"}) {
    // A clean stop leaves an empty write-ahead log.
    if (FileSize(path + suffix) == 0) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "the data folder ", data_dir,
        " holds a database already: ", kDatabaseFile, suffix,
        "; restore into another folder, or move away what is there"));
  }
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    (void)unlink((path + suffix).c_str());
  }
  return absl::OkStatus();
}

// Returns a random number of 32 bits, which is what a cursor has room for, that
// no life known here has. Two lives that know nothing of each other have the
// same number with a probability of one in four thousand million.
std::int64_t DrawEpoch(std::int64_t current,
                       const std::vector<state::FormerEpoch>& former) {
  for (;;) {
    std::uint32_t drawn = 0;
    FillRandom(&drawn, sizeof(drawn));
    const std::int64_t epoch = drawn;
    const bool taken =
        epoch == 0 || epoch == state::kFirstEpoch || epoch == current ||
        std::any_of(
            former.begin(), former.end(),
            [&](const state::FormerEpoch& one) { return one.epoch == epoch; });
    if (!taken) return epoch;
  }
}

// Returns OK when the copy is the database that the manifest describes, is
// undamaged, and opens under the master key. It must be called before anything
// is migrated.
absl::Status VerifyCopy(sqlite::Database& copy, const BackupManifest& manifest,
                        const Secret& master_key) {
  LINKTOR_ASSIGN(const std::optional<LogFacts> facts, ReadLogFacts(copy));
  NoKeys no_keys;
  LINKTOR_TRY(CheckKey(facts, seal::Sealer(master_key, no_keys), "the backup"));
  if (!facts.has_value() || facts->log != manifest.log) {
    return absl::DataLossError(absl::StrCat("its database is not the one that ",
                                            kManifestFile, " describes"));
  }
  return sqlite::CheckIntegrity(copy);
}

// Migrates the copy and begins another life of its log; returns the new epoch.
// It leaves all of it in the database file, whose log is then empty.
absl::StatusOr<std::int64_t> BeginLife(sqlite::Database& copy,
                                       std::int64_t current) {
  LINKTOR_TRY(state::Migrate(copy));
  LINKTOR_ASSIGN(const std::vector<state::FormerEpoch> former,
                 state::ReadFormerEpochs(copy));
  const std::int64_t epoch = DrawEpoch(current, former);
  LINKTOR_TRY(copy.Execute("BEGIN IMMEDIATE"));
  LINKTOR_TRY(state::BeginEpoch(copy, epoch));
  LINKTOR_TRY(copy.Execute("COMMIT"));
  LINKTOR_TRY(copy.RunCheckpoint(sqlite::Database::Checkpoint::kTruncate));
  return epoch;
}

// Does what RestoreBackup promises within a locked folder that holds no
// database. On failure the caller removes the copy.
absl::Status Restore(const RestoreRequest& request,
                     const BackupManifest& manifest,
                     absl::FunctionRef<void(RestoreStep)> reached) {
  const std::string path = RestoringCopyIn(request.data_dir);
  LINKTOR_TRY(
      CopyFileBytes(absl::StrCat(request.from, "/", kDatabaseFile), path));
  if (FileSize(path) != manifest.bytes) {
    return absl::DataLossError(absl::StrCat("its database has ", FileSize(path),
                                            " bytes, and had ", manifest.bytes,
                                            " when the backup was made"));
  }
  reached(RestoreStep::kCopied);
  LINKTOR_ASSIGN(
      std::unique_ptr<sqlite::Database> copy,
      sqlite::Database::Open(path, sqlite::Database::Mode::kReadWrite));
  LINKTOR_TRY(VerifyCopy(*copy, manifest, request.master_key));
  reached(RestoreStep::kVerified);
  LogPosition log = manifest.log;
  LINKTOR_ASSIGN(log.epoch, BeginLife(*copy, manifest.log.epoch));
  reached(RestoreStep::kEpochBegun);
  // The last connection removes the write-ahead log when it closes.
  copy.reset();
  LINKTOR_TRY(SyncFile(path));
  reached(RestoreStep::kSynced);
  // The marker is written before the rename: without it a server would refuse
  // the database, and with it alone the folder can be restored again.
  LINKTOR_TRY(WriteMarker(request.data_dir,
                          {.log = log, .checkpointed_seq = log.last_seq}));
  reached(RestoreStep::kMarked);
  LINKTOR_TRY(RenameDurably(request.data_dir, kRestoringFile, kDatabaseFile));
  reached(RestoreStep::kDone);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BackupManifest> RestoreBackup(
    const RestoreRequest& request,
    absl::FunctionRef<void(RestoreStep)> reached) {
  LINKTOR_ASSIGN(BackupManifest manifest, ReadManifest(request.from));
  LINKTOR_TRY(MakeFolder(request.data_dir));
  LINKTOR_ASSIGN(const UniqueFd lock, LockFolder(request.data_dir));
  reached(RestoreStep::kLocked);
  LINKTOR_TRY(CheckEmpty(request.data_dir));
  RemoveRestoringCopy(request.data_dir);
  absl::Status restored = Restore(request, manifest, reached);
  if (restored.ok()) return manifest;
  RemoveRestoringCopy(request.data_dir);
  if (absl::IsFailedPrecondition(restored)) return restored;
  return absl::FailedPreconditionError(absl::StrCat(
      "cannot restore the backup ", request.from, ": ", restored.message()));
}

}  // namespace linktor::journal
