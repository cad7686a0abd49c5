// Carries erasures to their end. Apply has made zeros of the content, but until
// a checkpoint the database file still holds what was there, and the
// write-ahead log both. The worker empties the log, and then says so with an
// Erased record; what was due when the process died is due again at the next
// start.

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
  // The first checkpoint is made at once, the next ones not before so long
  // after the one before: emptying the log holds up all appends for a moment.
  // An erasure is done within 60 s all the same.
  static constexpr std::chrono::seconds kPause{10};

  struct Options {
    // Writes the log into the database and empties it. It may block.
    std::function<absl::Status()> empty_log;
    std::chrono::milliseconds pause = kPause;
    // The number of the last erasure that was due at the start; 0 for none.
    std::int64_t due = 0;
  };

  // Both must outlive this.
  ErasureWorker(const Clock& clock, Journal& journal, Options options);
  ~ErasureWorker();
  ErasureWorker(const ErasureWorker&) = delete;
  ErasureWorker& operator=(const ErasureWorker&) = delete;

  // A view of the feed.
  void OnCommit(std::span<const AppliedRecord> records);

  // Ends the thread; what is due stays due. Done by the destructor if by nobody
  // else.
  void Stop();

 private:
  void Run();
  // Returns the number of the last erasure that is due; 0 when it is time to
  // end.
  std::int64_t AwaitDue();
  // Waits. False when it is time to end.
  bool Rest(std::chrono::milliseconds time);
  absl::Status CarryOut(std::int64_t through_no);

  const Clock& clock_;
  Journal& journal_;
  const Options options_;
  Mutex mutex_;
  CondVar wake_;
  std::int64_t due_ ABSL_GUARDED_BY(mutex_);
  std::int64_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor
