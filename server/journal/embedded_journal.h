// This is the embedded engine of the journal: one SQLite database, one writer
// thread, and one transaction for all records that wait. A commit makes a
// record durable and applied at once, so nothing is ever replayed. The App
// makes one; every part of the server appends to it from its own thread.
//
// The writer thread takes everything that waits, commits it batch by batch,
// tells the feed, and calls the callbacks. Then it runs the tasks that were
// handed in for its connection, and checkpoints when the write-ahead log has
// grown.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "server/base/executor.h"
#include "server/base/mutex.h"
#include "server/journal/batch_applier.h"
#include "server/journal/data_folder.h"
#include "server/journal/journal.h"

namespace linktor::journal {

class EmbeddedJournal final : public Journal {
 public:
  struct Options {
    // A batch is everything that waits, until its records take this many bytes
    // of memory. More would make the commit, and so everybody's wait, longer
    // without making the sync cheaper.
    std::size_t max_batch_bytes = 1024 * 1024;
    // A batch also ends when it was applied for this long: a few slow records
    // must not hold up the answers of all others.
    absl::Duration max_batch_time = absl::Milliseconds(2);
    // When the waiting records take more bytes than this, the next append is
    // refused with OVERLOADED. It bounds the memory of a server whose disk is
    // slow.
    std::size_t max_waiting_bytes = 64 * 1024 * 1024;
    // When the write-ahead log has this many pages (4 KiB each), they are
    // written into the database. A larger number means fewer long commits, a
    // smaller one a quicker start after a crash.
    std::int64_t checkpoint_pages = 16'384;
    // These say how much is collected in memory before it is sorted into the
    // tables.
    state::RunSizes runs;
  };

  // The journal calls it once, on the writer's thread, when the disk has failed
  // for good: nothing can be stored any more, and every later append is
  // refused. It must not block, and must not stop the journal itself.
  using FailureSink = std::function<void(const absl::Status&)>;

  // Takes the folder's writing connection, starts the writer, and appends
  // InstanceStarted as the first record of this incarnation, at `now_ms`
  // (milliseconds since the epoch). It blocks for that commit. It fails with
  // UNAVAILABLE or RESOURCE_EXHAUSTED when it could not be stored; the
  // connection is closed then, and the folder cannot be used for another
  // attempt. `folder` must outlive the journal.
  static absl::StatusOr<std::unique_ptr<EmbeddedJournal>> Create(
      const Options& options, DataFolder& folder, std::int64_t now_ms,
      FailureSink on_failure);

  ~EmbeddedJournal() override;

  // Applies what waits, ends the writer, empties the write-ahead log and writes
  // the marker; it blocks for all that. Later appends are refused with
  // DRAINING. A log that cannot be emptied is only logged: the next start reads
  // it. The destructor calls Stop; a second call does nothing. It is not
  // thread-safe.
  void Stop();

  using Journal::Append;
  void Append(Appended appended, Callback done) override;

  // Runs `task` on the writing connection, between two batches, and returns
  // what the task returns. It returns UNAVAILABLE without running it when the
  // journal has stopped (DRAINING) or its disk has failed (STORE_FAILED). It
  // blocks until the task has run, holds up all appends meanwhile, and must not
  // be called from the writer's thread.
  using WriterTask = absl::AnyInvocable<absl::Status(sqlite::Database&)>;
  absl::Status RunOnWriter(WriterTask task);

  // Content that was overwritten is in no file any more when these have
  // succeeded in this order: BeginLogAnew, and CutLog unless OldLogBytes is 0
  // already. The rules and errors of RunOnWriter hold for each, and the failure
  // of a disk is final.
  //
  // Writes the write-ahead log into the database, and begins it anew at the
  // start of its file. It pauses all readers. FaultOf of the status is kBusy
  // when another program reads the database.
  absl::Status BeginLogAnew();
  // Returns how many bytes of the log's file are still from before that.
  // Appends overwrite them one after another.
  absl::StatusOr<std::int64_t> OldLogBytes();
  // Cuts off those bytes. Appends go on between its steps, but are slower
  // afterwards, until the file has grown again.
  absl::Status CutLog();

