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
  using Task = absl::AnyInvocable<void()>;

  TimerQueue();
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // Runs `task` once, after `delay` on the queue's thread, or at once on the
  // caller's when the queue is stopped. It must not block, since all tasks
  // share the thread.
  void After(absl::Duration delay, Task task);

  // Runs the tasks that wait without waiting for their time, then ends the
  // thread. A second call does nothing.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;

  // This is the thread.
  void Work();

  Mutex mutex_;
  CondVar changed_;
  // The key is the time at which the task is due.
  std::multimap<Clock::time_point, Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor::emulator
