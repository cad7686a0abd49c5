// A StopSignal tells a thread to end while the thread rests between two rounds
// of its work. Ticker, Housekeeping and WaitingItems use it.

#pragma once

#include <chrono>

#include "server/base/mutex.h"

namespace linktor {

// The class is thread-safe. It must outlive the thread that rests.
class StopSignal {
 public:
  // Rests for `time`, measured by the monotonic clock, and returns true. When
  // Set is called during the rest, or was called before it, Rest returns false
  // at once.
  [[nodiscard]] bool Rest(std::chrono::nanoseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    MutexLock lock(mutex_);
    while (!stopping_ && std::chrono::steady_clock::now() < end) {
      stop_.WaitFor(mutex_, end - std::chrono::steady_clock::now());
    }
    return !stopping_;
  }

  // Ends a rest that is under way. Every later rest ends at once.
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
