#include "server/state/event_table.h"

#include <algorithm>
#include <utility>

#include "server/base/try.h"
#include "server/state/expiry.h"

namespace linktor::state {
namespace {

// The table time_marks has one mark for each group of this many events. The
// marks are on the disk, so do not change this number.
constexpr std::int64_t kMarkEvery = 1024;

}  // namespace

EventTable::EventTable(sqlite::Database& database, RecentMids& recent,
                       std::size_t mid_run)
    : insert_(database,
              "INSERT INTO events (seq, id, type, channel_no, channel_id, "
              "user_id, event_ms, receive_ms, born_ms, mid_key, mid_kind, "
              "raw_no, decided, sealed_event, advances, before_seq, "
              "message_no) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
      mids_(database, recent, mid_run),
      insert_mark_(database,
                   "INSERT INTO time_marks (last_seq, latest_ms, earliest_ms) "
                   "VALUES (?,?,?)"),
      find_time_(database,
                 "SELECT event_ms, receive_ms FROM events WHERE seq = ?1"),
      find_id_(database, "SELECT id FROM events WHERE seq = ?1"),
      find_dedupe_(database, "SELECT 1 FROM dedupe WHERE key = ?"),
      insert_dedupe_(database,
                     "INSERT INTO dedupe (key, born_ms) VALUES (?,?)"),
      oldest_(database,
              "SELECT seq, coalesce(born_ms, receive_ms), "
              "coalesce(raw_no >= (SELECT min(no) FROM raw_items), 0) "
              "FROM events WHERE seq < ?1 ORDER BY seq LIMIT ?2"),
      trim_mids_(database,
                 "DELETE FROM event_mids WHERE (mid_key, kind, seq) IN ("
                 "SELECT e.mid_key, e.mid_kind, e.seq FROM events e "
                 "WHERE e.seq <= ?1 AND e.mid_key IS NOT NULL)"),
      trim_marks_(database, "DELETE FROM time_marks WHERE last_seq <= ?1"),
      trim_events_(database, "DELETE FROM events WHERE seq <= ?1"),
      trim_dedupe_(database,
                   "DELETE FROM dedupe WHERE key IN (SELECT key FROM dedupe "
                   "WHERE born_ms < ?1 ORDER BY born_ms, key LIMIT ?2)") {}

absl::StatusOr<std::int64_t> EventTable::Append(
    const journal::NewEvent& event, const Setting& setting, LogState& state,
    std::vector<CommittedEvent>& events) {
  const std::int64_t seq = state.last_seq + 1;
  const std::int64_t born_ms = BornMs(setting.AgeFrom(), state.expiry);
  insert_.Bind(1, seq)
      .BindBlob(2, event.id())
      .BindText(3, event.type())
      .Bind(4, event.channel_no())
      .BindText(5, event.channel_id())
      .BindText(6, event.user_id())
      .Bind(7, event.event_ms())
      .Bind(8, setting.time_ms)
      .BindBlobOrNull(10, setting.mid_key)
      .Bind(11, setting.kind)
      .BindBlobOrNull(13, setting.decided)
      .BindBlobOrNull(14, event.sealed())
      .Bind(15, setting.advances ? 1 : 0);
  // A parameter that is not bound is NULL.
  if (born_ms != setting.time_ms) insert_.Bind(9, born_ms);
  if (setting.raw_no != 0) insert_.Bind(12, setting.raw_no);
  if (setting.before_seq != 0) insert_.Bind(16, setting.before_seq);
  if (setting.message_no != 0) insert_.Bind(17, setting.message_no);
  LINKTOR_TRY(insert_.Run());
  if (!setting.mid_key.empty()) mids_.Add(setting.mid_key, setting.kind, seq);
  LINKTOR_TRY(MarkTime(seq, setting.time_ms, state));
  state.last_seq = seq;
  events.push_back(CommittedEvent{
      .seq = seq,
      .id = event.id(),
      .type = event.type(),
      .channel_id = event.channel_id(),
      .user_id = event.user_id(),
      .sealed = setting.clear == nullptr ? event.sealed() : std::string(),
      .encoded = setting.clear,
      .decided = setting.decided});
  return seq;
}

// When the sequence is a multiple of kMarkEvery, the event is the last of its
// group. Then the mark of the group is stored, and the next group begins
// without times.
absl::Status EventTable::MarkTime(std::int64_t seq, std::int64_t time_ms,
                                  LogState& state) {
  state.latest_ms = std::max(state.latest_ms, time_ms);
  state.earliest_ms =
      state.earliest_ms == 0 ? time_ms : std::min(state.earliest_ms, time_ms);
  if (seq % kMarkEvery != 0) return absl::OkStatus();
  return insert_mark_.Bind(1, seq)
      .Bind(2, std::exchange(state.latest_ms, 0))
      .Bind(3, std::exchange(state.earliest_ms, 0))
      .Run();
}

absl::StatusOr<std::int64_t> EventTable::TimeOf(std::string_view mid_key,
                                                journal::ItemKind kind) {
  LINKTOR_ASSIGN(const std::int64_t seq, mids_.Find(mid_key, kind));
  if (seq == 0) return 0;
  const sqlite::StatementReset reset(find_time_);
  LINKTOR_ASSIGN(const bool row, find_time_.Bind(1, seq).Step());
  if (!row) return 0;
  const std::int64_t event_ms = find_time_.Int(0);
  return event_ms != 0 ? event_ms : find_time_.Int(1);
}

absl::StatusOr<RawId> EventTable::IdOf(std::int64_t seq) {
  const sqlite::StatementReset reset(find_id_);
  LINKTOR_ASSIGN(const bool row, find_id_.Bind(1, seq).Step());
  return row ? find_id_.String(0) : RawId();
}

absl::StatusOr<bool> EventTable::AddDedupeKey(std::string_view key,
                                              std::int64_t born_ms) {
  {
    const sqlite::StatementReset reset(find_dedupe_);
    LINKTOR_ASSIGN(const bool found, find_dedupe_.BindBlob(1, key).Step());
    if (found) return false;
  }
  LINKTOR_TRY(insert_dedupe_.BindBlob(1, key).Bind(2, born_ms).Run());
  return true;
}

// When a clock was wrong, an event may have to stay for a long time. The events
// after it must stay, too, so that the sequences of the kept events have no
// gap. An event also stays while its received item is stored, because an
// erasure finds the item by the event.
absl::StatusOr<std::int64_t> EventTable::TrimBound(std::int64_t before_ms,
                                                   std::int64_t limit,
                                                   std::int64_t last_seq) {
  const sqlite::StatementReset reset(oldest_);
  oldest_.Bind(1, last_seq).Bind(2, limit);
  std::int64_t bound = 0;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, oldest_.Step());
    if (!row || oldest_.Int(1) >= before_ms || oldest_.Int(2) != 0) {
      return bound;
    }
    bound = oldest_.Int(0);
  }
}

