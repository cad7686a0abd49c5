// This is a bounded pool of threads for work that may block: SQLite reads and
// waiting for the journal. gRPC's callback threads, which must not block, hand
// their work to it; so do the lanes of sends and the callbacks of Meta's
// answers.

#pragma once

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "server/base/mutex.h"

namespace linktor {

// Thread-safe. The App has one, which it ends after everything that gives it
// work.
class Executor {
 public:
  // A task must let no exception out, which would end the process.
  using Task = absl::AnyInvocable<void()>;

  // Starts `threads` threads, at least one. `queue_limit` is how many tasks may
  // wait for a thread; TryRun refuses more.
  Executor(std::size_t threads, std::size_t queue_limit);
  // Runs what was accepted, the tasks that these tasks add included, and then
  // ends the threads; blocks until they have ended. It is not called on a
  // thread of the pool.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Returns false, and drops the task unrun, when queue_limit tasks wait; the
  // caller then answers RESOURCE_EXHAUSTED. Otherwise the task runs once, on a
  // thread of the pool. It does not block.
  [[nodiscard]] bool TryRun(Task task);
  // Accepts the task whatever waits. It is for continuations of accepted work,
  // whose number is bounded elsewhere; refusing one would leave a call without
  // its end. It does not block.
  void Run(Task task);

 private:
  // This is a pool thread's loop: it takes the oldest task and runs it without
  // the mutex, until the pool stops and no task is left.
  void Work();

  const std::size_t queue_limit_;
  Mutex mutex_;
  // It is signalled when a task was added, and to all when the pool stops.
  CondVar ready_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // The threads are the last member, so that none runs before the others are
  // made.
  std::vector<std::thread> threads_;
};

}  // namespace linktor
