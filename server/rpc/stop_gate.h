// A StopGate decides when calls are answered while the server stops. Admission
// owns it; GrpcServer moves it through its states, and every call that is
// refused with DRAINING is answered through it. It is thread-safe.
//
// A stop goes through three states:
//   1. Draining: every new call is refused with DRAINING at once. This lasts as
//      long as sends are with Instagram.
//   2. Holding: new calls are kept without an answer. Callers that wait for one
//      make no further call, so that after a moment no call arrives.
//   3. Released: the server has said goodbye (HTTP/2's GOAWAY) to every
//      connection; the calls that were kept are refused with DRAINING.
// Without the second state a call could arrive between the moment in which gRPC
// is shut down and the moment in which its client has heard about it; gRPC ends
// such calls with a bare CANCELLED, which tells the caller nothing.

#pragma once

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "server/base/mutex.h"

namespace linktor::rpc {

class StopGate {
 public:
  // An Answer ends a call. It is run once, on the thread of the call or on that
  // of Release, and must not block.
  using Answer = absl::AnyInvocable<void()>;

  // Returns true from Drain on, for good. A call that asks just before it may
  // still be let in.
  bool draining() const { return draining_.load(std::memory_order_acquire); }

  // Begins the first state: calls that look from now on see draining().
  void Drain() { draining_.store(true, std::memory_order_release); }

  // Begins the second state: answers are kept from now on. It drains first, so
  // that nobody has to call Drain before it.
  void Hold() {
    Drain();
    MutexLock lock(mutex_);
    holding_ = true;
  }

  // Begins the third state and runs the answers that were kept, outside of the
  // mutex, because they call into gRPC. Later ones run at once.
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
  // or at Release when answers are held.
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

  // Returns how many calls have been refused so far. GrpcServer waits until the
  // number stays the same for a moment.
  std::int64_t arrivals() const {
    return arrivals_.load(std::memory_order_relaxed);
  }

 private:
  // It never becomes false again.
  std::atomic<bool> draining_{false};
  // It counts calls, and nobody needs it to be exact in the moment.
  std::atomic<std::int64_t> arrivals_{0};
  // It guards whether answers are kept, and the kept ones. draining_ is atomic
  // so that every call can ask without it.
  Mutex mutex_;
  // It is true in the second state alone.
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  // The answers of the second state. Their number is bounded by the calls that
  // clients make in half a second, and by the connections' limit of streams.
  std::vector<Answer> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::rpc
