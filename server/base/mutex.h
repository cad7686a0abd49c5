// These classes are std::mutex and its condition variable with thread-safety
// annotations. With the annotations, clang's -Wthread-safety checks that code
// holds the right mutex when it uses a guarded member. All guarded members in
// the server use these classes. The server does not use absl::Mutex, because
// Debian's Abseil is not instrumented: ThreadSanitizer would report false races
// on data that an absl::Mutex guards. ThreadSanitizer understands std::mutex.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace linktor {

// A Mutex is held for a short time only: code that holds one makes no RPC, uses
// no SQLite and calls no callback. A Mutex is not recursive: a thread that
// locks it twice waits for ever. Code locks it with a MutexLock.
class ABSL_LOCKABLE Mutex {
 public:
  // Blocks until the mutex is free.
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  // The calling thread must hold the mutex.
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  // CondVar::Wait needs the std::mutex.
  friend class CondVar;
  std::mutex mutex_;
};

// A MutexLock holds a mutex from its construction to the end of its scope, also
// when an exception ends the scope. The mutex must outlive the MutexLock.
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

// A CondVar lets a thread wait until a condition is true that depends on data
// which a mutex guards. A wait may end without a signal, so every wait must be
// in a loop that checks the condition. A CondVar is used with one mutex only,
// and must outlive the waits.
class CondVar {
 public:
  // Releases the mutex, which the caller holds, and waits for a signal. When
  // Wait returns, the caller holds the mutex again. No signal is missed: the
  // caller holds the mutex from its check of the condition until it waits, so
  // no other thread can change the condition in between.
  void Wait(Mutex& mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    // The lock takes over the mutex that the caller holds; release() gives it
    // back to the caller without unlocking it.
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    cv_.wait(lock);
    lock.release();
  }

  // Waits like Wait, but for at most `timeout` of steady time. A timeout of
  // zero or less ends at once. Returns false when the timeout has passed
  // without a signal, and true otherwise. After both results the caller holds
  // the mutex again.
  bool WaitFor(Mutex& mutex, std::chrono::nanoseconds timeout)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool signalled =
        cv_.wait_for(lock, timeout) == std::cv_status::no_timeout;
    lock.release();
    return signalled;
  }

  // Signal wakes one waiting thread, and SignalAll wakes all of them. The
  // caller need not hold the mutex now, but it must have held the mutex when it
  // changed the condition.
  void Signal() { cv_.notify_one(); }
  void SignalAll() { cv_.notify_all(); }

 private:
  std::condition_variable cv_;
};

}  // namespace linktor
