// Counts the connections of a listener. It limits how many connections there
// may be, and it tells when the last one has ended. The accepting thread adds
// connections, the workers' threads remove them, and the thread that stops the
// listener waits for the last one. Everything here is thread-safe.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/base/connection_limits.h"
#include "server/base/mutex.h"

namespace linktor::http {

// A listener has one HttpConnectionCount. It outlives the listener's workers,
// and so it outlives all Place objects.
class HttpConnectionCount {
 public:
  // A Place stands for one connection that is counted. Its destructor removes
  // the connection from the count. The coroutine that serves the connection
  // owns the Place, so the connection is removed however it ends. A Place can
  // be moved to another thread. This happens once for each connection: the
  // accepting thread hands the connection, together with its Place, to a
  // worker's thread.
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

    // It is null after a move from this object, because only the other object
    // must then remove the connection.
    HttpConnectionCount* count_;
    std::string address_;
  };

  // `total` limits all connections, and `per_address` limits the connections
  // from one address. Both must be at least 1.
  HttpConnectionCount(std::size_t total, std::size_t per_address)
      : limits_(total, per_address) {}

  // Counts a connection from `address`, which is an IP address as text, and
  // returns its Place. Returns nullopt when a limit is reached. This object
  // must outlive the Place. When there is no memory, Enter throws
  // std::bad_alloc and counts nothing.
  std::optional<Place> Enter(std::string address) {
    if (!limits_.Add(address)) return std::nullopt;
    return Place(*this, std::move(address));
  }

  // Blocks until there is no connection, but not longer than `timeout`. Returns
  // whether there is no connection. The answer stays true only if the caller
  // has stopped accepting connections before.
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
  // Removes a connection from the count, and wakes the thread that waits in
  // WaitUntilNone. It needs no memory, so it never fails.
  void Leave(std::string_view address) {
    limits_.Remove(address);
    // The signal is given under the mutex. Otherwise it could come when the
    // waiting thread has looked at the count but does not wait yet. The thread
    // would then miss the signal.
    MutexLock lock(mutex_);
    left_.SignalAll();
  }

  ConnectionLimits limits_;
  // It guards no data, because the limits have a lock of their own. It keeps a
  // signal from coming after the waiting thread has looked at the count and
  // before this thread begins to wait.
  Mutex mutex_;
  // It is signalled when a connection has ended.
  CondVar left_;
};

}  // namespace linktor::http
