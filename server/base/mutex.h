// These are std::mutex and its condition variable with thread-safety
// annotations. Debian's Abseil is not instrumented, so ThreadSanitizer reports
// false races on what absl::Mutex guards; it understands std::mutex. All of the
// server's guarded members use these types, and clang's -Wthread-safety checks
// the annotations.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace linktor {

// A Mutex is held for a short time only: no code calls out (RPC, SQLite,
// callback) while it holds one. It is not recursive: a thread that locks it
// twice waits for ever. Code takes it by MutexLock.
class ABSL_LOCKABLE Mutex {
 public:
  // Blocks until the mutex is free.
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  // The thread must hold the mutex.
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  // A CondVar needs the std::mutex itself to wait.
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a mutex from its construction to the end of its scope, also when an
// exception ends the scope. The mutex must outlive it.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Lets a thread wait for a condition that a mutex guards. The waits may end
// without a signal, so every wait is in a loop that checks the condition. A
// CondVar is used with one mutex only, and must outlive the waits.
class CondVar {
 public:
  // Releases the mutex, which the caller holds, until a signal comes, and holds
  // it again when it returns. Changes of the condition under the mutex cannot
  // fall between the check and the wait.
  void Wait(Mutex& mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    // The lock takes over the mutex that the caller holds; release() gives it
    // back to the caller without unlocking it.
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    cv_.wait(lock);
    lock.release();
  }

  // Waits like Wait, but at most for `timeout` of steady time; zero and
  // negative ones end at once. Returns false when it passed without a signal.
  // The mutex is held again in both cases.
  bool WaitFor(Mutex& mutex, std::chrono::nanoseconds timeout)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool signalled =
        cv_.wait_for(lock, timeout) == std::cv_status::no_timeout;
    lock.release();
    return signalled;
  }

  // These wake one waiting thread, or all of them. The caller need not hold the
  // mutex, but must have changed the condition under it.
  void Signal() { cv_.notify_one(); }
  void SignalAll() { cv_.notify_all(); }

 private:
  std::condition_variable cv_;
};

}  // namespace linktor
