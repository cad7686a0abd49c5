// A StreamTurn is the right to work for a stream, which one thread has at a
// time, and says whether the stream is to end. clang checks who has the right:
// members that only its holder may touch are ABSL_GUARDED_BY the turn.
// SubscribeReactor has one; gRPC's threads, the executor's and the hub's
// compete for it, and none waits.
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

namespace linktor::rpc {

class ABSL_LOCKABLE StreamTurn {
 public:
  // Takes the right when nobody has it, and returns whether it did. It never
  // waits: a thread that does not get it leaves the work to the holder.
  [[nodiscard]] bool TryTake() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    return !taken_.exchange(true);
  }
  // After giving it back the holder must look once more whether there is
  // something to do, and whether the stream is to end: a thread that came
  // meanwhile found the turn taken and has gone.
  void GiveBack() ABSL_UNLOCK_FUNCTION() { taken_.store(false); }
  // The holder has started a callback, which holds the right from now on.
  void PassOn() ABSL_UNLOCK_FUNCTION() {}
  // The stream is finished; nobody works for it any more.
  void KeepForEver() ABSL_UNLOCK_FUNCTION() {}
  // The right came with the callback that this thread runs.
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() {}

  // Says that the stream is to end with this status; the first one counts. The
  // caller then tries to take the right, and finishes the stream if it got it;
  // otherwise the holder does.
  void End(absl::Status status) {
    MutexLock lock(mutex_);
    if (!end_.has_value()) end_ = std::move(status);
  }
  // Returns the status that the stream is to end with; nullopt while it goes
  // on.
  std::optional<absl::Status> end() const {
    MutexLock lock(mutex_);
    return end_;
  }

 private:
  // It is atomic and no mutex, because the right moves from thread to thread.
  std::atomic<bool> taken_{true};
  // It guards end_, which every thread may set, whoever has the turn.
  mutable Mutex mutex_;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::rpc
