// LogState says where the log stands. The Applier keeps it in memory, on the
// applying thread, and saves it before each commit; on the disk it is the one
// row of log_state. Readers load it on a connection of their own.

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/statement.h"
#include "server/state/expiry.h"

namespace linktor {

// A rollback must restore the whole struct, which Applier::Restore does: the
// numbers in it have gone on with the rows that are gone.
struct LogState {
  // The last event has this sequence; 0 stands for an empty log. It never goes
  // back.
  std::int64_t last_seq = 0;
  // The oldest event that is kept has this sequence, or the next one while none
  // is kept.
  std::int64_t oldest_seq = 1;
  // It is the latest time, in ms since the epoch, of the events after the last
  // of time_marks.
  std::int64_t latest_ms = 0;
  // It decides what is forgotten.
  Expiry expiry;
  // Up to this event the table of mids is complete; see mid_index.h.
  std::int64_t mids_through = 0;
  // These are the numbers given out last. A number is not used again after its
  // row has been deleted, because other rows may still name it.
  std::int64_t last_raw_no = 0;
  std::int64_t last_message_no = 0;
  std::int64_t last_call_no = 0;
  std::int64_t last_content_no = 0;
  std::int64_t last_held_no = 0;
  std::int64_t last_erasure_no = 0;
  // It is the size of all raw items in bytes, and is kept because a sum over
  // the table would read all of them.
  std::int64_t raw_bytes = 0;
};

// Returns the state as stored. DATA_LOSS when there is none: the first start of
// a data folder makes it. Another error is the database's.
absl::StatusOr<LogState> LoadLogState(Database& database);

class LogStateTable {
 public:
  // `database` must outlive this.
  explicit LogStateTable(Database& database);
  // Writes all of it, inside the writer's transaction.
  absl::Status Save(const LogState& state);

 private:
  Statement save_;
};

}  // namespace linktor
