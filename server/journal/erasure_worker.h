// The erasure worker completes erasures. Apply has overwritten the erased
// content with zeros, but the old bytes are still on the disk. Until a
// checkpoint they are in the database file, and the write-ahead log may have
// both the old bytes and the zeros. So the worker first lets the log begin
// again at the start of its file. Then it waits until new records have
// overwritten the old part of the log, or it cuts off that part. Last it
// appends an Erased record, which says that no file has the content any more.
// If the process dies before that, the erasure is due again at the next start.
//
// When a person was erased, more rows may tell of that person than one record
// may change. The worker then first appends EraseOn records, until no such rows
// are left.
//
// The App makes one worker. The worker has a thread of its own, which may
// block.

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
  // much later, because a checkpoint delays all appends for a moment. The
  // worker also waits at most this long until a busy log has been overwritten.
  // The promise that an erasure is done within 60 s still holds.
  static constexpr std::chrono::seconds kPause{10};
  // During that wait, the worker looks at the log this many times. It stops
  // waiting when too few bytes were overwritten between two looks: fewer than
  // all old bytes divided by kLooks.
  static constexpr int kLooks = 10;

  struct Options {
    // These are the functions of EmbeddedJournal with the same names. The
    // worker calls them on its thread, and they may block. When one of them
    // fails, the worker begins again after 1 s.
    std::function<absl::Status()> begin_log_anew;
    std::function<absl::StatusOr<std::int64_t>()> old_log_bytes;
    std::function<absl::Status()> cut_log;
    // This is kPause, unless a test makes it shorter.
    std::chrono::milliseconds pause = kPause;
    // This is the number of the last erasure that was due when the server
    // started; 0 means that none was due.
    std::int64_t due = 0;
    // It is true when, at the start, rows still told of people who had been
    // erased.
    bool erasing = false;
  };

  // `clock` gives the times of the records that the worker appends. `clock` and
  // `journal` must outlive this object.
  ErasureWorker(const Clock& clock, Journal& journal, Options options);
  ~ErasureWorker();
  ErasureWorker(const ErasureWorker&) = delete;
  ErasureWorker& operator=(const ErasureWorker&) = delete;

  // Starts the thread. It must be called once, after OnCommit was added to the
  // feed. The records that the thread appends make erasures due, and only the
  // feed tells the worker about these erasures.
  void Start();

  // This is the worker's view of the feed (feed.h). It notes the erasures that
  // have become due, and it wakes the thread.
  void OnCommit(std::span<const AppliedRecord> records);

  // Ends the thread. It blocks until the thread's present checkpoint, cut or
  // append has ended. An erasure that is due stays due in the database. The
  // destructor calls Stop, and a second call does nothing.
  void Stop();

 private:
  // This is the thread's function. It waits for work, does the work, and rests.
  void Run();
  // Blocks until there is work. Returns false when the thread must end.
  bool AwaitWork();
  // Appends EraseOn records until no more rows can be cleaned now, until kPause
  // has passed, or until the thread must end. The time is limited, because
  // other erasures must not wait for a channel with millions of events. The
  // next call cleans the rows that are left, and also the rows that wait for
  // the end of PENDING sends.
  absl::Status CleanRows();
  // Cleans rows, and then carries out the erasures that are due.
  absl::Status DoWork();
  // Waits for `time` and returns true. When the thread must end, it stops
  // waiting and returns false.
  bool Rest(std::chrono::milliseconds time);
  // Removes old content from the log, and then appends Erased for all erasures
  // up to `through_no`. The order matters: an Erased record that came first
  // would be untrue after a crash. On failure, and when the thread must end, it
  // notes nothing as done.
  absl::Status CarryOut(std::int64_t through_no);
  // Waits while the log is overwritten quickly enough. Returns true when old
  // bytes are left, so that the log must be cut.
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
