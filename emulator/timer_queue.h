// A TimerQueue does work later, on one thread: delayed answers.

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
  // A task is run once, also when the queue is stopped before its time.
  using Task = absl::AnyInvocable<void()>;

  // Starts the thread.
  TimerQueue();
  // Stops, if nobody has.
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // Runs `task` once, after `delay` on the queue's thread, or at once on the
  // caller's when the queue is stopped. It must not block, since all tasks
  // share the thread.
  void After(absl::Duration delay, Task task);

  // Runs the tasks that wait without waiting for their time, then ends the
  // thread: each of them gives an answer that somebody waits for. A second call
  // does nothing.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;

  // This is the thread.
  void Work();

  // It is not held while a task runs.
  Mutex mutex_;
  // It is signalled when a task is added, which may be due before all others.
  CondVar changed_;
  // The key is the time at which the task is due.
  std::multimap<Clock::time_point, Task> tasks_ ABSL_GUARDED_BY(mutex_);
  // From then on all tasks are due.
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // It is the last member, since it uses all the others.
  std::thread thread_;
};

}  // namespace linktor::emulator
