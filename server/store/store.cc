#include "server/store/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/try.h"
#include "server/base/unique_fd.h"
#include "server/store/schema.h"

namespace linktor {
namespace {

constexpr std::size_t kLogIdSize = 8;
// Pages the WAL may hold before a commit also checkpoints (4 KiB each): larger
// means fewer long commits, smaller a quicker start after a crash. At this size
// well under one commit in a hundred has a checkpoint in it.
constexpr char kCheckpointPragma[] = "PRAGMA wal_autocheckpoint=16384";
// Of pages the writer keeps in memory, in KiB: the indexes that new keys are
// spread over should fit, or each key costs a read.
constexpr char kCachePragma[] = "PRAGMA cache_size=-65536";
// What a transaction changes stays in memory until it commits; a batch is
// small. SQLite 3.40 may write a log that ends too early when a page was
// written before the commit, changed after a savepoint, and the savepoint
// rolled back.
constexpr char kSpillPragma[] = "PRAGMA cache_spill=OFF";

std::string DatabaseOf(const std::string& data_dir) {
  return data_dir + "/gateway.db";
}

absl::Status WrongKey() {
  return absl::FailedPreconditionError(
      "the master key is not the one this data folder was made with; nothing "
      "was changed");
}

std::int64_t SizeOf(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& data_dir,
                                                   const Secret& master_key) {
  std::unique_ptr<Store> store(new Store());
  LINKTOR_TRY(store->Prepare(data_dir, master_key));
  return store;
}

Store::~Store() {
  // The next process may come in only when all connections are closed.
  sealer_.reset();
  pool_.reset();
  writer_.reset();
  if (lock_fd_ >= 0) close(lock_fd_);
}

absl::Status Store::Prepare(const std::string& data_dir,
                            const Secret& master_key) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(data_dir, error);
  if (made) {
    std::filesystem::permissions(data_dir, std::filesystem::perms::owner_all,
                                 error);
  }
  if (error) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot make the data folder ", data_dir, ": ", error.message()));
  }
  const std::string lock_path = data_dir + "/lock";
  lock_fd_ = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_fd_ < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot write in the data folder ", data_dir, ": ",
                     std::strerror(errno)));
  }
  if (flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the data folder ", data_dir, " is in use by another process"));
  }
  const std::string path = DatabaseOf(data_dir);
  LINKTOR_ASSIGN(writer_, Database::Open(path, Database::Mode::kReadWrite));
  LINKTOR_TRY(Migrate(*writer_));
  LINKTOR_TRY(writer_->Execute(kCheckpointPragma));
  LINKTOR_TRY(writer_->Execute(kCachePragma));
  LINKTOR_TRY(writer_->Execute(kSpillPragma));
  pool_ = std::make_unique<ReadPool>(path);
  sealer_ = std::make_unique<Sealer>(master_key, *pool_);
  return CheckKeyAndIdentity();
}

absl::Status Store::CheckKeyAndIdentity() {
  {
    Statement read(*writer_,
                   "SELECT log_id, epoch, key_check, last_seq FROM log_state");
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (row) {
      if (!sealer_->IsKeyCheck(read.Bytes(2))) {
        return WrongKey();
      }
      identity_ = {read.String(0), read.Int(1)};
      last_seq_ = read.Int(3);
      return absl::OkStatus();
    }
  }
  identity_ = {RandomBytes(kLogIdSize), 1};
  const std::string key_check = sealer_->MakeKeyCheck();
  Statement insert(*writer_,
                   "INSERT INTO log_state (only_row, log_id, epoch, last_seq, "
                   "oldest_seq, log_ms, last_raw_no, raw_bytes, key_check) "
                   "VALUES (1, ?, 1, 0, 1, 0, 0, 0, ?)");
  return insert.BindBlob(1, identity_.log_id).BindBlob(2, key_check).Run();
}

absl::StatusOr<bool> Store::Examine(const std::string& data_dir,
                                    const Secret& master_key) {
  const UniqueFd lock(open((data_dir + "/lock").c_str(), O_RDONLY | O_CLOEXEC));
  const bool in_use = lock.valid() && flock(lock.get(), LOCK_EX | LOCK_NB) != 0;
  const std::string path = DatabaseOf(data_dir);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return in_use;
  ReadPool pool(path);
  const Sealer sealer(master_key, pool);
  LINKTOR_TRY(pool.Read([&](Database& database) -> absl::Status {
    Statement read(database, "SELECT key_check FROM log_state");
    const absl::StatusOr<bool> row = read.Step();
    // A folder whose making was interrupted has no such row, or table.
    if (!row.ok() || !*row) return absl::OkStatus();
    return sealer.IsKeyCheck(read.Bytes(0)) ? absl::OkStatus() : WrongKey();
  }));
  return in_use;
}

StoreSizes SizesOf(const std::string& data_dir) {
  const std::string path = DatabaseOf(data_dir);
  return {.database_bytes = SizeOf(path), .wal_bytes = SizeOf(path + "-wal")};
}

}  // namespace linktor
