#include "server/events/hub.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace linktor::events {

using SteadyClock = std::chrono::steady_clock;

Hub::Hub(std::int64_t last_seq)
    : last_seq_(last_seq), thread_([this] { Run(); }) {}

Hub::~Hub() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.Signal();
  thread_.join();
}

bool Hub::Add(const std::shared_ptr<Subscriber>& subscriber) {
  MutexLock lock(mutex_);
  if (draining_) return false;
  all_.emplace(subscriber.get(), subscriber);
  return true;
}

void Hub::Remove(const Subscriber* subscriber) {
  // They are declared before the lock, so that a last reference is freed after
  // the lock is released.
  Subscribers::node_type one;
  Subscribers::node_type waiting;
  MutexLock lock(mutex_);
  one = all_.extract(subscriber);
  waiting = waiting_.extract(subscriber);
}

bool Hub::Wait(const std::shared_ptr<Subscriber>& subscriber,
               std::int64_t seq) {
  MutexLock lock(mutex_);
  if (last_seq_ > seq) return false;
  waiting_.emplace(subscriber.get(), subscriber);
  return true;
}

void Hub::Publish(std::int64_t last_seq) {
  {
    MutexLock lock(mutex_);
    last_seq_ = last_seq;
    if (waiting_.empty()) return;
    published_ = true;
  }
  wake_.Signal();
}

void Hub::Drain() {
  std::vector<std::shared_ptr<Subscriber>> all;
  {
    MutexLock lock(mutex_);
    draining_ = true;
    for (const auto& [key, subscriber] : all_) all.push_back(subscriber);
  }
  for (const auto& subscriber : all) subscriber->OnDrain();
}

std::int64_t Hub::MaxLag() const {
  MutexLock lock(mutex_);
  std::int64_t lag = 0;
  for (const auto& [key, subscriber] : all_) {
    const std::int64_t position = subscriber->Position();
    if (position >= 0) lag = std::max(lag, last_seq_ - position);
  }
  return lag;
}

std::size_t Hub::size() const {
  MutexLock lock(mutex_);
  return all_.size();
}

void Hub::Run() {
  auto next_tick = SteadyClock::now() + kTick;
  for (;;) {
    Subscribers published;
    std::vector<std::shared_ptr<Subscriber>> ticked;
    {
      MutexLock lock(mutex_);
      while (!published_ && !stopping_ && SteadyClock::now() < next_tick) {
        wake_.WaitFor(mutex_, next_tick - SteadyClock::now());
      }
      if (stopping_) return;
      if (std::exchange(published_, false)) published.swap(waiting_);
      if (SteadyClock::now() >= next_tick) {
        next_tick += kTick;
        ticked.reserve(all_.size());
        for (const auto& [key, subscriber] : all_) ticked.push_back(subscriber);
      }
    }
    for (const auto& [key, subscriber] : published) subscriber->OnPublished();
    const auto now = SteadyClock::now();
    for (const auto& subscriber : ticked) subscriber->OnTick(now);
  }
}

}  // namespace linktor::events
