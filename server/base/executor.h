// An Executor is a pool with a fixed number of threads. It runs work that may
// block, such as reads from SQLite and waiting for the journal. gRPC's callback
// threads must not block, so they give such work to the Executor. The lanes of
// sends (see messaging/lanes.h) and the callbacks that get Meta's answers also
// give their work to the Executor.

#pragma once

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "server/base/mutex.h"

namespace linktor {

// The class is thread-safe. The App has one Executor, and destroys it after it
// has stopped everything that gives tasks to the Executor.
class Executor {
 public:
  // A task must not throw an exception, because the exception would end the
  // process.
  using Task = absl::AnyInvocable<void()>;

  // Starts `threads` threads; `threads` must be at least 1. At most
  // `queue_limit` tasks may wait for a thread; TryRun refuses more.
  Executor(std::size_t threads, std::size_t queue_limit);
  // Runs all accepted tasks, including tasks that these tasks add, and then
  // ends the threads. It blocks until the threads have ended, so it must not be
  // called on a thread of the pool.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Accepts the task and returns true; the task then runs once, on a thread of
  // the pool. When queue_limit tasks wait already, TryRun drops the task and
  // returns false; the caller then answers RESOURCE_EXHAUSTED. It does not
  // block.
  [[nodiscard]] bool TryRun(Task task);
  // Accepts the task, however many tasks wait. It is for the next step of work
  // that was accepted before, because a refused step would leave a call without
  // an answer. Other limits bound the number of such tasks. It does not block.
  void Run(Task task);

 private:
  // This is the loop of a pool thread. It takes the oldest task and runs it
  // without holding the mutex. The loop ends when the pool stops and no task is
  // left.
  void Work();
  // Returns whether the caller must wake a thread, after it has released the
  // mutex. Only one thread is woken at a time. A thread that wakes up takes a
  // task. When more tasks wait, it wakes the next thread before it runs its own
  // task. Therefore a task that blocks keeps no other task waiting, and many
  // short tasks do not wake all threads at once.
  bool TakeWake() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::size_t queue_limit_;
  Mutex mutex_;
  // One thread is woken when TakeWake says so, and all threads are woken when
  // the pool stops.
  CondVar ready_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  // This many threads wait on ready_.
  std::size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;
  // It is true from the moment when TakeWake returns true until the woken
  // thread has taken the mutex.
  bool waking_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // The threads are the last member, so that no thread runs before the other
  // members are made.
  std::vector<std::thread> threads_;
};

}  // namespace linktor
