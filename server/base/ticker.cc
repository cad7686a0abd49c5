#include "server/base/ticker.h"

#include <utility>

namespace linktor {

Ticker::Ticker(std::chrono::milliseconds period, std::function<void()> work)
    : period_(period), work_(std::move(work)), thread_([this] { Run(); }) {}

Ticker::~Ticker() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.Signal();
  thread_.join();
}

void Ticker::Run() {
  for (;;) {
    const auto next = std::chrono::steady_clock::now() + period_;
    {
      MutexLock lock(mutex_);
      while (!stopping_ && std::chrono::steady_clock::now() < next) {
        stop_.WaitFor(mutex_, next - std::chrono::steady_clock::now());
      }
      if (stopping_) return;
    }
    work_();
  }
}

}  // namespace linktor
