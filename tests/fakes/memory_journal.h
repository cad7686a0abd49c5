// A MemoryJournal is a journal in memory, for tests. One log serves several
// instances of the server, and each instance applies the log to its own state.
// It imitates a replicated log: it applies records in the same way, but needs
// no network. So tests with it find faults in code that depends on which
// instance appended a record.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/mutex.h"
#include "server/journal/batch_applier.h"
#include "server/journal/data_folder.h"
#include "server/journal/journal.h"
#include "tests/support/temp_folder.h"

namespace linktor {

// A SharedLog is the log of these instances. It stores records as bytes, so
// that a state gets only information that can be stored as bytes. It must
// outlive its journals. It is thread-safe.
class SharedLog {
 public:
  // Appends a record and returns its position; positions begin at 1.
  std::int64_t Append(std::string record);
  std::int64_t last_position() const;
  // Returns the record at this position, which must exist.
  std::string At(std::int64_t position) const;

  // Returns the position up to which the state of an instance has applied the
  // log. A real journal stores this position in the transaction that applies
  // the records. Here the log can store it, because the log outlives all
  // states.
  std::int64_t AppliedBy(const std::string& instance) const;
  void SetApplied(const std::string& instance, std::int64_t position);

 private:
  mutable Mutex mutex_;
  std::deque<std::string> records_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::int64_t> applied_
      ABSL_GUARDED_BY(mutex_);
};

class MemoryJournal final : public journal::Journal {
 public:
  struct Options {
    // When it is true, only Pump() applies records. Otherwise each append
    // applies the whole log, on the appending thread.
    bool stepped = false;
    // A transaction has at most this many records.
    std::size_t batch_records = 64;
    // These say when rows are moved from memory to their tables (see
    // recent_rows.h).
    state::RunSizes runs;
    // It is called with the writing connection before any record is applied. It
    // may be empty.
    std::function<void(sqlite::Database&)> prepare;
  };

  // Takes the writing connection of the folder, and appends the first record of
  // a new incarnation. An incarnation is one start of an instance (see
  // data_folder.h). `log` and `folder` must outlive the journal.
  static absl::StatusOr<std::unique_ptr<MemoryJournal>> Create(
      const Options& options, SharedLog& log, journal::DataFolder& folder,
      std::int64_t now_ms);
  // Applies the whole log to a folder that has no journal. No view (see feed.h)
  // and no appender is told about it.
  static absl::Status CatchUp(const Options& options, SharedLog& log,
                              journal::DataFolder& folder);
  ~MemoryJournal() override;

  // Refuses later appends with DRAINING. Records in the log that are not
  // applied yet end as unknown. The destructor calls it.
  void Stop();

  using journal::Journal::Append;
  void Append(journal::Appended appended, Callback done) override;

  // Applies at most `most` records that are in the log but not applied yet.
  // When another thread is applying records, it leaves all work to that thread.
  // It is thread-safe, and so are the two setters below.
  void Pump(std::size_t most = std::numeric_limits<std::size_t>::max());
  void SetStepped(bool stepped);
  // Sets how many records a transaction may have, from the next transaction on.
  void SetBatchRecords(std::size_t records);

  // Returns the position up to which the log is applied.
  std::int64_t applied() const;
  // Returns OK while records are applied. After a failure it returns why no
  // more records are applied.
  absl::Status stopped() const;

 private:
  // An Own has the things that a record of this process needs and that are not
  // in its bytes.
  struct Own {
    state::ClearEvents clear;
    Callback done;
  };

  MemoryJournal(const Options& options, SharedLog& log,
                journal::DataFolder& folder);
  absl::Status Enqueue(journal::Appended& appended, Callback& done);
  // Gets the right to apply records, and returns the next batch. The batch is
  // empty when there is nothing to apply, or when another thread has the right.
  journal::Batch Take(std::size_t most);
  absl::StatusOr<journal::Waiting> Read(std::int64_t position)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ApplyAll(journal::Batch& batch);
  // Stops applying for ever, and tells all callers that wait.
  void Fail(const absl::Status& why);
  void EndAll(const absl::Status& why);

  SharedLog& log_;
  journal::DataFolder& folder_;
  const std::unique_ptr<sqlite::Database> database_;
  // Only the thread that has set pumping_ uses it.
  journal::BatchApplier applier_;

  mutable Mutex mutex_;
  bool stepped_ ABSL_GUARDED_BY(mutex_);
  std::size_t batch_records_ ABSL_GUARDED_BY(mutex_);
  // These belong to records of this process that are not applied yet. The key
  // is the number of the record.
  absl::flat_hash_map<std::int64_t, Own> own_ ABSL_GUARDED_BY(mutex_);
  std::int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t applied_ ABSL_GUARDED_BY(mutex_) = 0;
  bool pumping_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status stopped_ ABSL_GUARDED_BY(mutex_);
};

// A MemoryInstance is a data folder with a journal on a shared log. It is
// closed until Open().
class MemoryInstance {
 public:
  // The log must outlive this.
  MemoryInstance(SharedLog& log, MemoryJournal::Options options);
  ~MemoryInstance();

  // Opens the folder and begins a new incarnation. It first applies the whole
  // log, as a server does before it loads its views. `view` gets the feed from
  // the first record of the incarnation on; it may be null. When a record
  // cannot be applied here, fails with the error of that record.
  absl::Status Open(journal::Feed::View view = nullptr);
  // Closes the folder. Records that its journal has not applied stay in the
  // log, as they do after a crash.
  void Close();
  // Applies the log while this instance is closed, without a new incarnation.
  absl::Status CatchUp();

  journal::DataFolder& folder() { return *folder_; }
  MemoryJournal& journal() { return *journal_; }
  std::string database_path() const { return temp_.path() + "/gateway.db"; }
  // Changes take effect at the next Open().
  MemoryJournal::Options& options() { return options_; }

 private:
  TempFolder temp_;
  SharedLog& log_;
  MemoryJournal::Options options_;
  std::unique_ptr<journal::DataFolder> folder_;
  std::unique_ptr<MemoryJournal> journal_;
};

}  // namespace linktor
