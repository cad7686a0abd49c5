#include "server/store/read_pool.h"

#include "server/base/try.h"

namespace linktor {

absl::Status ReadPool::Read(absl::FunctionRef<absl::Status(Database&)> read) {
  std::unique_ptr<Database> database;
  {
    MutexLock lock(mutex_);
    if (!free_.empty()) {
      database = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (database == nullptr) {
    LINKTOR_ASSIGN(database, Database::Open(path_, Database::Mode::kReadOnly));
  }
  LINKTOR_TRY(database->Execute("BEGIN"));
  absl::Status status = read(*database);
  const absl::Status ended = database->Execute("COMMIT");
  if (!ended.ok()) return status.ok() ? ended : status;
  MutexLock lock(mutex_);
  free_.push_back(std::move(database));
  return status;
}

}  // namespace linktor
