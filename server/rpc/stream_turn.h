// A StreamTurn is the right to work on a stream (see subscribe_reactor.h). Only
// one thread at a time has this right; it is the holder of the turn. The
// StreamTurn also says whether the stream is to end. clang checks at compile
// time who has the right: members that only the holder may touch are
// ABSL_GUARDED_BY the turn. A SubscribeReactor has one turn. gRPC's threads,
// the executor's threads and the hub's thread (events/hub.h) compete for it,
// and no thread waits for it.
//
// A new turn is already taken: the thread that makes it is the holder. When the
// holder has done its work, it does one of three things. It may give the turn
// back (GiveBack). It may pass the turn on to a callback that it has started
// (PassOn). The thread that runs this callback is then the holder, and first
// calls AssertHeld. Or it has finished the stream and keeps the turn for ever
// (KeepForEver).

#pragma once

#include <atomic>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "server/base/mutex.h"

namespace linktor::rpc {

class ABSL_LOCKABLE StreamTurn {
 public:
  // Takes the right when no thread has it, and returns whether it did. It never
  // waits. A thread that does not get the right leaves the work to the holder.
  [[nodiscard]] bool TryTake() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    return !taken_.exchange(true);
  }
  // Gives the right back. Before that, another thread may have found the turn
  // taken and gone away without doing its work. So after GiveBack, this thread
  // must look once more whether there is something to do, and whether the
  // stream is to end.
  void GiveBack() ABSL_UNLOCK_FUNCTION() { taken_.store(false); }
  // Passes the right on to a callback that the holder has started. The callback
  // has the right from now on.
  void PassOn() ABSL_UNLOCK_FUNCTION() {}
  // Keeps the right for ever. The stream is finished, and no thread works for
  // it any more.
  void KeepForEver() ABSL_UNLOCK_FUNCTION() {}
  // Says that this thread has the right: it runs the callback to which the
  // right was passed on.
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() {}

  // Says that the stream is to end with this status. Only the first status
  // counts. The caller then calls TryTake. If it gets the right, it finishes
  // the stream; otherwise the holder does.
  void End(absl::Status status) {
    MutexLock lock(mutex_);
    if (!end_.has_value()) end_ = std::move(status);
  }
  // Returns the status with which the stream is to end. It is nullopt while the
  // stream goes on.
  std::optional<absl::Status> end() const {
    MutexLock lock(mutex_);
    return end_;
  }

 private:
  // It is an atomic and not a mutex, because the right moves from thread to
  // thread.
  std::atomic<bool> taken_{true};
  // It guards end_, which any thread may set, with or without the turn.
  mutable Mutex mutex_;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::rpc
