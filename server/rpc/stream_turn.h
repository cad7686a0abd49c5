// The right to work for a stream, which one thread has at a time, and whether
// the stream is to end. clang checks who has the right: what only its holder
// may touch is ABSL_GUARDED_BY the turn.
//
// A turn is born taken. Its holder gives it back, passes it on with a callback
// that it has started (the receiver then calls AssertHeld), or keeps it for
// ever when it has finished the stream.

#pragma once

#include <atomic>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "server/base/mutex.h"

namespace linktor {

class ABSL_LOCKABLE StreamTurn {
 public:
  // Takes the right when nobody has it.
  [[nodiscard]] bool TryTake() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    return !taken_.exchange(true);
  }
  // Whoever gives it back then looks once more whether there is something to
  // do (also whether the stream is to end): who came meanwhile has gone.
  void GiveBack() ABSL_UNLOCK_FUNCTION() { taken_.store(false); }
  // The holder has started a callback, which holds the right from now on.
  void PassOn() ABSL_UNLOCK_FUNCTION() {}
  // The stream is finished; nobody works for it any more.
  void KeepForEver() ABSL_UNLOCK_FUNCTION() {}
  // The right came with the callback that this thread runs.
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() {}

  // The stream is to end with this status; the first one counts. Whoever says
  // so then tries to take the right, and finishes the stream if it got it.
  void End(absl::Status status) {
    MutexLock lock(mutex_);
    if (!end_.has_value()) end_ = std::move(status);
  }
  std::optional<absl::Status> end() const {
    MutexLock lock(mutex_);
    return end_;
  }

 private:
  std::atomic<bool> taken_{true};
  mutable Mutex mutex_;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
