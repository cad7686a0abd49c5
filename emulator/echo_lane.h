// An EchoLane delivers the echoes of sends, one after the other, in the order
// in which they were added. An echo is the webhook about a message that the
// account itself sent. The next echo leaves when the gateway has answered the
// one before. When the courier lets an echo wait for other updates, the next
// one follows at once. The lane has its own thread.

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
  // start; held echoes wait until they are released.
  EchoLane(Courier& courier, bool held);
  // Calls Stop().
  ~EchoLane();
  EchoLane(const EchoLane&) = delete;
  EchoLane& operator=(const EchoLane&) = delete;

  // Delivers `echo` after `delay` or later. `done`, if there is one, is called
  // once, from any thread, and must not block. It is called when the delivery
  // has ended, or at once while echoes are held. When kMaxWaiting echoes
  // already wait, the oldest is forgotten, and its `done` is called.
  void Add(Parcel echo, absl::Duration delay, Callback done = nullptr);

  // While echoes are held, no echo leaves. When they are released, the echoes
  // that wait are sent in order.
  void SetHeld(bool held);
  // Returns how many echoes are held or not sent yet.
  std::size_t waiting() const;

  // Forgets the echoes that wait, and calls their callbacks. It blocks until
  // the echo that is being sent has ended, so stop the webhook sender first. A
  // second call does nothing.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;

  // At most this many echoes may wait, because a load test with held echoes
  // must not fill the memory.
  static constexpr std::size_t kMaxWaiting = 10'000;

  // An Echo waits until its time has come and no other echo is being sent.
  struct Echo {
    Parcel parcel;
    Clock::time_point not_before;
    Callback done;
  };

  // The thread runs this function.
  void Work();
  // Delivers the echo and blocks until the gateway has answered.
  void Deliver(Parcel echo);

  // The courier's callbacks wake the thread.
  Courier& courier_;
  // The mutex is not held while an echo is sent or a callback runs.
  mutable Mutex mutex_;
  // It is signalled when an echo is added, and when held_ or stopping_ changes.
  CondVar changed_;
  // The oldest echo is the first. Only the time of the first one counts, so
  // that the order is kept.
  std::deque<Echo> echoes_ ABSL_GUARDED_BY(mutex_);
  bool held_ ABSL_GUARDED_BY(mutex_);
  // It becomes true once. After that, an echo that is added is forgotten at
  // once.
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // It is the last member, because the thread uses all the others.
  std::thread thread_;
};

}  // namespace linktor::emulator
