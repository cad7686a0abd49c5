#include "server/state/forgetting_table.h"

#include <algorithm>

#include "server/base/try.h"
#include "server/base/v1.h"
#include "server/state/conversation_table.h"
#include "server/state/event_encoding.h"

namespace linktor::state {
namespace {

// This condition selects the rows of one person, or of all people of a channel.
// It is a range, so that SQLite uses an index in both cases.
#define LINKTOR_OF_PEOPLE "channel_no = ?1 AND user_id BETWEEN ?2 AND ?3"

// The id of every person sorts before this text, because this text is the last
// character of Unicode.
constexpr std::string_view kLastUser = "\xf4\x8f\xbf\xbf";
// The id of every person sorts after this text, but the empty id sorts before
// it.
constexpr std::string_view kFirstUser = "\x01";

// Binds the parameters of LINKTOR_OF_PEOPLE.
sqlite::Statement& BindPeople(sqlite::Statement& statement,
                              const Forgetting& of) {
  const std::string_view user_id = of.user_id;
  return statement.Bind(1, of.channel_no)
      .BindText(2, user_id)
      .BindText(3, user_id.empty() ? kLastUser : user_id);
}

}  // namespace

absl::StatusOr<bool> ForgettingTable::HasChannel(std::int64_t channel_no) {
  sqlite::Statement read(database_,
                         "SELECT 1 FROM forgettings WHERE channel_no = ?1 AND "
                         "user_id = '' LIMIT 1");
  return read.Bind(1, channel_no).Step();
}

absl::StatusOr<std::vector<Forgetting>> ForgettingTable::Oldest(int limit) {
  sqlite::Statement read(
      database_,
      "SELECT no, channel_no, user_id, through_seq, next_seq "
      "FROM forgettings ORDER BY user_id = '', no LIMIT ?1");
  read.Bind(1, limit);
  std::vector<Forgetting> forgettings;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return forgettings;
    forgettings.push_back({.no = read.Int(0),
                           .channel_no = read.Int(1),
                           .user_id = read.String(2),
                           .through_seq = read.Int(3),
                           .next_seq = read.Int(4)});
  }
}

absl::Status ForgettingTable::Save(Forgetting& forgetting) {
  if (forgetting.no == 0) {
    sqlite::Statement last(database_,
                           "SELECT coalesce(max(no), 0) FROM forgettings");
    LINKTOR_ASSIGN(const bool row, last.Step());
    forgetting.no = (row ? last.Int(0) : 0) + 1;
  }
  sqlite::Statement save(
      database_,
      "INSERT INTO forgettings (no, channel_no, user_id, next_seq, "
      "through_seq) VALUES (?1, ?2, ?3, ?4, ?5) "
      "ON CONFLICT (no) DO UPDATE SET next_seq = ?4");
  return save.Bind(1, forgetting.no)
      .Bind(2, forgetting.channel_no)
      .BindText(3, forgetting.user_id)
      .Bind(4, forgetting.next_seq)
      .Bind(5, forgetting.through_seq)
      .Run();
}

absl::Status ForgettingTable::Remove(const Forgetting& forgetting) {
  return Run("DELETE FROM forgettings WHERE no = ?1", forgetting.no);
}

absl::StatusOr<std::vector<std::int64_t>> ForgettingTable::Select(
    const char* sql, const Forgetting& of, int limit) {
  sqlite::Statement read(database_, sql);
  BindPeople(read, of).Bind(4, limit);
  std::vector<std::int64_t> numbers;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return numbers;
    numbers.push_back(read.Int(0));
  }
}

absl::Status ForgettingTable::Run(const char* sql, std::int64_t no) {
  sqlite::Statement run(database_, sql);
  return run.Bind(1, no).Run();
}

absl::StatusOr<std::vector<std::int64_t>> ForgettingTable::KeysOf(
    const Forgetting& of, int limit) {
  return Select("SELECT id FROM data_keys WHERE " LINKTOR_OF_PEOPLE
                " ORDER BY user_id, id LIMIT ?4",
                of, limit);
}

absl::StatusOr<std::optional<ForgettingTable::EventRow>>
ForgettingTable::ReadEvent(std::int64_t seq) {
  sqlite::Statement read(
      database_, "SELECT before_seq, mid_key FROM events WHERE seq = ?1");
  LINKTOR_ASSIGN(const bool row, read.Bind(1, seq).Step());
  if (!row) return std::nullopt;
  return EventRow{.before_seq = read.Int(0), .mid_key = read.String(1)};
}

absl::StatusOr<std::vector<std::int64_t>> ForgettingTable::EventsOf(
    std::int64_t channel_no, std::int64_t after_seq, std::int64_t through_seq,
    int limit) {
  sqlite::Statement read(
      database_,
      "SELECT seq FROM events WHERE seq > ?1 AND seq <= ?2 AND "
      "channel_no = ?3 AND (user_id <> '' OR sealed_event IS NOT NULL) "
      "ORDER BY seq LIMIT ?4");
  read.Bind(1, after_seq)
      .Bind(2, through_seq)
      .Bind(3, channel_no)
      .Bind(4, limit);
  std::vector<std::int64_t> seqs;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return seqs;
    seqs.push_back(read.Int(0));
  }
}

