// Counts a listener's connections: how many there may be, and when the last one
// has gone. The accepting thread enters connections, the workers' threads let
// them go, and the thread that stops the listener waits. Thread-safe.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/base/connection_limits.h"
#include "server/base/mutex.h"

namespace linktor::http {

// A listener has one, which outlives its workers and with them all places.
class HttpConnectionCount {
 public:
  // This is a connection's place in the count. It is given back when this goes,
  // so a connection that owns it is counted exactly, however it ends. It may
  // move to another thread, which a connection does once, to its worker's.
  class Place {
   public:
    Place(Place&& other) noexcept
        : count_(std::exchange(other.count_, nullptr)),
          address_(std::move(other.address_)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (count_ != nullptr) count_->Leave(address_);
    }

    // Returns the peer's IP address as text.
    const std::string& address() const { return address_; }

   private:
    friend class HttpConnectionCount;
    Place(HttpConnectionCount& count, std::string address)
        : count_(&count), address_(std::move(address)) {}

    // It is null when this has been moved from; there is no place to give back
    // then.
    HttpConnectionCount* count_;
    std::string address_;
  };

  // Both limits are numbers of connections and at least 1.
  HttpConnectionCount(std::size_t total, std::size_t per_address)
      : limits_(total, per_address) {}

  // Returns a place for a connection from `address`, an IP address as text;
  // nothing when a limit is reached. This must outlive the place.
  // std::bad_alloc leaves it where there is no memory, and nothing is counted
  // then.
  std::optional<Place> Enter(std::string address) {
    if (!limits_.Add(address)) return std::nullopt;
    return Place(*this, std::move(address));
  }

  // Blocks until there is no connection, at most for `timeout`. Returns whether
  // there is none. A caller that needs the answer to stay true has stopped
  // accepting before.
  bool WaitUntilNone(std::chrono::nanoseconds timeout) {
    const auto end = std::chrono::steady_clock::now() + timeout;
    MutexLock lock(mutex_);
    for (;;) {
      if (limits_.size() == 0) return true;
      const auto left = end - std::chrono::steady_clock::now();
      if (left <= std::chrono::steady_clock::duration::zero()) return false;
      left_.WaitFor(mutex_, left);
    }
  }

 private:
  // Gives a place back and wakes the thread that waits. It needs no memory.
  void Leave(std::string_view address) {
    limits_.Remove(address);
    // The signal is given under the mutex, or it could fall between the
    // waiter's look at the count and its wait.
    MutexLock lock(mutex_);
    left_.SignalAll();
  }

  ConnectionLimits limits_;
  // Guards no data, since the limits have a lock of their own; it orders the
  // signal and the waiter's look.
  Mutex mutex_;
  // It is signalled when a connection has left.
  CondVar left_;
};

}  // namespace linktor::http
