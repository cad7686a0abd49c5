// Work for later, on one thread.

#pragma once

#include <chrono>
#include <map>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"

namespace linktor::emulator {

// Thread-safe.
class TimerQueue {
 public:
  using Task = absl::AnyInvocable<void()>;

  TimerQueue();
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // Runs `task` after `delay` on the queue's thread, or at once on the
  // caller's when the queue is stopped. It must not block.
  void After(absl::Duration delay, Task task);

  // Runs what waits without waiting for its time, then ends the thread.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;

  void Work();

  Mutex mutex_;
  CondVar changed_;
  std::multimap<Clock::time_point, Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor::emulator
