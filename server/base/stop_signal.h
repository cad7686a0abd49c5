// A StopSignal tells a thread to end. The thread does its work in rounds and
// waits ("rests") between two rounds; the signal ends this wait at once.
// Ticker, Housekeeping and WaitingItems use a StopSignal.

#pragma once

#include <chrono>

#include "server/base/mutex.h"

namespace linktor {

// The class is thread-safe. It must outlive the thread that rests.
class StopSignal {
 public:
  // Waits for `time`, measured by the monotonic clock, and returns true. When
  // Set was called before, or is called during the wait, Rest returns false at
  // once.
  [[nodiscard]] bool Rest(std::chrono::nanoseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    MutexLock lock(mutex_);
    while (!stopping_ && std::chrono::steady_clock::now() < end) {
      stop_.WaitFor(mutex_, end - std::chrono::steady_clock::now());
    }
    return !stopping_;
  }

  // Makes a call of Rest that is under way return at once, and also every later
  // call.
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
