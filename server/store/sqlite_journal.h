// The embedded engine: one writer thread, one transaction for all that waits.

#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "server/store/journal.h"
#include "server/store/projection.h"
#include "server/store/sealer.h"
#include "server/store/sqlite.h"

namespace linktor {

class SqliteJournal final : public Journal {
 public:
  struct Options {
    // A batch is what is waiting, up to this much content…
    std::size_t max_batch_bytes = 1024 * 1024;
    // …or this much time spent applying it.
    absl::Duration max_batch_time = absl::Milliseconds(2);
    // More content than this waiting is refused: OVERLOADED.
    std::size_t max_waiting_bytes = 64 * 1024 * 1024;
    // See MidIndex.
    std::size_t mid_run = MidIndex::kRunSize;
  };

  // What the writer tells, on its thread: the events of each batch, in order,
  // before the batch's callbacks; and once that the disk has failed, after
  // which every append is refused.
  using CommitSink = std::function<void(std::vector<CommittedEvent>)>;
  using FailureSink = std::function<void(const absl::Status&)>;

  // `database` is migrated and has a log state; no other connection writes.
  static absl::StatusOr<std::unique_ptr<SqliteJournal>> Create(
      const Options& options, std::unique_ptr<Database> database,
      Sealer& sealer, CommitSink on_commit, FailureSink on_failure);

  ~SqliteJournal() override;

  // Applies what waits, then ends the writer; later appends are refused with
  // DRAINING. Done by the destructor if by nobody else; not thread-safe.
  void Stop();

  void Append(Record record, Callback done) override;

  // Whether the last commit failed because the disk has no room. It is known
  // again with the next append. Thread-safe.
  bool disk_full() const { return disk_full_.load(std::memory_order_relaxed); }

 private:
  struct Waiting {
    Record record;
    Callback done;
    std::size_t bytes = 0;
    absl::StatusOr<Outcome> outcome = absl::UnknownError("not applied");
  };

  SqliteJournal(const Options& options, std::unique_ptr<Database> database,
                Sealer& sealer, CommitSink on_commit, FailureSink on_failure);
  void Run();
  // Takes it, or leaves it and says why.
  absl::Status Enqueue(Waiting& waiting);
  std::deque<Waiting> TakeAll();
  // Applies and commits the front of `waiting`, and answers it.
  void RunBatch(std::deque<Waiting>& waiting);
  absl::Status RollBack(const Projection::Position& before);
  absl::Status ApplyTogether(std::deque<Waiting>& waiting, std::size_t& count);
  absl::Status ApplyOneByOne(std::deque<Waiting>& waiting, std::size_t count);
  absl::StatusOr<Outcome> ApplyAlone(Waiting& waiting, absl::Status& disk);
  void Answer(std::deque<Waiting>& waiting, std::size_t count,
              const absl::Status& committed);
  void Fail(const absl::Status& why);

  const Options options_;
  const std::unique_ptr<Database> database_;
  Sealer& sealer_;
  const CommitSink on_commit_;
  const FailureSink on_failure_;
  Projection projection_;
  Statement begin_;
  Statement commit_;
  // Set once, by the writer.
  std::atomic<bool> failed_{false};
  std::atomic<bool> disk_full_{false};

  Mutex mutex_;
  CondVar ready_;
  std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor
