// Applies records in transactions: every engine applies through this, and
// nothing else calls Apply. It belongs to the applying thread.

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

namespace linktor {

// A record on its way through an engine.
struct Waiting {
  Appended appended;
  // Null when nobody waits for it.
  Journal::Callback done;
  // The memory that it occupies, roughly.
  std::size_t bytes = 0;
  // See AppliedRecord.
  bool own = true;
  // Its effects; an error says why it is left out.
  absl::StatusOr<Effects> applied = absl::UnknownError("not applied");
};
using Batch = std::deque<Waiting>;

class BatchApplier {
 public:
  // A batch is what is waiting, up to this much.
  struct Limits {
    std::size_t max_bytes = std::numeric_limits<std::size_t>::max();
    absl::Duration max_time = absl::InfiniteDuration();
  };

  // `mid_run`: see MidIndex. Both references must outlive this.
  BatchApplier(Database& database, RecentMids& recent, std::size_t mid_run,
               const Limits& limits);

  // Loads the log's state; call once.
  absl::Status Load() { return applier_.Load(); }

  struct Result {
    // So many records from the front were in the transaction.
    std::size_t count = 0;
    // OK: it is committed, and each record's `applied` says what came of it.
    // Else FaultOf says whose fault it was; kRecord when the first record is
    // one that CheckKnown refuses.
    absl::Status status;
    // Set when the commit itself was tried: then its failure leaves it open
    // whether the records are stored.
    bool commit_tried = false;
  };
  // Applies the front of `waiting`, which is not empty, in one transaction.
  // When that fails because of one record, each is applied alone within it, and
  // the faulty ones are left out; a webhook is kept in quarantine. A record
  // that CheckKnown refuses is never applied: the batch ends before it.
  Result Apply(Batch& waiting);

 private:
  absl::Status RollBack(const Applier::Position& before);
  absl::Status ApplyTogether(Batch& waiting, Result& result);
  absl::Status ApplyOneByOne(Batch& waiting, Result& result);
  absl::Status ApplyAlone(Waiting& one);
  absl::Status Attempt(Waiting& one, const Applier::Position& before,
                       absl::FunctionRef<absl::StatusOr<Effects>()> apply);
  absl::Status Commit(Result& result);

  Database& database_;
  const Limits limits_;
  Applier applier_;
  Statement begin_;
  Statement commit_;
};

// Tells the feed of the first `count` records, which are committed.
void TellFeed(const Feed& feed, const Batch& batch, std::size_t count);

// The ending of a committed record; its effects go with it.
Ending EndingOf(Waiting& committed);

}  // namespace linktor
