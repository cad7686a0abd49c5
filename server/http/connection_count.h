// Counts a listener's connections: how many there may be, and when the last
// one has gone. The accepting thread enters connections, the workers' threads
// let them go, and the thread that stops the listener waits. Thread-safe.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/base/connection_limits.h"
#include "server/base/mutex.h"

namespace linktor {

class HttpConnectionCount {
 public:
  // A connection's place in the count. It is given back when this goes, so a
  // connection that owns it is counted exactly, however it ends.
  class Place {
   public:
    Place(Place&& other) noexcept
        : count_(std::exchange(other.count_, nullptr)),
          address_(std::move(other.address_)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (count_ != nullptr) count_->Leave(address_);
    }

    // The peer's IP address as text.
    const std::string& address() const { return address_; }

   private:
    friend class HttpConnectionCount;
    Place(HttpConnectionCount& count, std::string address)
        : count_(&count), address_(std::move(address)) {}

    // Null when this has been moved from.
    HttpConnectionCount* count_;
    std::string address_;
  };

  // Both limits are at least 1.
  HttpConnectionCount(std::size_t total, std::size_t per_address)
      : limits_(total, per_address) {}

  // A place for a connection from `address`, an IP address as text; nothing
  // when a limit is reached. This must outlive the place.
  std::optional<Place> Enter(std::string address) {
    if (!limits_.Add(address)) return std::nullopt;
    return Place(*this, std::move(address));
  }

  // Waits until there is no connection, at most for `timeout`. Returns whether
  // there is none.
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
  void Leave(std::string_view address) {
    limits_.Remove(address);
    // Under the mutex, or it could fall between the waiter's look at the count
    // and its wait.
    MutexLock lock(mutex_);
    left_.SignalAll();
  }

  ConnectionLimits limits_;
  Mutex mutex_;
  // Signalled when a connection has left.
  CondVar left_;
};

}  // namespace linktor
