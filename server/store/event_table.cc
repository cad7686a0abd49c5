#include "server/store/event_table.h"

#include <algorithm>

#include "server/base/try.h"

namespace linktor {

EventTable::EventTable(Database& database, std::size_t mid_run)
    : database_(database),
      insert_(database,
              "INSERT INTO events (seq, id, type, channel_no, channel_id, "
              "user_id, event_ms, log_ms, mid_key, raw_no, overlay, "
              "sealed_event) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"),
      mids_(database, mid_run),
      find_time_(database,
                 "SELECT event_ms, log_ms FROM events WHERE seq = ?1"),
      find_dedupe_(database, "SELECT 1 FROM dedupe WHERE key = ?"),
      insert_dedupe_(database, "INSERT INTO dedupe (key, log_ms) VALUES (?,?)"),
      trim_bound_(database,
                  "SELECT max(seq) FROM (SELECT seq, log_ms FROM events "
                  "WHERE seq < ?1 ORDER BY seq LIMIT ?2) WHERE log_ms < ?3"),
      trim_mids_(database,
                 "DELETE FROM event_mids WHERE (mid_key, kind, seq) IN ("
                 "SELECT m.mid_key, m.kind, m.seq FROM events e "
                 "JOIN event_mids m ON m.mid_key = e.mid_key AND m.seq = e.seq "
                 "WHERE e.seq <= ?1 AND e.mid_key IS NOT NULL)"),
      trim_events_(database, "DELETE FROM events WHERE seq <= ?1"),
      trim_dedupe_(database,
                   "DELETE FROM dedupe WHERE key IN (SELECT key FROM dedupe "
                   "WHERE log_ms < ?1 LIMIT ?2)") {}

absl::StatusOr<std::int64_t> EventTable::Append(
    const EventDraft& draft, const Place& place, LogState& state,
    std::vector<CommittedEvent>& committed) {
  const std::int64_t seq = state.last_seq + 1;
  insert_.Bind(1, seq)
      .BindBlob(2, draft.id)
      .BindText(3, draft.type)
      .Bind(4, draft.channel_no)
      .BindText(5, draft.channel_id)
      .BindText(6, draft.user_id)
      .Bind(7, draft.event_ms)
      .Bind(8, state.log_ms)
      .BindBlobOrNull(9, place.mid_key)
      .BindBlobOrNull(11, place.overlay)
      .BindBlobOrNull(12, draft.sealed);
  if (place.raw_no != 0) {
    insert_.Bind(10, place.raw_no);
  } else {
    insert_.BindNull(10);
  }
  LINKTOR_TRY(insert_.Run());
  if (!place.mid_key.empty()) {
    LINKTOR_TRY(mids_.Add(place.mid_key, place.kind, seq));
  }
  state.last_seq = seq;
  committed.push_back(CommittedEvent{.seq = seq,
                                     .type = draft.type,
                                     .channel_id = draft.channel_id,
                                     .user_id = draft.user_id,
                                     .encoded = draft.encoded,
                                     .overlay = place.overlay});
  return seq;
}

absl::StatusOr<std::int64_t> EventTable::EchoTime(std::string_view mid_key) {
  LINKTOR_ASSIGN(const std::int64_t seq, mids_.Find(mid_key, ItemKind::kEcho));
  if (seq == 0) return 0;
  const StatementReset reset(find_time_);
  LINKTOR_ASSIGN(const bool row, find_time_.Bind(1, seq).Step());
  if (!row) return 0;
  const std::int64_t event_ms = find_time_.Int(0);
  return event_ms != 0 ? event_ms : find_time_.Int(1);
}

absl::StatusOr<bool> EventTable::AddDedupeKey(std::string_view key,
                                              std::int64_t log_ms) {
  {
    const StatementReset reset(find_dedupe_);
    LINKTOR_ASSIGN(const bool found, find_dedupe_.BindBlob(1, key).Step());
    if (found) return false;
  }
  LINKTOR_TRY(insert_dedupe_.BindBlob(1, key).Bind(2, log_ms).Run());
  return true;
}

absl::StatusOr<std::int64_t> EventTable::Trim(std::int64_t before_ms,
                                              std::int64_t limit,
                                              LogState& state) {
  std::int64_t bound = 0;
  {
    const StatementReset reset(trim_bound_);
    trim_bound_.Bind(1, state.last_seq).Bind(2, limit).Bind(3, before_ms);
    LINKTOR_ASSIGN(const bool row, trim_bound_.Step());
    if (!row || trim_bound_.IsNull(0)) return 0;
    bound = trim_bound_.Int(0);
  }
  const std::int64_t deleted = bound - state.oldest_seq + 1;
  LINKTOR_TRY(trim_mids_.Bind(1, bound).Run());
  LINKTOR_TRY(mids_.ForgetThrough(bound));
  LINKTOR_TRY(trim_events_.Bind(1, bound).Run());
  state.oldest_seq = bound + 1;
  return std::max<std::int64_t>(deleted, 1);
}

absl::StatusOr<std::int64_t> EventTable::TrimDedupe(std::int64_t before_ms,
                                                    std::int64_t limit) {
  LINKTOR_TRY(trim_dedupe_.Bind(1, before_ms).Bind(2, limit).Run());
  Statement changes(database_, "SELECT changes()");
  LINKTOR_ASSIGN(const bool row, changes.Step());
  return row ? changes.Int(0) : 0;
}

absl::StatusOr<std::int64_t> OldestEventMs(Database& database) {
  Statement oldest(database, "SELECT log_ms FROM events ORDER BY seq LIMIT 1");
  LINKTOR_ASSIGN(const bool row, oldest.Step());
  return row ? oldest.Int(0) : 0;
}

absl::StatusOr<std::int64_t> OldestSeq(Database& database) {
  Statement state(database, "SELECT oldest_seq FROM log_state");
  LINKTOR_ASSIGN(const bool row, state.Step());
  return row ? state.Int(0) : 1;
}

absl::StatusOr<std::int64_t> FirstSeqSince(Database& database,
                                           std::int64_t time_ms,
                                           std::int64_t last_seq) {
  LINKTOR_ASSIGN(std::int64_t low, OldestSeq(database));
  std::int64_t high = last_seq + 1;
  Statement next(database,
                 "SELECT log_ms FROM events WHERE seq >= ?1 ORDER BY seq "
                 "LIMIT 1");
  // The time of the log never goes back, so half of the rest can be left out
  // each time.
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const StatementReset reset(next);
    LINKTOR_ASSIGN(const bool row, next.Bind(1, middle).Step());
    if (row && next.Int(0) < time_ms) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return high;
}

}  // namespace linktor
