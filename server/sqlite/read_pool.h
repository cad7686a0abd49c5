// Read-only connections to the database, each used by one thread at a time.
//
// A read holds a snapshot, and while any snapshot is held the write-ahead log
// cannot begin anew. Reads that overlap without a pause would let it grow for
// ever, so the writer can hold up new ones for a moment (Pause).

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/mutex.h"
#include "server/sqlite/database.h"

namespace linktor {

class ReadPool {
 public:
  explicit ReadPool(std::string path) : path_(std::move(path)) {}

  // Runs `read` in one snapshot on a free connection, opening another when all
  // are busy; so there are as many as threads that read at once. It must take
  // less than 50 ms, and not read within a read. Thread-safe.
  absl::Status Read(absl::FunctionRef<absl::Status(Database&)> read);

  // Lets the reads that run come to their end, and while `alone` runs lets none
  // begin. Called by one thread at a time.
  absl::Status Pause(absl::FunctionRef<absl::Status()> alone);

 private:
  absl::StatusOr<std::unique_ptr<Database>> Enter();
  void Leave(std::unique_ptr<Database> database);

  const std::string path_;
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::unique_ptr<Database>> free_ ABSL_GUARDED_BY(mutex_);
  int reading_ ABSL_GUARDED_BY(mutex_) = 0;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace linktor
