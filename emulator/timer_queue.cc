#include "emulator/timer_queue.h"

#include <utility>

namespace linktor::emulator {

TimerQueue::TimerQueue() : thread_([this] { Work(); }) {}

TimerQueue::~TimerQueue() { Stop(); }

void TimerQueue::After(absl::Duration delay, Task task) {
  {
    MutexLock lock(mutex_);
    if (!stopping_) {
      tasks_.emplace(Clock::now() + absl::ToChronoNanoseconds(delay),
                     std::move(task));
      changed_.Signal();
      return;
    }
  }
  task();
}

void TimerQueue::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

void TimerQueue::Work() {
  for (;;) {
    Task task;
    {
      MutexLock lock(mutex_);
      while (!stopping_ &&
             (tasks_.empty() || tasks_.begin()->first > Clock::now())) {
        if (tasks_.empty()) {
          changed_.Wait(mutex_);
        } else {
          changed_.WaitFor(mutex_, tasks_.begin()->first - Clock::now());
        }
      }
      if (tasks_.empty()) return;
      task = std::move(tasks_.extract(tasks_.begin()).mapped());
    }
    task();
  }
}

}  // namespace linktor::emulator
