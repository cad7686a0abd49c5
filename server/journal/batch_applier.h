// A BatchApplier applies records in transactions. Every engine, those of the
// tests included, applies through it, and nothing else calls Apply. It belongs
// to the applying thread, and so do the free functions below.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/journal/feed.h"
#include "server/journal/journal.h"
#include "server/sqlite/database.h"
#include "server/sqlite/statement.h"
#include "server/state/applier.h"

namespace linktor::journal {

// A Waiting is a record on its way through an engine, from its append to its
// answer.
struct Waiting {
  Appended appended;
  // It is null when nobody waits, as for a record of another instance.
  Journal::Callback done;
  // This is the memory that the record takes, roughly. The limits of a batch
  // and of the queue are counted in it.
  std::size_t bytes = 0;
  // Says whether this process appended the record; see AppliedRecord.
  bool own = true;
  // The effects, once Apply of the batch was OK. An error here means that this
  // record alone was left out, and is the status that its appender gets.
  absl::StatusOr<state::Effects> applied = absl::UnknownError("not applied");
};
using Batch = std::deque<Waiting>;

class BatchApplier {
 public:
  // A batch ends at the record that reaches one of these, in bytes of Waiting
  // and in time spent applying. A batch has at least one record.
  struct Limits {
    std::size_t max_bytes = std::numeric_limits<std::size_t>::max();
    absl::Duration max_time = absl::InfiniteDuration();
  };

  // Prepares its statements; nothing is read yet. Both references must outlive
  // this.
  BatchApplier(sqlite::Database& database, state::RecentRows& recent,
               const state::RunSizes& runs, const Limits& limits);

  // Loads the log's state into memory. It must be called once, after migration
  // and before the first Apply. A failure is the disk's or the file's.
  absl::Status Load() { return applier_.Load(); }

  // A Result says how one transaction ended, and for how many records.
  struct Result {
    // This is the number of records, from the front, that this result is about.
    // It is never 0, so that nobody waits for ever.
    std::size_t count = 0;
    // OK means that the transaction is committed, and the `applied` of each
    // record says what came of it. Otherwise FaultOf says what is at fault.
    // When the first record is one that CheckKnown refuses, it is
    // FAILED_PRECONDITION.
    absl::Status status;
    // It is true when the COMMIT itself ran. Its failure leaves open whether
    // the records are stored; without it they certainly are not.
    bool commit_tried = false;
  };
  // Applies the front of `waiting`, which must not be empty, in one
  // transaction. When that fails because of one record, all are applied once
  // more, each alone in a savepoint, and the faulty ones are left out; of a
  // faulty webhook the delivery is kept in quarantine. A record that CheckKnown
  // refuses is never applied: the batch ends before it. On failure the tables
  // and the memory are as they were before. It does not remove records from
  // `waiting`.
  Result Apply(Batch& waiting);

 private:
  // Ends the open transaction, if any, and puts back what the applier keeps in
  // memory. A failure means that the tables cannot be read again, and is final.
  absl::Status RollBack(const state::Applier::Position& before);
  // Tries the whole batch at once, counting the records into `result`. On
  // failure the transaction may still be open; the caller rolls it back.
  absl::Status ApplyTogether(Batch& waiting, Result& result);
  // Applies the first `result.count` records each for itself, in a transaction
  // of its own. The one before must have been rolled back.
  absl::Status ApplyOneByOne(Batch& waiting, Result& result);
  // See the source: these two need an open transaction, and succeed also when
  // the record was left out.
  absl::Status ApplyAlone(Waiting& one);
  absl::Status Attempt(
      Waiting& one, const state::Applier::Position& before,
      absl::FunctionRef<absl::StatusOr<state::Effects>()> apply);
  // Writes the log's state and commits. It sets result.commit_tried just before
  // the COMMIT, since from then on a failure proves nothing.
  absl::Status Commit(Result& result);

  sqlite::Database& database_;
  const Limits limits_;
  state::Applier applier_;
  sqlite::Statement begin_;
  sqlite::Statement commit_;
};

// Tells the feed of the first `count` records, which must be committed. Records
// that were left out are not told; when all were, nothing is.
void TellFeed(const Feed& feed, const Batch& batch, std::size_t count);

// Returns the ending of a record whose batch was committed: kApplied, or
// kRefused for one that was left out. It moves the answer out of `committed`,
// so the feed must be told before.
Ending EndingOf(Waiting& committed);

}  // namespace linktor::journal
