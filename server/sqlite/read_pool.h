// Holds read-only connections to the database, each used by one thread at a
// time. The readers of the state, on whatever thread, go through it.
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

namespace linktor::sqlite {

// The data folder has one, which outlives all readers. Connections stay open
// until it goes.
class ReadPool {
 public:
  // `path` is that of the database, which must exist when Read is called first.
  explicit ReadPool(std::string path) : path_(std::move(path)) {}

  // Runs `read` in one snapshot on a free connection, opening another when all
  // are busy; so there are as many as threads that read at once. It blocks
  // while the writer pauses reads. It returns what `read` returns, or SQLite's
  // error where no snapshot could be begun or ended. `read` must take less than
  // 50 ms, because a pause of the writer waits for it, and must not read within
  // a read, which could wait for itself. Thread-safe.
  absl::Status Read(absl::FunctionRef<absl::Status(Database&)> read);

  // Waits until the reads that run have ended, and lets none begin while
  // `alone` runs. Returns what `alone` returns. It is called by one thread at a
  // time, the one that writes the database, and not within a read.
  absl::Status Pause(absl::FunctionRef<absl::Status()> alone);

 private:
  // Waits until no pause is under way, counts a read, and gives it a
  // connection. The read is not counted when this fails.
  absl::StatusOr<std::unique_ptr<Database>> Enter();
  // Ends a counted read and wakes a pause that waits for the last one. The
  // connection is free for others again; null stands for one that is of no use
  // any more.
  void Leave(std::unique_ptr<Database> database);

  const std::string path_;
  Mutex mutex_;
  // It is signalled when the last read has left a pause, and when a pause has
  // ended.
  CondVar changed_;
  std::vector<std::unique_ptr<Database>> free_ ABSL_GUARDED_BY(mutex_);
  // This many reads have entered and not left.
  int reading_ ABSL_GUARDED_BY(mutex_) = 0;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace linktor::sqlite
