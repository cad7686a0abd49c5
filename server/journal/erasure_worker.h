// The erasure worker brings erasures to their end. Apply has overwritten the
// content with zeros, but until a checkpoint the database file still holds the
// old bytes, and the write-ahead log holds both. The worker empties the log and
// then appends an Erased record, which says that no file holds the content any
// more. An erasure that was due when the process died is due again at the next
// start.
//
// The App makes one. It has a thread of its own, which may block.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <thread>

#include "absl/status/status.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/journal/feed.h"
#include "server/journal/journal.h"

namespace linktor {

class ErasureWorker {
 public:
  // The first checkpoint is made at once. The next one is made at least this
  // much later, because emptying the log holds up all appends for a moment. The
  // promise that an erasure is done within 60 s is kept all the same.
  static constexpr std::chrono::seconds kPause{10};

  struct Options {
    // It writes the log into the database and empties it. It is called on the
    // worker's thread and may block. When it fails, it is tried again after 1
    // s.
    std::function<absl::Status()> empty_log;
    // This is the time between two checkpoints; tests shorten it.
    std::chrono::milliseconds pause = kPause;
    // This is the number of the last erasure that was due at the start; 0 means
    // that none was.
    std::int64_t due = 0;
  };

  // Starts the thread. `clock` gives the times of the Erased records. Both must
  // outlive this.
  ErasureWorker(const Clock& clock, Journal& journal, Options options);
  ~ErasureWorker();
  ErasureWorker(const ErasureWorker&) = delete;
  ErasureWorker& operator=(const ErasureWorker&) = delete;

  // This is a view of the feed: it notes erasures that became due and wakes the
  // thread.
  void OnCommit(std::span<const AppliedRecord> records);

  // Ends the thread, and blocks until a checkpoint or an append that is under
  // way has ended. An erasure that is due stays due in the database. The
  // destructor calls it; a second call does nothing.
  void Stop();

 private:
  // This is the thread: it waits for work, carries it out, and rests.
  void Run();
  // Blocks until an erasure is due, and returns the number of the last one. It
  // returns 0 when it is time to end.
  std::int64_t AwaitDue();
  // Waits for `time`, or less when it is time to end; then it returns false.
  bool Rest(std::chrono::milliseconds time);
  // Empties the log and appends Erased for all erasures up to `through_no`. The
  // order matters: an Erased record before the checkpoint would be untrue after
  // a crash. On failure nothing is noted as done, and the caller tries again.
  absl::Status CarryOut(std::int64_t through_no);

  const Clock& clock_;
  Journal& journal_;
  const Options options_;
  // There is work while due_ is greater than done_. Both are numbers of
  // erasures, which are carried out in order.
  Mutex mutex_;
  CondVar wake_;
  std::int64_t due_ ABSL_GUARDED_BY(mutex_);
  std::int64_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor
