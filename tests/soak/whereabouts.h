// Whereabouts knows the present addresses of the server. It is for threads that
// go on while the server is killed and started again. It is thread-safe.

#pragma once

#include <optional>
#include <string>
#include <utility>

#include "server/base/mutex.h"

namespace linktor::testing {

class Whereabouts {
 public:
  // Each address has the form "127.0.0.1:12345".
  struct Place {
    std::string grpc;
    std::string webhook;
    // How often it was started before.
    int life = 0;
  };

  // It is here now.
  void Set(std::string grpc, std::string webhook) {
    MutexLock lock(mutex_);
    place_ = Place{std::move(grpc), std::move(webhook), lives_++};
    changed_.SignalAll();
  }
  // It is about to be killed.
  void Clear() {
    MutexLock lock(mutex_);
    place_.reset();
  }
  // Nobody shall wait for it any more.
  void Close() {
    MutexLock lock(mutex_);
    closed_ = true;
    changed_.SignalAll();
  }
  // Waits until it is somewhere; nothing once closed.
  std::optional<Place> Wait() {
    MutexLock lock(mutex_);
    while (!closed_ && !place_.has_value()) changed_.Wait(mutex_);
    return closed_ ? std::nullopt : place_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::optional<Place> place_ ABSL_GUARDED_BY(mutex_);
  int lives_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace linktor::testing
