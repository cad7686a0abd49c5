// Where the log stands: kept in memory by the writer, in log_state on the disk.

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/statement.h"
#include "server/state/expiry.h"

namespace linktor {

struct LogState {
  std::int64_t last_seq = 0;
  std::int64_t oldest_seq = 1;
  // The latest time of the events after the last of time_marks.
  std::int64_t latest_ms = 0;
  Expiry expiry;
  // See mid_index.h.
  std::int64_t mids_through = 0;
  // Numbers are not used again after their rows have been deleted: other rows
  // may still name them.
  std::int64_t last_raw_no = 0;
  std::int64_t last_message_no = 0;
  std::int64_t last_call_no = 0;
  std::int64_t last_content_no = 0;
  std::int64_t last_held_no = 0;
  std::int64_t last_erasure_no = 0;
  // The size of all raw items: summing them up would read them all.
  std::int64_t raw_bytes = 0;
};

// DATA_LOSS when there is none.
absl::StatusOr<LogState> LoadLogState(Database& database);

class LogStateTable {
 public:
  explicit LogStateTable(Database& database);
  absl::Status Save(const LogState& state);

 private:
  Statement save_;
};

}  // namespace linktor