// The mids are deleted before the events, because the rows of the events say
// which mids the events have.
absl::StatusOr<std::int64_t> EventTable::Trim(std::int64_t before_ms,
                                              std::int64_t limit,
                                              LogState& state) {
  LINKTOR_ASSIGN(const std::int64_t bound,
                 TrimBound(before_ms, limit, state.last_seq));
  if (bound == 0) return 0;
  const std::int64_t deleted = bound - state.oldest_seq + 1;
  LINKTOR_TRY(trim_mids_.Bind(1, bound).Run());
  LINKTOR_TRY(mids_.ForgetThrough(bound));
  LINKTOR_TRY(trim_marks_.Bind(1, bound).Run());
  LINKTOR_TRY(trim_events_.Bind(1, bound).Run());
  state.oldest_seq = bound + 1;
  return std::max<std::int64_t>(deleted, 1);
}

absl::StatusOr<std::int64_t> EventTable::TrimDedupe(std::int64_t before_ms,
                                                    std::int64_t limit) {
  return trim_dedupe_.Bind(1, before_ms).Bind(2, limit).RunAndCount();
}

absl::StatusOr<std::int64_t> OldestEventMs(sqlite::Database& database) {
  sqlite::Statement oldest(
      database, "SELECT receive_ms FROM events ORDER BY seq LIMIT 1");
  LINKTOR_ASSIGN(const bool row, oldest.Step());
  return row ? oldest.Int(0) : 0;
}

