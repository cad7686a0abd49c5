#include "server/base/executor.h"

#include <utility>

namespace linktor {

Executor::Executor(std::size_t threads, std::size_t queue_limit)
    : queue_limit_(queue_limit) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

Executor::~Executor() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  ready_.SignalAll();
  for (std::thread& thread : threads_) thread.join();
}

bool Executor::TryRun(Task task) {
  {
    MutexLock lock(mutex_);
    if (tasks_.size() >= queue_limit_) return false;
    tasks_.push_back(std::move(task));
    if (!TakeWake()) return true;
  }
  ready_.Signal();
  return true;
}

void Executor::Run(Task task) {
  {
    MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
    if (!TakeWake()) return;
  }
  ready_.Signal();
}

// A commit hands over dozens of short tasks at once. If each of them woke a
// thread, all threads would wake, wait for the mutex in turn and find the queue
// empty, which cost more than the tasks.
bool Executor::TakeWake() {
  if (tasks_.empty() || idle_ == 0 || waking_) return false;
  waking_ = true;
  return true;
}

void Executor::Work() {
  for (;;) {
    Task task;
    bool wakes = false;
    {
      MutexLock lock(mutex_);
      while (tasks_.empty() && !stopping_) {
        ++idle_;
        ready_.Wait(mutex_);
        --idle_;
        waking_ = false;
      }
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      wakes = TakeWake();
    }
    if (wakes) ready_.Signal();
    task();
  }
}

}  // namespace linktor
