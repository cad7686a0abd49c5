// A StopGate decides when refused calls are answered while the server stops.
// Admission owns it, and GrpcServer moves it through its states. Every call
// that is refused with DRAINING is answered through it. It is thread-safe.
//
// A stop goes through three states:
//   1. Draining: every new call is refused with DRAINING at once. This state
//      lasts until Instagram has answered the sends under way, or until a time
//      limit for this has passed.
//   2. Holding: new calls are kept without an answer. A caller that waits for
//      an answer makes no further call, so after a moment no more calls arrive.
//   3. Released: the server has said goodbye (HTTP/2's GOAWAY) to every
//      connection. The calls that were kept are now refused with DRAINING.
// The second state is there because a client hears about gRPC's shutdown a
// little later than it happens. A call that the client makes between these two
// moments ends with a bare CANCELLED from gRPC, which gives the caller no
// reason. The second state makes sure that few clients, or none, make such a
// call.

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
  // An Answer ends a call. It is run once, and must not block. It runs on the
  // thread of the call, or on the thread that calls Release.
  using Answer = absl::AnyInvocable<void()>;

  // Returns true after Drain, and never false again. A call that asks just
  // before Drain may still be admitted.
  bool draining() const { return draining_.load(std::memory_order_acquire); }

  // Begins the first state: from now on, calls see that draining() is true.
  void Drain() { draining_.store(true, std::memory_order_release); }

  // Begins the second state: from now on, answers are kept. It also does what
  // Drain does, so a caller of Hold need not call Drain first.
  void Hold() {
    Drain();
    MutexLock lock(mutex_);
    holding_ = true;
  }

  // Begins the third state and runs the answers that were kept. It runs them
  // without the mutex, because they call into gRPC. Later answers run at once.
  void Release() {
    std::vector<Answer> held;
    {
      MutexLock lock(mutex_);
      holding_ = false;
      held.swap(held_);
    }
    for (Answer& answer : held) answer();
  }

  // Runs the answer of a call that came while the server drains: now, or at
  // Release when answers are being kept.
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

  // Returns how many calls have come to Run so far. GrpcServer waits until this
  // number stays the same for a moment.
  std::int64_t arrivals() const {
    return arrivals_.load(std::memory_order_relaxed);
  }

 private:
  // It never becomes false again.
  std::atomic<bool> draining_{false};
  // It counts calls. It need not be exact at each moment, so it needs no mutex.
  std::atomic<std::int64_t> arrivals_{0};
  // It guards holding_ and held_. draining_ is an atomic instead, so that every
  // call can read it without the mutex.
  Mutex mutex_;
  // It is true only in the second state.
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  // These are the answers that are kept in the second state. Their number is
  // limited, because this state lasts half a second at most, and because each
  // connection may have only a limited number of calls.
  std::vector<Answer> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::rpc
