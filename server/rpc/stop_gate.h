// How calls are answered while the server stops. Thread-safe.
//
// A stop goes through three states:
//   1. Draining: every new call is refused with DRAINING at once. This lasts as
//      long as sends are with Instagram.
//   2. Holding: new calls are kept without an answer. Callers that wait for one
//      make no further call, so that after a moment no call arrives.
//   3. Released: the server has said goodbye (HTTP/2's GOAWAY) to every
//      connection; the calls that were kept are refused with DRAINING.
// Without the second state a call could arrive between the moment in which gRPC
// is shut down and the moment in which its client has heard of it; gRPC ends
// such calls with a bare CANCELLED, which tells the caller nothing.

#pragma once

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "server/base/mutex.h"

namespace linktor {

class StopGate {
 public:
  using Answer = absl::AnyInvocable<void()>;

  bool draining() const { return draining_.load(std::memory_order_acquire); }

  void Drain() { draining_.store(true, std::memory_order_release); }

  void Hold() {
    Drain();
    MutexLock lock(mutex_);
    holding_ = true;
  }

  void Release() {
    std::vector<Answer> held;
    {
      MutexLock lock(mutex_);
      holding_ = false;
      held.swap(held_);
    }
    for (Answer& answer : held) answer();
  }

  // Runs the answer of a call that is refused because the server drains: now,
  // or when those that are held are released.
  void Run(Answer answer) {
    arrivals_.fetch_add(1, std::memory_order_relaxed);
    {
      MutexLock lock(mutex_);
      if (holding_) {
        held_.push_back(std::move(answer));
        return;
      }
    }
    answer();
  }

  // How many calls have been refused so far.
  std::int64_t arrivals() const {
    return arrivals_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<bool> draining_{false};
  std::atomic<std::int64_t> arrivals_{0};
  Mutex mutex_;
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Answer> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