absl::StatusOr<std::int64_t> OldestSeq(sqlite::Database& database) {
  sqlite::Statement state(database, "SELECT oldest_seq FROM log_state");
  LINKTOR_ASSIGN(const bool row, state.Step());
  return row ? state.Int(0) : 1;
}

absl::StatusOr<std::int64_t> FirstSeqSince(sqlite::Database& database,
                                           std::int64_t time_ms,
                                           std::int64_t last_seq) {
  sqlite::Statement first(
      database,
      "SELECT seq FROM events WHERE seq > ?1 AND seq <= ?2 AND "
      "receive_ms >= ?3 ORDER BY seq LIMIT 1");
  // Returns the first event after `after` and up to `through` that came at or
  // after `time_ms`; 0 when there is none.
  const auto find = [&](std::int64_t after,
                        std::int64_t through) -> absl::StatusOr<std::int64_t> {
    const sqlite::StatementReset reset(first);
    first.Bind(1, after).Bind(2, through).Bind(3, time_ms);
    LINKTOR_ASSIGN(const bool row, first.Step());
    return row ? first.Int(0) : 0;
  };
  // Each of these marks stands for a group of events of which at least one came
  // at or after `time_ms`. That event may be deleted already. Then the next
  // group is searched.
  sqlite::Statement marks(
      database,
      "SELECT last_seq FROM time_marks WHERE latest_ms >= ?1 "
      "ORDER BY last_seq");
  marks.Bind(1, time_ms);
  for (;;) {
    LINKTOR_ASSIGN(const bool row, marks.Step());
    if (!row) break;
    LINKTOR_ASSIGN(
        const std::int64_t found,
        find(marks.Int(0) - kMarkEvery, std::min(marks.Int(0), last_seq)));
    if (found != 0) return found;
  }
  // The newest events have no mark yet.
  sqlite::Statement last(database,
                         "SELECT coalesce(max(last_seq), 0) FROM time_marks");
  LINKTOR_ASSIGN(const bool row, last.Step());
  LINKTOR_ASSIGN(const std::int64_t found,
                 find(row ? last.Int(0) : 0, last_seq));
  return found != 0 ? found : last_seq + 1;
}

absl::StatusOr<std::int64_t> LastSeqBefore(sqlite::Database& database,
                                           std::int64_t time_ms,
                                           std::int64_t last_seq) {
  sqlite::Statement last(
      database,
      "SELECT seq FROM events WHERE seq > ?1 AND seq <= ?2 AND "
      "receive_ms < ?3 ORDER BY seq DESC LIMIT 1");
  // Returns the last event after `after` and up to `through` that came before
  // `time_ms`; 0 when there is none.
  const auto find = [&](std::int64_t after,
                        std::int64_t through) -> absl::StatusOr<std::int64_t> {
    const sqlite::StatementReset reset(last);
    last.Bind(1, after).Bind(2, through).Bind(3, time_ms);
    LINKTOR_ASSIGN(const bool row, last.Step());
    return row ? last.Int(0) : 0;
  };
  // The newest events have no mark yet, and are searched first.
  sqlite::Statement end(database,
                        "SELECT coalesce(max(last_seq), 0) FROM time_marks");
  LINKTOR_ASSIGN(const bool has_end, end.Step());
  LINKTOR_ASSIGN(const std::int64_t in_last_stretch,
                 find(has_end ? end.Int(0) : 0, last_seq));
  if (in_last_stretch != 0) return in_last_stretch;
  // Each of these marks stands for a group of events of which at least one came
  // before `time_ms`. That event may be deleted already.
  sqlite::Statement marks(
      database,
      "SELECT last_seq FROM time_marks WHERE earliest_ms < ?1 "
      "ORDER BY last_seq DESC");
  marks.Bind(1, time_ms);
  for (;;) {
    LINKTOR_ASSIGN(const bool row, marks.Step());
    if (!row) return 0;
    LINKTOR_ASSIGN(
        const std::int64_t found,
        find(marks.Int(0) - kMarkEvery, std::min(marks.Int(0), last_seq)));
    if (found != 0) return found;
  }
}

}  // namespace linktor::state