absl::Status ForgettingTable::ForgetEvent(std::int64_t seq) {
  sqlite::Statement forget(
      database_, "UPDATE events SET user_id = '', decided = ?2 WHERE seq = ?1");
  return forget.Bind(1, seq).BindBlob(2, ErasedMark()).Run();
}

absl::StatusOr<std::vector<ForgettingTable::Send>> ForgettingTable::SendsOf(
    const Forgetting& of, int limit) {
  static_assert(v1::MESSAGE_STATE_PENDING == 2);
  sqlite::Statement read(
      database_,
      "SELECT no, content_no, coalesce(error_no, 0), coalesce(settled_no, 0) "
      "FROM messages INDEXED BY messages_user WHERE " LINKTOR_OF_PEOPLE
      " AND state <> 2 ORDER BY user_id, no LIMIT ?4");
  BindPeople(read, of).Bind(4, limit);
  // Rows that were cleaned already have an empty user id, and are left out.
  if (of.user_id.empty()) read.BindText(2, kFirstUser);
  std::vector<Send> sends;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return sends;
    sends.push_back({.no = read.Int(0),
                     .contents = {read.Int(1), read.Int(2), read.Int(3)}});
  }
}

absl::Status ForgettingTable::ForgetSend(std::int64_t no) {
  static_assert(v1::MESSAGE_STATE_FAILED == 5);
  return Run(
      "UPDATE messages SET user_id = '', mid = NULL, content_match = NULL, "
      "request_id = CASE WHEN state = 5 THEN NULL ELSE request_id END "
      "WHERE no = ?1",
      no);
}

absl::StatusOr<bool> ForgettingTable::HasPending(std::int64_t channel_no) {
  sqlite::Statement read(
      database_,
      "SELECT 1 FROM messages INDEXED BY messages_open WHERE "
      "channel_no = ?1 AND state IN (2, 4) AND state = 2 LIMIT 1");
  return read.Bind(1, channel_no).Step();
}

// The sealed bytes are overwritten by a statement of their own, before another
// statement resizes or deletes the row.
absl::StatusOr<int> ForgettingTable::ForgetRest(const Forgetting& of,
                                                int limit) {
  LINKTOR_ASSIGN(const auto held,
                 Select("SELECT no FROM held_echoes WHERE " LINKTOR_OF_PEOPLE
                        " ORDER BY user_id, no LIMIT ?4",
                        of, limit));
  for (const std::int64_t no : held) {
    LINKTOR_TRY(
        Run("UPDATE raw_items SET sealed_raw = zeroblob(length(sealed_raw)) "
            "WHERE no = (SELECT raw_no FROM held_echoes WHERE no = ?1)",
            no));
    LINKTOR_TRY(
        Run("UPDATE held_echoes SET sealed_item = "
            "zeroblob(length(sealed_item)) WHERE no = ?1",
            no));
    LINKTOR_TRY(Run("DELETE FROM held_echoes WHERE no = ?1", no));
  }
  LINKTOR_ASSIGN(const std::int64_t calls, ForgetCalls(of, limit));
  LINKTOR_ASSIGN(
      const auto unmatched,
      Select("SELECT seq FROM unmatched_echoes WHERE " LINKTOR_OF_PEOPLE
             " ORDER BY user_id, seq LIMIT ?4",
             of, limit));
  for (const std::int64_t seq : unmatched) {
    LINKTOR_TRY(Run("DELETE FROM unmatched_echoes WHERE seq = ?1", seq));
  }
  LINKTOR_ASSIGN(
      const auto items,
      Select("SELECT no FROM raw_items WHERE " LINKTOR_OF_PEOPLE
             " AND user_id IS NOT NULL ORDER BY user_id, no LIMIT ?4",
             of, limit));
  for (const std::int64_t no : items) {
    LINKTOR_TRY(
        Run("UPDATE raw_items SET sealed_raw = zeroblob(length(sealed_raw)) "
            "WHERE no = ?1",
            no));
    LINKTOR_TRY(Run("UPDATE raw_items SET user_id = NULL WHERE no = ?1", no));
  }
  const std::size_t most =
      std::max({held.size(), unmatched.size(), items.size()});
  return std::max(static_cast<int>(most), static_cast<int>(calls));
}

absl::StatusOr<std::int64_t> ForgettingTable::ForgetCalls(const Forgetting& of,
                                                          int limit) {
  sqlite::Statement select(
      database_,
      "SELECT channel_no, user_id, call_ms, no FROM send_calls "
      "WHERE " LINKTOR_OF_PEOPLE " ORDER BY user_id, call_ms, no LIMIT ?4");
  return RemoveCalls(database_, BindPeople(select, of).Bind(4, limit));
}

absl::StatusOr<bool> HasForgetting(sqlite::Database& database) {
  sqlite::Statement read(database, "SELECT 1 FROM forgettings LIMIT 1");
  return read.Step();
}

}  // namespace linktor::state
