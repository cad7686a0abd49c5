// A TimerQueue runs tasks later, on its own thread. The emulator uses it for
// delayed answers.

#pragma once

#include <chrono>
#include <map>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"

namespace linktor::emulator {

// It is thread-safe.
class TimerQueue {
 public:
  // A task is run once, even if the queue is stopped before the task's time.
  using Task = absl::AnyInvocable<void()>;

  // Starts the thread.
  TimerQueue();
  // Calls Stop().
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // Runs `task` once, on the queue's thread, after `delay`. When the queue is
  // stopped, it runs the task at once on the caller's thread. The task must not
  // block, because all tasks share the thread.
  void After(absl::Duration delay, Task task);

  // Runs all waiting tasks at once, because each of them gives an answer that
  // somebody waits for. Then it ends the thread. A second call does nothing.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;

  // The thread runs this function.
  void Work();

  // The mutex is not held while a task runs.
  Mutex mutex_;
  // It is signalled when a task is added, because this task may be due before
  // all others.
  CondVar changed_;
  // The key is the time at which the task is due.
  std::multimap<Clock::time_point, Task> tasks_ ABSL_GUARDED_BY(mutex_);
  // When it is true, all tasks are due.
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // It is the last member, because the thread uses all the others.
  std::thread thread_;
};

}  // namespace linktor::emulator
