// A LogState says how far the event log has come. The Applier (applier.h) keeps
// it in memory on the applying thread (the only thread that writes the
// database), and saves it before each commit. On the disk it is a part of the
// one row of the table log_state. DataFolder also loads it from there, for the
// marker, a small file that says which database belongs in the folder
// (journal/marker.h). Readers ask for single columns.

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/statement.h"
#include "server/state/expiry.h"

namespace linktor::state {

// After a rollback Applier::Restore restores the whole struct, because its
// numbers have counted rows that the rollback has removed.
struct LogState {
  // This is the sequence of the last event; it is 0 while the log is empty. It
  // never decreases.
  std::int64_t last_seq = 0;
  // This is the sequence of the oldest event that is kept. While none is kept,
  // it is the sequence that the next event will have.
  std::int64_t oldest_seq = 1;
  // This is the latest receive time, in ms since the epoch, of the events after
  // the last row of the table time_marks; it is 0 while there are none.
  // time_marks has such times for older events, so that events can be found by
  // their time.
  std::int64_t latest_ms = 0;
  // This is the earliest receive time of the same events; it is 0 while there
  // are none.
  std::int64_t earliest_ms = 0;
  // The expiry time alone decides which rows are old enough to be deleted.
  Expiry expiry;
  // The table event_mids is complete up to this event; see mid_index.h.
  std::int64_t mids_through = 0;
  // The heads in the table of conversations are complete up to this event; see
  // conversation_heads.h.
  std::int64_t heads_through = 0;
  // These are the numbers that were given out last, one for each kind of row. A
  // number is not used again after its row has been deleted, because other rows
  // may still refer to it.
  std::int64_t last_raw_no = 0;
  std::int64_t last_message_no = 0;
  std::int64_t last_call_no = 0;
  std::int64_t last_content_no = 0;
  std::int64_t last_held_no = 0;
  std::int64_t last_erasure_no = 0;
  std::int64_t last_waiting_no = 0;
  // This is the number of items that wait for their messages
  // (waiting_item_table.h). While it is 0, nobody needs to look for a message's
  // waiting item.
  std::int64_t waiting_items = 0;
  // This is the size of all items as received together, in bytes. It is kept
  // because a sum over the table would read all of them.
  std::int64_t raw_bytes = 0;
};

// Returns the state as it is stored. It fails with DATA_LOSS when there is
// none: the first start of a data folder stores one, so it must have been lost.
// Any other error comes from the database.
absl::StatusOr<LogState> LoadLogState(sqlite::Database& database);

class LogStateTable {
 public:
  // `database` must outlive this object.
  explicit LogStateTable(sqlite::Database& database);
  // Writes every field of `state`, inside the writer's transaction.
  absl::Status Save(const LogState& state);

 private:
  sqlite::Statement save_;
};

}  // namespace linktor::state
