// A bounded pool for work that may block: SQLite reads and waiting for the
// journal. gRPC's callback threads hand their work to it.

#pragma once

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "server/base/mutex.h"

namespace linktor {

class Executor {
 public:
  using Task = absl::AnyInvocable<void()>;

  // `queue_limit`: tasks that may wait; more are refused.
  Executor(std::size_t threads, std::size_t queue_limit);
  // Runs what was accepted, then ends.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // False, without taking the task, when the queue is full.
  [[nodiscard]] bool TryRun(Task task);
  // Accepts the task whatever waits; for continuations of accepted work, whose
  // number is bounded elsewhere.
  void Run(Task task);

 private:
  void Work();

  const std::size_t queue_limit_;
  Mutex mutex_;
  CondVar ready_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace linktor
