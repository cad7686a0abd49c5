// The embedded engine: one SQLite database, one writer thread, one transaction
// for all that waits. Durable and applied are one commit, and nothing is ever
// replayed.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "server/journal/batch_applier.h"
#include "server/journal/data_folder.h"
#include "server/journal/journal.h"

namespace linktor {

class EmbeddedJournal final : public Journal {
 public:
  struct Options {
    // A batch is what is waiting, up to this much content…
    std::size_t max_batch_bytes = 1024 * 1024;
    // …or this much time spent applying it.
    absl::Duration max_batch_time = absl::Milliseconds(2);
    // More content than this waiting is refused: OVERLOADED.
    std::size_t max_waiting_bytes = 64 * 1024 * 1024;
    // Pages (4 KiB each) of the write-ahead log from which on it is written
    // into the database. Larger means fewer long commits, smaller a quicker
    // start after a crash.
    std::int64_t checkpoint_pages = 16'384;
    // See MidIndex.
    std::size_t mid_run = MidIndex::kRunSize;
  };

  // Told once, on the writer's thread, that nothing can be stored any more
  // because the disk has failed; every later append is refused.
  using FailureSink = std::function<void(const absl::Status&)>;

  // Takes the folder's writing connection, and begins this incarnation.
  // `folder` must outlive the journal. UNAVAILABLE or RESOURCE_EXHAUSTED when
  // the start cannot be recorded.
  static absl::StatusOr<std::unique_ptr<EmbeddedJournal>> Create(
      const Options& options, DataFolder& folder, std::int64_t now_ms,
      FailureSink on_failure);

  ~EmbeddedJournal() override;

  // Applies what waits, ends the writer and empties the write-ahead log; later
  // appends are refused with DRAINING. Done by the destructor if by nobody
  // else; not thread-safe.
  void Stop();

  using Journal::Append;
  void Append(Appended appended, Callback done) override;

  // Runs `task` on the writing connection, between two batches, and returns
  // what it returns. UNAVAILABLE when the journal has stopped or its disk has
  // failed. It blocks, must not be called from the writer's thread, and holds
  // up all appends while the task runs.
  using WriterTask = absl::AnyInvocable<absl::Status(Database&)>;
  absl::Status RunOnWriter(WriterTask task);
  // Writes the write-ahead log into the database and empties it, so that what
  // was overwritten is in no file any more. As RunOnWriter.
  absl::Status EmptyLog();

  // Whether the disk had no room for what was last written to it. Thread-safe.
  bool disk_full() const { return disk_full_.load(std::memory_order_relaxed); }
  // Lets the writer find out anew, without waiting for it: after a refusal
  // there may be no append for long. Thread-safe.
  void LookForRoom();

 private:
  EmbeddedJournal(const Options& options, DataFolder& folder,
                  FailureSink on_failure);
  void Run();
  // Takes it, or leaves it and says why.
  absl::Status Enqueue(Waiting& waiting);
  // What waits for the writer.
  struct Work {
    Batch batch;
    std::vector<absl::AnyInvocable<void()>> tasks;
  };
  Work TakeAll();
  // Applies and commits the front of `waiting`, and answers it.
  void RunBatch(Batch& waiting);
  // Draws from a commit what it says of the disk; `written_before`: the
  // database's written_commits before it.
  void NoteRoom(const absl::Status& committed, std::int64_t written_before);
  // What the appenders of a batch are told that was not committed.
  Ending FailedEnding(const BatchApplier::Result& result);
  // `failed` is nothing when the batch was committed.
  void Answer(Batch& waiting, std::size_t count,
              const std::optional<Ending>& failed);
  void Checkpoint();
  void Fail(const absl::Status& why);

  const Options options_;
  DataFolder& folder_;
  const std::unique_ptr<Database> database_;
  const FailureSink on_failure_;
  BatchApplier applier_;
  // The writer's: when the log is looked at next, in pages.
  std::int64_t next_checkpoint_;
  // Set once, by the writer.
  std::atomic<bool> failed_{false};
  std::atomic<bool> disk_full_{false};

  Mutex mutex_;
  CondVar ready_;
  Batch waiting_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::AnyInvocable<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor
