// An EchoLane delivers the echoes of sends, one after the other in the order in
// which they were added; the next leaves when the gateway has answered the one
// before, or at once where the courier lets them wait for others. It has a
// thread of its own.

#pragma once

#include <chrono>
#include <deque>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "emulator/courier.h"
#include "server/base/mutex.h"

namespace linktor::emulator {

// It is thread-safe.
class EchoLane {
 public:
  using Callback = absl::AnyInvocable<void()>;

  // `courier` must outlive this. `held` says whether echoes are held from the
  // start.
  EchoLane(Courier& courier, bool held);
  // Stops, if nobody has.
  ~EchoLane();
  EchoLane(const EchoLane&) = delete;
  EchoLane& operator=(const EchoLane&) = delete;

  // Delivers `echo` not earlier than after `delay`. `done`, if any, is called
  // once, from any thread, and must not block: when the delivery has ended, or
  // at once while echoes are held. When kMaxWaiting are waiting already, the
  // oldest is forgotten, and its `done` is called.
  void Add(Parcel echo, absl::Duration delay, Callback done = nullptr);

  // While echoes are held, nothing leaves. Releasing them sends what has
  // gathered, in order.
  void SetHeld(bool held);
  // Returns how many echoes are held or not sent yet.
  std::size_t waiting() const;

  // Forgets the echoes that wait, and calls their callbacks. It blocks until an
  // echo that is under way has ended, so the webhook sender must be stopped
  // first. A second call does nothing.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;

  // So many echoes may wait; a load test with echoes held must not fill the
  // memory.
  static constexpr std::size_t kMaxWaiting = 10'000;

  // An Echo waits until its time has come and no other one is under way.
  struct Echo {
    Parcel parcel;
    Clock::time_point not_before;
    Callback done;
  };

  // This is the thread.
  void Work();
  // Delivers the echo and blocks until the gateway has answered.
  void Deliver(Parcel echo);

  // Its callbacks wake the thread.
  Courier& courier_;
  // It is not held while an echo is sent or a callback runs.
  mutable Mutex mutex_;
  // It is signalled when an echo is added, and when held_ or stopping_ changes.
  CondVar changed_;
  // The oldest is the first; only the first one's time counts, so that order is
  // kept.
  std::deque<Echo> echoes_ ABSL_GUARDED_BY(mutex_);
  bool held_ ABSL_GUARDED_BY(mutex_);
  // It is set once; from then on an echo that is added is forgotten at once.
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // It is the last member, since it uses all the others.
  std::thread thread_;
};

}  // namespace linktor::emulator
