#include "emulator/echo_lane.h"

#include <future>
#include <memory>
#include <utility>
#include <vector>

namespace linktor::emulator {

EchoLane::EchoLane(Courier& courier, bool held)
    : courier_(courier), held_(held), thread_([this] { Work(); }) {}

EchoLane::~EchoLane() { Stop(); }

void EchoLane::Add(Parcel echo, absl::Duration delay, Callback done) {
  std::vector<Callback> to_call;
  {
    MutexLock lock(mutex_);
    if (held_ || stopping_) to_call.push_back(std::exchange(done, nullptr));
    if (!stopping_) {
      if (echoes_.size() >= kMaxWaiting) {
        to_call.push_back(std::move(echoes_.front().done));
        echoes_.pop_front();
      }
      echoes_.push_back(
          {.parcel = std::move(echo),
           .not_before = Clock::now() + absl::ToChronoNanoseconds(delay),
           .done = std::move(done)});
      changed_.Signal();
    }
  }
  for (Callback& callback : to_call) {
    if (callback) callback();
  }
}

void EchoLane::SetHeld(bool held) {
  std::vector<Callback> to_call;
  {
    MutexLock lock(mutex_);
    held_ = held;
    if (held) {
      for (Echo& echo : echoes_) {
        to_call.push_back(std::exchange(echo.done, nullptr));
      }
    }
    changed_.Signal();
  }
  for (Callback& callback : to_call) {
    if (callback) callback();
  }
}

std::size_t EchoLane::waiting() const {
  MutexLock lock(mutex_);
  return echoes_.size();
}

void EchoLane::Stop() {
  std::deque<Echo> forgotten;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    forgotten.swap(echoes_);
    changed_.Signal();
  }
  if (thread_.joinable()) thread_.join();
  for (Echo& echo : forgotten) {
    if (echo.done) echo.done();
  }
}

void EchoLane::Work() {
  for (;;) {
    Echo echo;
    {
      MutexLock lock(mutex_);
      while (!stopping_ && (held_ || echoes_.empty() ||
                            echoes_.front().not_before > Clock::now())) {
        if (held_ || echoes_.empty()) {
          changed_.Wait(mutex_);
        } else {
          changed_.WaitFor(mutex_, echoes_.front().not_before - Clock::now());
        }
      }
      if (stopping_) return;
      echo = std::move(echoes_.front());
      echoes_.pop_front();
    }
    Deliver(std::move(echo.parcel));
    if (echo.done) echo.done();
  }
}

void EchoLane::Deliver(Parcel echo) {
  // The promise is shared, because it is still in use for a moment after it has
  // woken this thread.
  auto ended = std::make_shared<std::promise<void>>();
  std::future<void> end = ended->get_future();
  courier_.Deliver(std::move(echo),
                   [ended](const WebhookAnswer&) { ended->set_value(); });
  end.wait();
}

}  // namespace linktor::emulator
