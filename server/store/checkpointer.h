// Moves what was committed from the write-ahead log into the database, beside
// the writer: a commit that does it itself takes as long as a hundred others.
//
// A thread with a connection of its own copies what is there; SQLite lets it
// and the writer work at the same time. The log can begin at its start again
// only when nothing is left to copy, and with a writer that never rests
// something always is: so the writer copies the last few pages itself.

#pragma once

#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "server/base/mutex.h"
#include "server/store/sqlite.h"

namespace linktor {

class Checkpointer {
 public:
  // In pages of 4 KiB.
  struct Options {
    // The log's length from which on it is copied…
    int begin = 4096;
    // …and again after so many more.
    int step = 1024;
    // What the writer copies itself.
    int tail = 512;
  };

  static absl::StatusOr<std::unique_ptr<Checkpointer>> Start(
      const std::string& path, const Options& options);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // From now on commits of `writer`, which may not outlive this, are followed,
  // in place of its own checkpoints. Once.
  void Follow(Database& writer);

 private:
  enum class State { kResting, kCopying, kCopied };

  Checkpointer(std::unique_ptr<Database> database, const Options& options);

  // On the writer's thread, after a commit; `pages` is the log's length.
  void OnCommit(sqlite3* writer, int pages);
  void Run();

  const Options options_;
  const std::unique_ptr<Database> database_;
  // Only used on the writer's thread.
  int last_pages_ = 0;
  int begin_at_;

  Mutex mutex_;
  CondVar wake_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kResting;
  int copied_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor
