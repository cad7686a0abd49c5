// This is the embedded engine (implementation) of the journal (journal.h). It
// has one SQLite database and one writer thread. A batch is the records that
// the writer thread applies in one transaction. The commit of the transaction
// makes these records durable and applied at the same time, so nothing is ever
// replayed. The App makes one engine. All parts of the server append to it, on
// any thread.
//
// The writer thread works in a loop. It takes all waiting records and commits
// them. Usually they are one batch; when they exceed a limit of Options, they
// become several batches. After each commit it tells the feed (feed.h) and
// calls the callbacks. When all records are answered, it runs the tasks of
// RunOnWriter and LookForRoom. A task uses the writing connection, which only
// the writer thread may use. Then it makes a checkpoint if the write-ahead log
// has grown enough. Last it writes the marker, if that is due
// (DataFolder::KeepMarker).
//
// The word "Log" in the names of this class means SQLite's write-ahead log.

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
    // A batch ends when its records take this many bytes of memory or more.
    // With a larger limit a commit could take longer, and all callers in it
    // would wait longer. A larger batch would not make the commit's sync of the
    // disk cheaper.
    std::size_t max_batch_bytes = 1024 * 1024;
    // A batch also ends when applying its records has taken this long. So a few
    // slow records do not delay the answers to many others.
    absl::Duration max_batch_time = absl::Milliseconds(2);
    // When the waiting records would take more bytes than this, the next append
    // is refused with OVERLOADED. So the memory stays bounded when the disk is
    // slow. A record that is larger than the limit is accepted only when no
    // other record waits.
    std::size_t max_waiting_bytes = 64 * 1024 * 1024;
    // When the write-ahead log has this many pages (4 KiB each), the writer
    // makes a checkpoint: it writes the pages into the database file. With a
    // larger number, checkpoints delay commits less often. With a smaller
    // number, a start after a crash is quicker, because the write-ahead log is
    // shorter.
    std::int64_t checkpoint_pages = 16'384;
    // Some rows of two tables, the mid index and the heads of conversations,
    // are first collected in memory. `runs` says how many of these rows are
    // collected before they are moved to their tables in sorted order
    // (state/recent_rows.h). A crash loses none of them: the next start reads
    // them again from the table of events.
    state::RunSizes runs;
  };

  // The journal calls this function once, on the writer's thread, when the disk
  // has failed. That failure is final: nothing can be stored any more, and
  // every later append is refused. The function must not block. It must not
  // call Stop either, because Stop waits until the writer's thread has ended.
  using FailureSink = std::function<void(const absl::Status&)>;

  // Takes the folder's writing connection and starts the writer's thread. Then
  // it appends InstanceStarted as the first record of this incarnation
  // (Appender in data_folder.h), and blocks until the record is committed.
  // `now_ms` is the time of the record, in milliseconds since the epoch. It
  // fails with UNAVAILABLE or RESOURCE_EXHAUSTED when the record could not be
  // stored, and with SQLite's error when the tables cannot be read. After a
  // failure the writing connection is closed. The DataFolder object cannot give
  // out another one, so a new attempt needs a new DataFolder. `folder` must
  // outlive the journal.
  static absl::StatusOr<std::unique_ptr<EmbeddedJournal>> Create(
      const Options& options, DataFolder& folder, std::int64_t now_ms,
      FailureSink on_failure);

  ~EmbeddedJournal() override;

  // Applies the records that wait, ends the writer's thread, empties the
  // write-ahead log and writes the marker. It blocks for all of this. If the
  // disk has failed, it leaves the write-ahead log and the marker as they are.
  // Later appends are refused with DRAINING. If the write-ahead log cannot be
  // emptied, Stop only writes a warning to the server's output. This is
  // harmless, because the next start reads the write-ahead log. The destructor
  // calls Stop, and a second call does nothing. Stop is not thread-safe.
  void Stop();

  using Journal::Append;
  void Append(Appended appended, Callback done) override;

  // Runs `task` on the writer's thread, with the writing connection, between
  // two batches. It returns what `task` returns. It returns UNAVAILABLE and
  // does not run `task` when the journal has stopped (DRAINING) or its disk has
  // failed (STORE_FAILED). It blocks until `task` has run. No record is applied
  // while `task` runs. The writer's thread must not call RunOnWriter, because
  // it would wait for itself.
  using WriterTask = absl::AnyInvocable<absl::Status(sqlite::Database&)>;
  absl::Status RunOnWriter(WriterTask task);

  // The next three functions remove the old bytes of erased content from the
  // files, after Apply has overwritten the content with zeros. The erasure
  // worker (erasure_worker.h) calls BeginLogAnew first. Then it calls CutLog,
  // unless OldLogBytes returns 0. When these calls have succeeded, no file has
  // the content any more. Each of the three functions runs as a task of
  // RunOnWriter, so the same rules and errors hold. If the disk fails in one of
  // them, the journal has failed, too.
  //
  // BeginLogAnew writes the write-ahead log into the database file. Then it
  // makes the write-ahead log begin again at the start of its own file. It
  // pauses all readers meanwhile. When another program reads the database,
  // BeginLogAnew fails, and sqlite::FaultOf returns kBusy for the error.
  absl::Status BeginLogAnew();
  // Returns how many bytes in the file of the write-ahead log are older than
  // the last BeginLogAnew. Later commits overwrite these bytes from the front
  // to the end.
  absl::StatusOr<std::int64_t> OldLogBytes();
  // Cuts off the bytes that OldLogBytes counts. It does so in steps, and
  // records are applied between the steps. Afterwards commits are slower until
  // the file has grown again.
  absl::Status CutLog();

  // Returns true when the disk had no room for a commit, or for a checkpoint of
  // the writer's loop. A later commit that writes a page makes it false again.
  // It is thread-safe, and the answer may be a moment old.
  bool disk_full() const { return disk_full_.load(std::memory_order_relaxed); }
  // Makes the writer commit an unchanged page, to learn whether the disk has
  // room again. While the disk is full, clients may stop calling the server, so
  // there may be no append that would find this out. The function does not
  // wait: disk_full() has the result some time later. It is thread-safe.
  void LookForRoom();

 private:
  EmbeddedJournal(const Options& options, DataFolder& folder,
                  FailureSink on_failure);
  // This is the function of the writer's thread. It returns when stopping_ is
  // set and both queues are empty. So records that were accepted before the
  // stop are still committed.
  void Run();
  // Gives the record of `waiting` the next number, and moves `waiting` into the
  // queue. On failure it does not move `waiting`, so that the caller can still
  // call waiting.done with the failure.
  absl::Status Enqueue(Waiting& waiting);
  // A Work is everything that the writer takes out of the two queues, waiting_
  // and tasks_, at one time.
  struct Work {
    Batch batch;
    std::vector<absl::AnyInvocable<void()>> tasks;
  };
  // Blocks until there is work or the journal stops, and then empties both
  // queues. An empty Work means that the writer must end.
  Work TakeAll();
  // Runs `step` on the writer's thread, for BeginLogAnew, OldLogBytes and
  // CutLog. If the disk fails in the step, it calls Fail.
  absl::Status RunOnLog(
      absl::FunctionRef<absl::Status(sqlite::Database&)> step);
  // Applies and commits the batch at the front of `waiting`, tells the feed,
  // calls the callbacks, and removes the records that were answered. When the
  // commit fails, it does not tell the feed, and every record of the batch ends
  // as FailedEnding says. It always removes at least one record, so that the
  // caller's loop ends.
  void RunBatch(Batch& waiting);
  // Sets disk_full_ after a commit. `committed` is the status of the commit.
  // `written_before` is the value of database_->written_commits() before the
  // commit. A commit that wrote no page does not tell whether the disk has
  // room, so it leaves disk_full_ as it is.
  void NoteRoom(const absl::Status& committed, std::int64_t written_before);
  // Returns the ending for every record of a batch that was not committed. It
  // logs the cause, and it calls Fail when the disk is at fault.
  Ending FailedEnding(const BatchApplier::Result& result);
  // Calls the callbacks of the first `count` records and removes these records.
  // `failed` is nullopt when the batch was committed. Otherwise every record
  // gets `failed` as its ending. Another thread frees the memory of a large
  // batch.
  void Answer(Batch& waiting, std::size_t count,
              const std::optional<Ending>& failed);
  // Writes pages of the write-ahead log into the database file when there are
  // enough of them. Commits can begin again at the start of the log's file only
  // after a moment in which nobody reads. If reads always overlap, there is no
  // such moment. So when the log has twice Options::checkpoint_pages,
  // Checkpoint pauses all readers.
  void Checkpoint();
  // Makes the failure final: it sets failed_, writes the reason to the server's
  // output, and calls on_failure_. It is called on the writer's thread, while
  // mutex_ is not held.
  void Fail(const absl::Status& why);

  const Options options_;
  DataFolder& folder_;
  const std::unique_ptr<sqlite::Database> database_;
  const FailureSink on_failure_;
  BatchApplier applier_;
  // Checkpoint does something only when the write-ahead log has at least this
  // many pages. Only the writer uses this member.
  std::int64_t next_checkpoint_;
  // The writer sets failed_ once and never resets it. Every thread reads it.
  std::atomic<bool> failed_{false};
  std::atomic<bool> disk_full_{false};

  // The mutex guards the members that appenders and the writer share. It is
  // never held while records are applied or a callback runs.
  Mutex mutex_;
  CondVar ready_;
  Batch waiting_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::AnyInvocable<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  // This is the sum of Waiting::bytes over the records in waiting_. It includes
  // the records that the writer has taken but not answered yet, because they
  // take memory as well.
  std::size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // This is the number of the last record that was accepted in this
  // incarnation.
  std::int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // This executor frees the memory of large batches that were answered, because
  // the writer has no time for it. When webhooks had 1,000 items each, freeing
  // them was an eighth of the writer's work.
  Executor cleaner_;
  std::thread thread_;
};

}  // namespace linktor::journal
