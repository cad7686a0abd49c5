// A BatchApplier applies records in transactions. Every engine applies records
// through it, also the engines of the tests. No other code of the server calls
// Applier::Apply (state/applier.h). Only the applying thread may use a
// BatchApplier and the free functions below.

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

// A Waiting is a record that is on its way through an engine: from its append
// until the call of its callback.
struct Waiting {
  Appended appended;
  // It is null when nobody waits for the record's end, for example when another
  // instance appended the record.
  Journal::Callback done;
  // This is roughly the memory that the record takes. The limits of a batch and
  // of the queue are limits of the sum of these numbers.
  std::size_t bytes = 0;
  // It is true when this process appended the record; see AppliedRecord
  // (feed.h).
  bool own = true;
  // It holds the record's effects after Apply of its batch was OK. It is an
  // error when this one record was left out of the batch. The appender gets
  // that error as its status.
  absl::StatusOr<state::Effects> applied = absl::UnknownError("not applied");
};
using Batch = std::deque<Waiting>;

class BatchApplier {
 public:
  // A batch ends with the record that reaches one of these limits. `max_bytes`
  // limits the sum of Waiting::bytes, and `max_time` limits the time that is
  // spent on applying. A batch always has at least one record.
  struct Limits {
    std::size_t max_bytes = std::numeric_limits<std::size_t>::max();
    absl::Duration max_time = absl::InfiniteDuration();
  };

  // Prepares the statements, and reads nothing yet. `database` and `recent`
  // must outlive this object.
  BatchApplier(sqlite::Database& database, state::RecentRows& recent,
               const state::RunSizes& runs, const Limits& limits);

  // Loads the log's state into memory. It must be called once, after the
  // migration of the tables and before the first Apply. A failure means that
  // the disk or the file is at fault.
  absl::Status Load() { return applier_.Load(); }

  // A Result says how one transaction ended, and how many records it is about.
  struct Result {
    // It is the number of records that this result is about, from the front of
    // the batch. It is never 0, so that every record is answered in the end.
    std::size_t count = 0;
    // OK means that the transaction is committed. Then the `applied` of each
    // record says how that record ended. For an error, sqlite::FaultOf says
    // what is at fault. The error is FAILED_PRECONDITION when CheckKnown
    // (state/applier.h) refuses the first record.
    absl::Status status;
    // It is true when the statement COMMIT itself was run. If COMMIT failed, it
    // is unknown whether the records are stored. If the transaction failed
    // before COMMIT, the records are certainly not stored.
    bool commit_tried = false;
  };
  // Applies the front of `waiting` in one transaction. `waiting` must not be
  // empty. When the transaction fails because of one record, it is rolled back.
  // Then the same records are applied again in a new transaction, each in a
  // savepoint of its own, and the faulty records are left out. The delivery of
  // a faulty webhook is kept in quarantine: its items are stored as received,
  // without events. A record that CheckKnown refuses is never applied; the
  // batch ends before that record.
  //
  // On failure the tables and the memory are as they were before the call.
  // Apply does not remove records from `waiting`.
  Result Apply(Batch& waiting);

 private:
  // Ends the open transaction, if there is one, and takes the applier's memory
  // back to `before`. After a failure the tables cannot be read any more, so a
  // failure is final.
  absl::Status RollBack(const state::Applier::Position& before);
  // Tries to apply the whole batch at once, and counts its records in `result`.
  // After a failure the transaction may still be open; the caller rolls it
  // back.
  absl::Status ApplyTogether(Batch& waiting, Result& result);
  // Applies the first `result.count` records one by one, in a new transaction.
  // The caller must have rolled back the failed transaction before.
  absl::Status ApplyOneByOne(Batch& waiting, Result& result);
  // These two apply a single record; see the source. They need an open
  // transaction. They return OK also when the record was left out.
  absl::Status ApplyAlone(Waiting& one);
  absl::Status Attempt(
      Waiting& one, const state::Applier::Position& before,
      absl::FunctionRef<absl::StatusOr<state::Effects>()> apply);
  // Writes the log's state and commits. It sets result.commit_tried just before
  // the COMMIT. From then on a failure does not prove that the records are not
  // stored.
  absl::Status Commit(Result& result);

  sqlite::Database& database_;
  const Limits limits_;
  state::Applier applier_;
  sqlite::Statement begin_;
  sqlite::Statement commit_;
};

// Tells the feed about the first `count` records, which must be committed. It
// does not tell records that were left out. When all records were left out, it
// does not call the feed.
void TellFeed(const Feed& feed, const Batch& batch, std::size_t count);

// Returns the ending of a record whose batch was committed: kApplied, or
// kRefused when the record was left out. It moves the answer out of
// `committed`, so TellFeed must be called before.
Ending EndingOf(Waiting& committed);

}  // namespace linktor::journal
