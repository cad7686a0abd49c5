// A BatchApplier applies records in transactions. Every engine (implementation
// of Journal, see journal.h) applies records through it, also the engines of
// the tests. No other code of the server calls Applier::Apply
// (state/applier.h). Only the applying thread, which is the one thread that
// writes the database, may use a BatchApplier and the free functions below.
//
// In these comments a batch means the records of one transaction.

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
  // It is null when nobody waits for the outcome of the append. For example, a
  // server process with another data folder (another "instance") may have
  // appended the record.
  Journal::Callback done;
  // This is roughly the memory that the record takes. The limits of a batch and
  // of an engine's queue, in bytes, limit the sum of these numbers.
  std::size_t bytes = 0;
  // It is true when this process appended the record; see AppliedRecord
  // (feed.h).
  bool own = true;
  // When the record's transaction is committed, this has the record's effects.
  // It is an error when the record could not be applied and was left out of the
  // transaction. Then the appender gets that error as its status.
  absl::StatusOr<state::Effects> applied = absl::UnknownError("not applied");
};
// A Batch is a queue of records, in the order of their appends. It may hold
// more records than fit into one transaction: BatchApplier::Apply takes the
// records of one transaction from its front.
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

  // Prepares the SQL statements, so the tables must exist. It reads no table
  // yet. state/recent_rows.h explains `recent` and `runs`. `database` and
  // `recent` must outlive this object.
  BatchApplier(sqlite::Database& database, state::RecentRows& recent,
               const state::RunSizes& runs, const Limits& limits);

  // Loads the state of the event log (state/log_state.h) into memory. It must
  // be called once, after the tables were migrated and before the first Apply.
  // A failure means that the disk or the database file is at fault.
  absl::Status Load() { return applier_.Load(); }

  // A Result says how one transaction ended, and how many records were in it.
  struct Result {
    // This result is about this many records at the front of `waiting`. It is
    // never 0. So each call of Apply ends the wait of at least one record.
    std::size_t count = 0;
    // OK means that the transaction is committed. Then the `applied` of each
    // record says whether this record was applied. For an error,
    // sqlite::FaultOf (sqlite/database.h) tells what is at fault. The error is
    // FAILED_PRECONDITION when CheckKnown (state/applier.h) refuses the first
    // record, because this program does not know such a record. The process
    // must stop then.
    absl::Status status;
    // It is true when the statement COMMIT itself was run. If COMMIT failed, it
    // is unknown whether the records are stored. If the transaction failed
    // before COMMIT, the records are certainly not stored.
    bool commit_tried = false;
  };
  // Applies the records at the front of `waiting` in one transaction. `waiting`
  // must not be empty. When one record makes the transaction fail, the
  // transaction is rolled back. Then Apply applies the same records again in a
  // new transaction, each in a savepoint of its own. It leaves out the records
  // that cannot be applied. A webhook that cannot be applied is put into
  // quarantine instead: its delivery and its items are stored as they were
  // received, but no events. A record that CheckKnown refuses is never applied;
  // the batch ends before that record.
  //
  // After a failure, the tables and the applier's memory are as they were
  // before the call. But if commit_tried is true, nobody knows whether the disk
  // has the records; the next start of the server shows it. Apply does not
  // remove records from `waiting`.
  Result Apply(Batch& waiting);

 private:
  // Rolls back the open transaction, if there is one. Then it restores what
  // applier_ keeps in memory to `before`. It fails only when the tables cannot
  // be read any more; then no record can be applied any more.
  absl::Status RollBack(const state::Applier::Position& before);
  // Applies a batch in a transaction without savepoints and commits it. It
  // stops at the first record that fails. It counts the records in `result`.
  // After a failure the transaction may still be open; the caller rolls it
  // back.
  absl::Status ApplyTogether(Batch& waiting, Result& result);
  // Applies the first `result.count` records one by one, in a new transaction.
  // The caller must have rolled back the failed transaction before.
  absl::Status ApplyOneByOne(Batch& waiting, Result& result);
  // These two apply a single record within the open transaction. ApplyAlone
  // tries to apply it; for a webhook that is at fault it then tries the
  // quarantine. Each try is an Attempt: it calls `apply` within a savepoint,
  // and stores the result in `one.applied`. If the record is at fault, it rolls
  // back to the savepoint and restores applier_ to `before`. Both return OK
  // also when the record was left out. They fail when something else is at
  // fault, or when SQLite has rolled back the whole transaction.
  absl::Status ApplyAlone(Waiting& one);
  absl::Status Attempt(
      Waiting& one, const state::Applier::Position& before,
      absl::FunctionRef<absl::StatusOr<state::Effects>()> apply);
  // Writes the state of the event log and commits. It sets result.commit_tried
  // just before the COMMIT. From then on a failure does not prove that the
  // records are not stored.
  absl::Status Commit(Result& result);

  sqlite::Database& database_;
  const Limits limits_;
  state::Applier applier_;
  sqlite::Statement begin_;
  sqlite::Statement commit_;
};

// Tells the feed about the first `count` records of `batch`, which must be
// committed. It leaves out the records that could not be applied. When no
// record was applied, it does not call the feed.
void TellFeed(const Feed& feed, const Batch& batch, std::size_t count);

// Returns the ending of a record whose transaction was committed: kApplied, or
// kRefused when the record was left out. It moves the answer out of
// `committed`. TellFeed needs this answer, so TellFeed must be called first.
Ending EndingOf(Waiting& committed);

}  // namespace linktor::journal
