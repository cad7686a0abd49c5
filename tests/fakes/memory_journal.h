// A MemoryJournal is an engine in memory, for tests: one log feeds several
// states. It is like a replicated log in front of the same Apply, without the
// network. Whatever depends on who has appended a record is found here.

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

// A SharedLog is the log. It holds records as bytes, so that a state sees only
// what bytes can carry. It must outlive its journals. It is thread-safe.
class SharedLog {
 public:
  // Returns the record's position, from 1.
  std::int64_t Append(std::string record);
  std::int64_t last_position() const;
  // Returns the record at a position that the log has.
  std::string At(std::int64_t position) const;

  // Returns the position up to which an instance's state has applied the log. A
  // real engine keeps it in the transaction that applies; here the log can keep
  // it, because it outlives all states.
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
    // When it is set, only Pump applies. Otherwise each append applies all that
    // is in the log, on the appending thread.
    bool stepped = false;
    // A transaction has at most so many records.
    std::size_t batch_records = 64;
    // They say when rows go from memory to their tables.
    state::RunSizes runs;
    // It is called with the writing connection before anything is applied; it
    // may be empty.
    std::function<void(sqlite::Database&)> prepare;
  };

  // Takes the folder's writing connection, and begins this incarnation. Both
  // references must outlive the journal.
  static absl::StatusOr<std::unique_ptr<MemoryJournal>> Create(
      const Options& options, SharedLog& log, journal::DataFolder& folder,
      std::int64_t now_ms);
  // Applies the whole log to a folder that no journal has. No view and no
  // appender is told.
  static absl::Status CatchUp(const Options& options, SharedLog& log,
                              journal::DataFolder& folder);
  ~MemoryJournal() override;

  // Refuses later appends with DRAINING. Records in the log that are not
  // applied end as unknown. The destructor does it if nobody else has.
  void Stop();

  using journal::Journal::Append;
  void Append(journal::Appended appended, Callback done) override;

  // Applies at most `most` records that are in the log and not applied yet.
  // When another thread is applying, it leaves the rest to that one. This and
  // the two setters below are thread-safe.
  void Pump(std::size_t most = std::numeric_limits<std::size_t>::max());
  void SetStepped(bool stepped);
  // Sets the most records of a transaction, from the next one on.
  void SetBatchRecords(std::size_t records);

  // Returns the position up to which the log is applied.
  std::int64_t applied() const;
  // OK while records are applied; afterwards it says why none is any more.
  absl::Status stopped() const;

 private:
  // An Own is what a record of this process needs besides its bytes.
  struct Own {
    state::ClearEvents clear;
    Callback done;
  };

  MemoryJournal(const Options& options, SharedLog& log,
                journal::DataFolder& folder);
  absl::Status Enqueue(journal::Appended& appended, Callback& done);
  // Takes the right to apply and returns the next batch; an empty one when
  // there is nothing to apply, or another thread has the right.
  journal::Batch Take(std::size_t most);
  absl::StatusOr<journal::Waiting> Read(std::int64_t position)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ApplyAll(journal::Batch& batch);
  // Applies nothing any more, and tells all who wait.
  void Fail(const absl::Status& why);
  void EndAll(const absl::Status& why);

  SharedLog& log_;
  journal::DataFolder& folder_;
  const std::unique_ptr<sqlite::Database> database_;
  // The thread that has set pumping_ uses it.
  journal::BatchApplier applier_;

  mutable Mutex mutex_;
  bool stepped_ ABSL_GUARDED_BY(mutex_);
  std::size_t batch_records_ ABSL_GUARDED_BY(mutex_);
  // These are the process's own records that are not applied yet, by their
  // numbers.
  absl::flat_hash_map<std::int64_t, Own> own_ ABSL_GUARDED_BY(mutex_);
  std::int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t applied_ ABSL_GUARDED_BY(mutex_) = 0;
  bool pumping_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status stopped_ ABSL_GUARDED_BY(mutex_);
};

// A MemoryInstance is a data folder of its own with a journal on a shared log.
// It begins closed.
class MemoryInstance {
 public:
  // The log must outlive this.
  MemoryInstance(SharedLog& log, MemoryJournal::Options options);
  ~MemoryInstance();

  // Opens the folder and begins an incarnation. It catches up with the log
  // first, as a server does before its views are loaded. `view` follows the
  // feed from the incarnation's first record on; it may be null. Fails with the
  // sentence of a record that cannot be applied here.
  absl::Status Open(journal::Feed::View view = nullptr);
  // Closes the folder. Records that its journal has not applied stay in the
  // log, as after a crash.
  void Close();
  // Applies the log while this is closed, without beginning an incarnation.
  absl::Status CatchUp();

  journal::DataFolder& folder() { return *folder_; }
  MemoryJournal& journal() { return *journal_; }
  std::string database_path() const { return temp_.path() + "/gateway.db"; }
  // Changes hold from the next opening on.
  MemoryJournal::Options& options() { return options_; }

 private:
  TempFolder temp_;
  SharedLog& log_;
  MemoryJournal::Options options_;
  std::unique_ptr<journal::DataFolder> folder_;
  std::unique_ptr<MemoryJournal> journal_;
};

}  // namespace linktor
