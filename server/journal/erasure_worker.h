// The erasure worker completes erasures. Apply (state/applier.h) has
// overwritten the erased content with zeros, but the old bytes are still on the
// disk. Until the next checkpoint they are in the database file. The
// write-ahead log may have both the old bytes and the zeros. So the worker
// first makes a checkpoint and lets the write-ahead log begin again at the
// start of its file. Then it waits until new commits have overwritten the old
// part of the file, or it cuts off that part. Last it appends an Erased record,
// which says that no file has the content any more. If the process dies before
// that record is stored, the next start finds the erasure still due.
//
// When a person or a channel is erased, more rows may have to change than one
// record may change. Then the worker first appends EraseOn records. Each of
// them cleans some of the rows, until none is left.
//
// The App makes one worker. The worker has a thread of its own, because its
// calls block.

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
  // When an erasure becomes due, the worker makes a checkpoint at once. It
  // makes the next one at least this much later, because a checkpoint delays
  // all appends for a moment. After a checkpoint the worker waits at most this
  // long for new commits to overwrite the old part of the write-ahead log. Even
  // with these waits an erasure is done within the promised 60 s.
  static constexpr std::chrono::seconds kPause{10};
  // During that wait, the worker asks this many times how many old bytes are
  // left. It stops waiting when too few bytes were overwritten since it asked
  // the last time: fewer than all old bytes divided by kLooks.
  static constexpr int kLooks = 10;

  struct Options {
    // These are the functions of EmbeddedJournal with the same names. The
    // worker calls them on its thread, and they may block. When one of them
    // fails, the worker begins the erasure again after 1 s.
    std::function<absl::Status()> begin_log_anew;
    std::function<absl::StatusOr<std::int64_t>()> old_log_bytes;
    std::function<absl::Status()> cut_log;
    // This is kPause, unless a test makes it shorter.
    std::chrono::milliseconds pause = kPause;
    // Erasures are numbered. This is the number of the last erasure that was
    // due when the server started; 0 means that none was due.
    std::int64_t due = 0;
    // It is true when, at the start, some rows of erased people or channels
    // were not cleaned yet.
    bool erasing = false;
  };

  // `clock` gives the times of the records that the worker appends. `clock` and
  // `journal` must outlive this object.
  ErasureWorker(const Clock& clock, Journal& journal, Options options);
  ~ErasureWorker();
  ErasureWorker(const ErasureWorker&) = delete;
  ErasureWorker& operator=(const ErasureWorker&) = delete;

  // Starts the thread. It must be called once, after OnCommit was added to the
  // feed. The reason: EraseOn records make new erasures due, and the worker
  // learns this only from the feed.
  void Start();

  // This is the worker's view of the feed (feed.h). It notes the erasures that
  // have become due, and it wakes the thread.
  void OnCommit(std::span<const AppliedRecord> records);

  // Ends the thread. It blocks until the thread has finished the checkpoint,
  // cut or append that is under way. An erasure that is not complete stays due
  // in the database. The destructor calls Stop, and a second call does nothing.
  void Stop();

 private:
  // This is the thread's function. It waits for work, does the work, and then
  // waits for Options::pause (or for 1 s after a failure).
  void Run();
  // Blocks until there is work. Returns false when the thread must end.
  bool AwaitWork();
  // Appends EraseOn records until no more rows can be cleaned now, until kPause
  // has passed, or until the thread must end. The time is limited, because the
  // other work of this thread must not wait for a channel with millions of
  // events. The next call cleans the rows that are left. Some rows must wait
  // until PENDING sends have ended; a later call cleans them, too.
  absl::Status CleanRows();
  // Cleans rows, and then carries out the erasures that are due.
  absl::Status DoWork();
  // Waits for `time` and returns true. When the thread must end, it stops
  // waiting and returns false.
  bool Rest(std::chrono::milliseconds time);
  // Removes old content from the files, and then appends Erased for all
  // erasures up to the number `through_no`. The order matters: if the Erased
  // record came first, a crash could make it untrue. When it fails, or when the
  // thread must end, it leaves done_ as it is.
  absl::Status CarryOut(std::int64_t through_no);
  // Waits while the old part of the write-ahead log is overwritten quickly
  // enough. Returns true when old bytes are left, so that they must be cut off.
  absl::StatusOr<bool> AwaitOverwriting();

  const Clock& clock_;
  Journal& journal_;
  const Options options_;
  // There is work while due_ is greater than done_, or while erasing_ is true,
  // which means that rows must be cleaned. due_ and done_ are numbers of
  // erasures. Erasures are carried out in the order of their numbers.
  Mutex mutex_;
  CondVar wake_;
  std::int64_t due_ ABSL_GUARDED_BY(mutex_);
  std::int64_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  bool erasing_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor::journal
