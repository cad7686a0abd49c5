#include "server/sqlite/read_pool.h"

#include <utility>

#include "server/base/try.h"

namespace linktor::sqlite {

absl::StatusOr<std::unique_ptr<Database>> ReadPool::Enter() {
  {
    MutexLock lock(mutex_);
    while (paused_) changed_.Wait(mutex_);
    ++reading_;
    if (!free_.empty()) {
      std::unique_ptr<Database> database = std::move(free_.back());
      free_.pop_back();
      return database;
    }
  }
  absl::StatusOr<std::unique_ptr<Database>> opened =
      Database::Open(path_, Database::Mode::kReadOnly);
  if (!opened.ok()) Leave(nullptr);
  return opened;
}

void ReadPool::Leave(std::unique_ptr<Database> database) {
  {
    MutexLock lock(mutex_);
    if (database != nullptr) free_.push_back(std::move(database));
    --reading_;
    if (!paused_ || reading_ > 0) return;
  }
  changed_.SignalAll();
}

absl::Status ReadPool::Read(absl::FunctionRef<absl::Status(Database&)> read) {
  LINKTOR_ASSIGN(std::unique_ptr<Database> database, Enter());
  absl::Status status = database->Execute("BEGIN");
  if (status.ok()) {
    status = read(*database);
    const absl::Status ended = database->Execute("COMMIT");
    if (!ended.ok()) {
      // The connection may still hold its snapshot, so it is closed.
      database.reset();
      if (status.ok()) status = ended;
    }
  }
  Leave(std::move(database));
  return status;
}

absl::Status ReadPool::Pause(absl::FunctionRef<absl::Status()> alone) {
  {
    MutexLock lock(mutex_);
    paused_ = true;
    while (reading_ > 0) changed_.Wait(mutex_);
  }
  absl::Status status = alone();
  {
    MutexLock lock(mutex_);
    paused_ = false;
  }
  changed_.SignalAll();
  return status;
}

}  // namespace linktor::sqlite
