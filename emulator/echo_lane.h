// Delivers the echoes of sends, one after the other in the order they were
// added; the next leaves when the gateway has answered the one before.

#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "emulator/webhook_sender.h"
#include "server/base/mutex.h"

namespace linktor::emulator {

// Thread-safe.
class EchoLane {
 public:
  using Callback = absl::AnyInvocable<void()>;

  // `sender` outlives this object.
  EchoLane(WebhookSender& sender, bool held);
  ~EchoLane();
  EchoLane(const EchoLane&) = delete;
  EchoLane& operator=(const EchoLane&) = delete;

  // Delivers `body` not earlier than after `delay`. `done`, if any, is called
  // when that has ended, or at once while echoes are held; from any thread,
  // and it must not block. When kMaxWaiting are waiting already, the oldest
  // is forgotten.
  void Add(std::string body, absl::Duration delay, Callback done = nullptr);

  // While held, nothing leaves. Releasing sends what has gathered, in order.
  void SetHeld(bool held);
  std::size_t waiting() const;

  // Forgets what waits. An echo under way is waited for, so stop the sender
  // first.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kMaxWaiting = 10'000;

  struct Echo {
    std::string body;
    Clock::time_point not_before;
    Callback done;
  };

  void Work();
  // Sends and waits for the end.
  void Deliver(std::string body);

  WebhookSender& sender_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Echo> echoes_ ABSL_GUARDED_BY(mutex_);
  bool held_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor::emulator