  // Returns whether the disk had no room for the last page that was written to
  // it. It is thread-safe and may be a moment old.
  bool disk_full() const { return disk_full_.load(std::memory_order_relaxed); }
  // Lets the writer commit an unchanged page, to learn whether the disk has
  // room again: while callers see DISK_FULL there may be no append that would
  // tell. The result is in disk_full() some time later; this does not wait for
  // it. It is thread-safe.
  void LookForRoom();

 private:
  EmbeddedJournal(const Options& options, DataFolder& folder,
                  FailureSink on_failure);
  // This is the writer thread. It returns when stopping_ is set and nothing is
  // left to apply or run: what was accepted before the stop is still committed.
  void Run();
  // Moves `waiting` into the queue under the next number. On failure `waiting`
  // is left as it was, so that the caller can call its callback with the
  // status.
  absl::Status Enqueue(Waiting& waiting);
  // Work is everything that the writer takes out of the queues at one time.
  struct Work {
    Batch batch;
    std::vector<absl::AnyInvocable<void()>> tasks;
  };
  // Blocks until there is work or the journal stops, and empties both queues.
  // Empty work means that the writer must end.
  Work TakeAll();
  // Runs a step of the three calls on the log, and fails when the disk does.
  absl::Status RunOnLog(
      absl::FunctionRef<absl::Status(sqlite::Database&)> step);
  // Applies and commits the front of `waiting`, tells the feed, calls the
  // callbacks, and removes what was answered. When the commit failed, the feed
  // is told nothing and every record of the batch ends as FailedEnding says. It
  // always removes at least one record, so that the caller's loop ends.
  void RunBatch(Batch& waiting);
  // Sets disk_full_ by a commit that ended with `committed`. `written_before`
  // is what the database's written_commits was before it: a commit that wrote
  // no page proves nothing about the disk and changes nothing here.
  void NoteRoom(const absl::Status& committed, std::int64_t written_before);
  // Returns the ending for every record of a batch that was not committed. It
  // logs the cause, and calls Fail when the disk is at fault.
  Ending FailedEnding(const BatchApplier::Result& result);
  // Calls the callbacks of the first `count` records and removes them. `failed`
  // is nullopt when the batch was committed; else each of them gets this
  // ending. What a large batch held is freed on another thread.
  void Answer(Batch& waiting, std::size_t count,
              const std::optional<Ending>& failed);
  // Writes the log's pages into the database when there are enough of them; see
  // the source for how it comes to an end while readers come and go.
  void Checkpoint();
  // Makes the failure final: sets failed_, logs why, and tells on_failure_. It
  // is called on the writer's thread, outside of mutex_.
  void Fail(const absl::Status& why);

  const Options options_;
  DataFolder& folder_;
  const std::unique_ptr<sqlite::Database> database_;
  const FailureSink on_failure_;
  BatchApplier applier_;
  // This is the length of the log, in pages, from which on Checkpoint acts.
  // Only the writer uses it.
  std::int64_t next_checkpoint_;
  // The writer sets it once and never takes it back; every thread reads it.
  std::atomic<bool> failed_{false};
  std::atomic<bool> disk_full_{false};

  // It guards what passes between appenders and the writer. It is never held
  // while anything is applied or a callback runs.
  Mutex mutex_;
  CondVar ready_;
  Batch waiting_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::AnyInvocable<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  // Counts the records in waiting_ and also those that the writer has taken but
  // not answered yet, because they take memory as well.
  std::size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // This is the number of the last record that was taken in this incarnation.
  std::int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Frees batches that were answered, because the writer has no time for it:
  // with posts of 1,000 items it was an eighth of the writer's work.
  Executor cleaner_;
  std::thread thread_;
};

}  // namespace linktor::journal
