// The erasure worker brings erasures to their end. Apply has overwritten the
// content with zeros, but until a checkpoint the database file still holds the
// old bytes, and the write-ahead log holds both. The worker begins the log
// anew, waits until new records have overwritten the old ones or cuts these
// off, and then appends an Erased record, which says that no file holds the
// content any more. An erasure that was due when the process died is due again
// at the next start.
//
// When a person was erased, there may be more rows that tell of them than one
// record may change. The worker first appends EraseOn records until there are
// none.
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

namespace linktor::journal {

class ErasureWorker {
 public:
  // The first checkpoint is made at once. The next one is made at least this
  // much later, because it holds up all appends for a moment. For at most this
  // long the worker also waits for a busy log to be overwritten. The promise
  // that an erasure is done within 60 s is kept all the same.
  static constexpr std::chrono::seconds kPause{10};
  // During that time, the worker looks at the log this many times. When fewer
  // old bytes have gone in between than would do, it waits no longer.
  static constexpr int kLooks = 10;

  struct Options {
    // These are the calls of EmbeddedJournal with the same names. They are
    // called on the worker's thread and may block. When one fails, the worker
    // begins again after 1 s.
    std::function<absl::Status()> begin_log_anew;
    std::function<absl::StatusOr<std::int64_t>()> old_log_bytes;
    std::function<absl::Status()> cut_log;
    // This is the time of kPause; tests shorten it.
    std::chrono::milliseconds pause = kPause;
    // This is the number of the last erasure that was due at the start; 0 means
    // that none was.
    std::int64_t due = 0;
    // It is true when people were erased of whom rows still told at the start.
    bool erasing = false;
  };

  // `clock` gives the times of the Erased records. Both must outlive this.
  ErasureWorker(const Clock& clock, Journal& journal, Options options);
  ~ErasureWorker();
  ErasureWorker(const ErasureWorker&) = delete;
  ErasureWorker& operator=(const ErasureWorker&) = delete;

  // Starts the thread. It is called once, after OnCommit was added to the feed:
  // what the thread appends makes erasures due, and nothing but the feed tells
  // of them.
  void Start();

  // This is a view of the feed: it notes erasures that became due and wakes the
  // thread.
  void OnCommit(std::span<const AppliedRecord> records);

  // Ends the thread, and blocks until a checkpoint, a cut or an append that is
  // under way has ended. An erasure that is due stays due in the database. The
  // destructor calls it; a second call does nothing.
  void Stop();

 private:
  // This is the thread: it waits for work, carries it out, and rests.
  void Run();
  // Blocks until there is work. Returns false when it is time to end.
  bool AwaitWork();
  // Appends EraseOn records until no more rows can be cleaned now, for kPause,
  // or until it is time to end: what others have erased must not wait for a
  // channel with millions of events. Rows that are left, or wait for PENDING
  // sends, are for the next time.
  absl::Status CleanRows();
  // Cleans rows, and then carries out what is due.
  absl::Status DoWork();
  // Waits for `time`, or less when it is time to end; then it returns false.
  bool Rest(std::chrono::milliseconds time);
  // Makes the log hold nothing old and appends Erased for all erasures up to
  // `through_no`. The order matters: an Erased record before that would be
  // untrue after a crash. On failure, and when it is time to end, nothing is
  // noted as done.
  absl::Status CarryOut(std::int64_t through_no);
  // Waits while the log is overwritten quickly enough. Returns whether old
  // bytes are left, so that the log must be cut.
  absl::StatusOr<bool> AwaitOverwriting();

  const Clock& clock_;
  Journal& journal_;
  const Options options_;
  // There is work while due_ is greater than done_, or rows are to be cleaned.
  // The two are numbers of erasures, which are carried out in order.
  Mutex mutex_;
  CondVar wake_;
  std::int64_t due_ ABSL_GUARDED_BY(mutex_);
  std::int64_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  bool erasing_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor::journal
