// Holds read-only connections to the database. One thread at a time uses a
// connection. The readers of the tables (server/state) use this pool, on any
// thread.
//
// A read holds a snapshot: it sees the database as it was when the read began.
// While any snapshot is held, the write-ahead log cannot begin again at the
// start of its file. If reads always overlapped, this file would grow without
// end. So the writer can stop new reads for a moment (Pause).

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

// The DataFolder object has one pool, which outlives all readers. Connections
// stay open until the pool is destroyed.
class ReadPool {
 public:
  // `path` is the path of the database. The database must exist when Read is
  // called for the first time.
  explicit ReadPool(std::string path) : path_(std::move(path)) {}

  // Runs `read` in one snapshot on a free connection. When all connections are
  // busy, it opens another one. So there are as many connections as threads
  // that have read at the same time. It blocks while the writer pauses reads.
  // It returns what `read` returns, or SQLite's error when the snapshot could
  // not be begun or ended. It is thread-safe.
  //
  // `read` must take less than 50 ms, because Pause waits until it has ended.
  // `read` must not call Read: the inner Read could wait for the end of a
  // Pause, while that Pause waits for the end of the outer Read.
  absl::Status Read(absl::FunctionRef<absl::Status(Database&)> read);

  // Waits until all running reads have ended, and then runs `alone`. No read
  // begins before `alone` has ended. Returns what `alone` returns. Only one
  // thread at a time may call it: the thread that writes the database. It must
  // not be called within a Read, because it would wait for that Read.
  absl::Status Pause(absl::FunctionRef<absl::Status()> alone);

 private:
  // Waits until no Pause is running, counts a new read, and returns a
  // connection for it. When it fails, the read is not counted.
  absl::StatusOr<std::unique_ptr<Database>> Enter();
  // Ends a counted read. Other reads can use the connection again. When the
  // last read has ended, a waiting Pause goes on. `database` is null when the
  // connection cannot be used any more.
  void Leave(std::unique_ptr<Database> database);

  const std::string path_;
  Mutex mutex_;
  // It is signalled in two cases: the last read has ended that a Pause waits
  // for, or a Pause has ended.
  CondVar changed_;
  std::vector<std::unique_ptr<Database>> free_ ABSL_GUARDED_BY(mutex_);
  // This many reads have begun and have not ended.
  int reading_ ABSL_GUARDED_BY(mutex_) = 0;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace linktor::sqlite
