// A StopSignal tells a thread to end while the thread rests between two rounds
// of its work. Ticker and Housekeeping rest with it.

#pragma once

#include <chrono>

#include "server/base/mutex.h"

namespace linktor {

// It is thread-safe. It must outlive the thread that rests.
class StopSignal {
 public:
  // Rests for `time`, measured by the monotonic clock, and returns true. When
  // Set is called meanwhile, or was called before, it returns false at once.
  [[nodiscard]] bool Rest(std::chrono::nanoseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    MutexLock lock(mutex_);
    while (!stopping_ && std::chrono::steady_clock::now() < end) {
      stop_.WaitFor(mutex_, end - std::chrono::steady_clock::now());
    }
    return !stopping_;
  }

  // Ends a rest that is under way; every later rest ends at once.
  void Set() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    stop_.SignalAll();
  }

 private:
  Mutex mutex_;
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace linktor
