// This is the embedded engine of the journal. It has one SQLite database and
// one writer thread. It applies all waiting records in one transaction. A
// commit makes a record durable and applied at the same time, so nothing is
// ever replayed. The App makes one engine. Every part of the server appends to
// it, from its own thread.
//
// The writer thread takes everything that waits, and commits it batch by batch.
// After each commit it tells the feed and calls the callbacks. Then it runs the
// tasks that other threads have handed in for its connection. Last it makes a
// checkpoint, if the write-ahead log has grown enough.

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
    // A batch takes waiting records, until these take this many bytes of
    // memory. With a larger batch each commit would take longer, and every
    // caller would wait longer. It would not make the sync cheaper.
    std::size_t max_batch_bytes = 1024 * 1024;
    // A batch also ends when applying it has taken this long, so that a few
    // slow records do not delay the answers of all others.
    absl::Duration max_batch_time = absl::Milliseconds(2);
    // When the waiting records would take more bytes than this, the next append
    // is refused with OVERLOADED. So the memory stays bounded when the disk is
    // slow. A record that is larger than the limit is taken when no other
    // record waits.
    std::size_t max_waiting_bytes = 64 * 1024 * 1024;
    // When the write-ahead log has this many pages (4 KiB each), they are
    // written into the database. A larger number means fewer long commits. A
    // smaller number means a quicker start after a crash.
    std::int64_t checkpoint_pages = 16'384;
    // These say how many new entries are collected in memory before they are
    // moved to the tables in sorted order (state/recent_rows.h).
    state::RunSizes runs;
  };

  // The journal calls it once, on the writer's thread, when the disk has
  // failed. That failure is final: nothing can be stored any more, and every
  // later append is refused. The function must not block, and it must not stop
  // the journal itself.
  using FailureSink = std::function<void(const absl::Status&)>;

  // Takes the folder's writing connection and starts the writer. Then it
  // appends InstanceStarted as the first record of this incarnation, at
  // `now_ms` (milliseconds since the epoch), and blocks for that commit. It
  // fails with UNAVAILABLE or RESOURCE_EXHAUSTED when the record could not be
  // stored, and with SQLite's error when the tables cannot be read. After a
  // failure the connection is closed, and the folder cannot be used for another
  // attempt. `folder` must outlive the journal.
  static absl::StatusOr<std::unique_ptr<EmbeddedJournal>> Create(
      const Options& options, DataFolder& folder, std::int64_t now_ms,
      FailureSink on_failure);

  ~EmbeddedJournal() override;

  // Applies the records that wait, ends the writer, empties the write-ahead log
  // and writes the marker. It blocks for all of this. If the disk has failed,
  // it leaves the log and the marker as they are. Later appends are refused
  // with DRAINING. If the log cannot be emptied, Stop only writes a line to the
  // server's log, because the next start reads the write-ahead log. The
  // destructor calls Stop, and a second call does nothing. Stop is not
  // thread-safe.
  void Stop();

  using Journal::Append;
  void Append(Appended appended, Callback done) override;

  // Runs `task` on the writing connection, between two batches, and returns
  // what the task returns. It returns UNAVAILABLE and does not run the task
  // when the journal has stopped (DRAINING) or its disk has failed
  // (STORE_FAILED). It blocks until the task has run. No record is applied
  // meanwhile. The writer's thread must not call it.
  using WriterTask = absl::AnyInvocable<absl::Status(sqlite::Database&)>;
  absl::Status RunOnWriter(WriterTask task);

  // The next three functions remove overwritten content from the files. Call
  // BeginLogAnew first. Then call CutLog, unless OldLogBytes returns 0. When
  // these have succeeded, no file has the content any more. The rules and the
  // errors of RunOnWriter hold for each of the three. If the disk fails in one
  // of them, the journal has failed, too.
  //
  // BeginLogAnew writes the write-ahead log into the database. Then it makes
  // the log begin again at the start of its file. It pauses all readers.
  // FaultOf of the status is kBusy when another program reads the database.
  absl::Status BeginLogAnew();
  // Returns how many bytes of the log's file are older than the last
  // BeginLogAnew. Appends overwrite these bytes one after another.
  absl::StatusOr<std::int64_t> OldLogBytes();
  // Cuts off the bytes that OldLogBytes counts. It does so in steps, and
  // records are applied between the steps. Afterwards appends are slower until
  // the file has grown again.
  absl::Status CutLog();

  // Returns whether the disk had no room when a page was last to be written to
  // it. It is thread-safe, and the answer may be a moment old.
  bool disk_full() const { return disk_full_.load(std::memory_order_relaxed); }
  // Makes the writer commit an unchanged page, to learn whether the disk has
  // room again. While callers get DISK_FULL, there may be no append that would
  // find this out. The function does not wait: disk_full() has the result some
  // time later. It is thread-safe.
  void LookForRoom();

 private:
  EmbeddedJournal(const Options& options, DataFolder& folder,
                  FailureSink on_failure);
  // This is the function of the writer thread. It returns when stopping_ is set
  // and nothing is left to apply or run. So records that were accepted before
  // the stop are still committed.
  void Run();
  // Moves `waiting` into the queue under the next number. On failure it does
  // not move `waiting`, so that the caller can call its callback with the
  // status.
  absl::Status Enqueue(Waiting& waiting);
  // A Work is everything that the writer takes out of the queues at one time.
  struct Work {
    Batch batch;
    std::vector<absl::AnyInvocable<void()>> tasks;
  };
  // Blocks until there is work or the journal stops, and then empties both
  // queues. An empty Work means that the writer must end.
  Work TakeAll();
  // Runs `step` on the writer's thread, as a part of BeginLogAnew, OldLogBytes
  // or CutLog. If the disk fails in the step, it calls Fail.
  absl::Status RunOnLog(
      absl::FunctionRef<absl::Status(sqlite::Database&)> step);
  // Applies and commits the front of `waiting`, tells the feed, calls the
  // callbacks, and removes the records that were answered. When the commit
  // failed, it does not tell the feed, and every record of the batch ends as
  // FailedEnding says. It always removes at least one record, so that the
  // caller's loop ends.
  void RunBatch(Batch& waiting);
  // Sets disk_full_ after a commit. `committed` is the status of the commit.
  // `written_before` is the database's written_commits() before the commit. A
  // commit that wrote no page says nothing about the disk, so it changes
  // nothing here.
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
  // Writes the log's pages into the database when there are enough of them. The
  // source explains how the log can begin anew although readers come and go.
  void Checkpoint();
  // Makes the failure final: it sets failed_, logs the reason, and calls
  // on_failure_. It is called on the writer's thread, while mutex_ is not held.
  void Fail(const absl::Status& why);

  const Options options_;
  DataFolder& folder_;
  const std::unique_ptr<sqlite::Database> database_;
  const FailureSink on_failure_;
  BatchApplier applier_;
  // Checkpoint acts when the log has at least this many pages. Only the writer
  // uses this member.
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
  // This is the size of the records in waiting_, in bytes. It includes the
  // records that the writer has taken but not answered yet, because they take
  // memory as well.
  std::size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // This is the number of the last record that was accepted in this
  // incarnation.
  std::int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // This executor frees the memory of batches that were answered, because the
  // writer has no time for it. With posts of 1,000 items, freeing them was an
  // eighth of the writer's work.
  Executor cleaner_;
  std::thread thread_;
};

}  // namespace linktor::journal
