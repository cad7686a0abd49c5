#include "server/state/log_state.h"

#include "server/base/try.h"

namespace linktor::state {

absl::StatusOr<LogState> LoadLogState(sqlite::Database& database) {
  sqlite::Statement load(
      database,
      "SELECT last_seq, oldest_seq, latest_ms, expiry_ms, "
      "mids_through, last_raw_no, last_message_no, last_call_no, "
      "last_content_no, last_held_no, last_erasure_no, raw_bytes, "
      "clock_offset_ms, heads_through, earliest_ms, last_waiting_no, "
      "waiting_items FROM log_state");
  LINKTOR_ASSIGN(const bool row, load.Step());
  if (!row) return absl::DataLossError("the log has no state");
  return LogState{.last_seq = load.Int(0),
                  .oldest_seq = load.Int(1),
                  .latest_ms = load.Int(2),
                  .earliest_ms = load.Int(14),
                  .expiry = {.time_ms = load.Int(3), .offset_ms = load.Int(12)},
                  .mids_through = load.Int(4),
                  .heads_through = load.Int(13),
                  .last_raw_no = load.Int(5),
                  .last_message_no = load.Int(6),
                  .last_call_no = load.Int(7),
                  .last_content_no = load.Int(8),
                  .last_held_no = load.Int(9),
                  .last_erasure_no = load.Int(10),
                  .last_waiting_no = load.Int(15),
                  .waiting_items = load.Int(16),
                  .raw_bytes = load.Int(11)};
}

LogStateTable::LogStateTable(sqlite::Database& database)
    : save_(database,
            "UPDATE log_state SET last_seq = ?1, oldest_seq = ?2, "
            "latest_ms = ?3, expiry_ms = ?4, mids_through = ?5, "
            "last_raw_no = ?6, last_message_no = ?7, last_call_no = ?8, "
            "last_content_no = ?9, last_held_no = ?10, "
            "last_erasure_no = ?11, raw_bytes = ?12, "
            "clock_offset_ms = ?13, heads_through = ?14, earliest_ms = ?15, "
            "last_waiting_no = ?16, waiting_items = ?17") {}

absl::Status LogStateTable::Save(const LogState& state) {
  return save_.Bind(1, state.last_seq)
      .Bind(2, state.oldest_seq)
      .Bind(3, state.latest_ms)
      .Bind(4, state.expiry.time_ms)
      .Bind(5, state.mids_through)
      .Bind(6, state.last_raw_no)
      .Bind(7, state.last_message_no)
      .Bind(8, state.last_call_no)
      .Bind(9, state.last_content_no)
      .Bind(10, state.last_held_no)
      .Bind(11, state.last_erasure_no)
      .Bind(12, state.raw_bytes)
      .Bind(13, state.expiry.offset_ms)
      .Bind(14, state.heads_through)
      .Bind(15, state.earliest_ms)
      .Bind(16, state.last_waiting_no)
      .Bind(17, state.waiting_items)
      .Run();
}

}  // namespace linktor::state
