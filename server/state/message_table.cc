#include "server/state/message_table.h"

#include <array>
#include <utility>
#include <vector>

#include "server/base/try.h"

namespace linktor::state {
namespace {

// SQLite uses the index messages_open only for a statement that repeats the
// condition of this index. Open sends are PENDING (2) and UNCONFIRMED (4).
#define LINKTOR_OPEN_STATES "state IN (2, 4)"

// BindContent binds the three parameters of this condition.
#define LINKTOR_CONTENT_KEY \
  "channel_no = ?1 AND user_id = ?2 AND content_match = ?3"

#define LINKTOR_MESSAGE_COLUMNS                                                \
  "id, channel_no, channel_id, user_id, state, settled_by, attempt, "          \
  "request_id, request_fingerprint, content_match, mid, create_ms, claim_ms, " \
  "send_ms, echo_ms, "                                                         \
  "(SELECT sealed FROM contents c WHERE c.no = content_no), "                  \
  "(SELECT sealed FROM contents c WHERE c.no = error_no), "                    \
  "mid_key, api_key_id, instance, incarnation, "                               \
  "coalesce(born_ms, claim_ms), no, content_no, error_no, settled_no, "        \
  "retract_ms, after_seq"

MessageRow ReadMessageRow(const sqlite::Statement& s) {
  MessageRow row;
  row.id = s.String(0);
  row.channel_no = s.Int(1);
  row.channel_id = s.String(2);
  row.user_id = s.String(3);
  row.state = static_cast<v1::MessageState>(s.Int(4));
  row.settled_by = static_cast<v1::SettledBy>(s.Int(5));
  row.attempt = static_cast<int>(s.Int(6));
  row.request_id = s.String(7);
  row.request_fingerprint = s.String(8);
  row.content_match = s.String(9);
  row.mid = s.String(10);
  row.create_ms = s.Int(11);
  row.claim_ms = s.Int(12);
  row.send_ms = s.Int(13);
  row.echo_ms = s.Int(14);
  row.sealed_content = s.String(15);
  row.sealed_error = s.String(16);
  row.mid_key = s.String(17);
  row.api_key_id = s.String(18);
  row.instance = s.String(19);
  row.incarnation = s.Int(20);
  row.born_ms = s.Int(21);
  row.no = s.Int(22);
  row.content_no = s.Int(23);
  row.error_no = s.Int(24);
  row.settled_no = s.Int(25);
  row.retract_ms = s.Int(26);
  row.after_seq = s.Int(27);
  return row;
}

// Returns all rows of the statement, and resets the statement.
absl::StatusOr<std::vector<MessageRow>> ReadAll(sqlite::Statement& statement) {
  const sqlite::StatementReset reset(statement);
  std::vector<MessageRow> rows;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, statement.Step());
    if (!row) return rows;
    rows.push_back(ReadMessageRow(statement));
  }
}

// Returns the first row of the statement, or nullopt when it has none, and
// resets the statement.
absl::StatusOr<std::optional<MessageRow>> ReadMessage(
    sqlite::Statement& statement) {
  LINKTOR_ASSIGN(auto rows, ReadAll(statement));
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

sqlite::Statement& BindContent(sqlite::Statement& statement,
                               const ContentKey& content) {
  return statement.Bind(1, content.channel_no)
      .BindText(2, content.user_id)
      .BindBlob(3, content.content_match);
}

// Returns whether the statement has a row, and resets the statement.
absl::StatusOr<bool> HasRow(sqlite::Statement& statement) {
  const sqlite::StatementReset reset(statement);
  return statement.Step();
}

}  // namespace

MessageTable::MessageTable(sqlite::Database& database)
    : contents_(database),
      by_id_(database,
             "SELECT " LINKTOR_MESSAGE_COLUMNS " FROM messages WHERE id = ?1"),
      by_request_(database,
                  "SELECT " LINKTOR_MESSAGE_COLUMNS
                  " FROM messages WHERE channel_no = ?1 AND request_id = ?2"),
      by_mid_(database,
              "SELECT " LINKTOR_MESSAGE_COLUMNS
              " FROM messages WHERE mid_key = ?1 ORDER BY no LIMIT 1"),
      has_pending_(database,
                   "SELECT 1 FROM messages WHERE channel_no = ?1 AND "
                   "user_id = ?2 AND " LINKTOR_OPEN_STATES
                   " AND state = 2 LIMIT 1"),
      has_pending_of_(database,
                      "SELECT 1 FROM messages WHERE " LINKTOR_CONTENT_KEY
                      " AND " LINKTOR_OPEN_STATES " AND state = 2 LIMIT 1"),
      last_unconfirmed_(
          database,
          "SELECT id, claim_ms FROM messages WHERE " LINKTOR_CONTENT_KEY
          " AND " LINKTOR_OPEN_STATES
          " AND state = 4 AND claim_ms BETWEEN ?4 AND ?5 "
          "ORDER BY claim_ms DESC, no DESC LIMIT 2"),
      next_unconfirmed_(database,
                        "SELECT claim_ms FROM messages "
                        "WHERE " LINKTOR_CONTENT_KEY " AND " LINKTOR_OPEN_STATES
                        " AND state = 4 AND claim_ms >= ?4 "
                        "ORDER BY claim_ms LIMIT 1"),
      insert_(database,
              "INSERT INTO messages (no, id, channel_no, channel_id, user_id, "
              "state, settled_by, attempt, request_id, request_fingerprint, "
              "content_match, mid, create_ms, claim_ms, born_ms, content_no, "
              "mid_key, api_key_id, instance, incarnation, after_seq) "
              "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
      update_attempt_(
          database,
          "UPDATE messages SET state = ?1, settled_by = ?2, attempt = ?3, "
          "claim_ms = ?4, born_ms = ?5, api_key_id = ?6, instance = ?7, "
          "incarnation = ?8, error_no = ?9 WHERE no = ?10"),
      update_(database,
              "UPDATE messages SET state = ?1, settled_by = ?2, mid = ?3, "
              "mid_key = ?4, send_ms = ?5, echo_ms = ?6, error_no = ?7, "
              "settled_no = ?8, retract_ms = ?9 WHERE no = ?10"),
      find_content_(database, "SELECT sealed FROM contents WHERE no = ?1"),
      remove_content_(database, "DELETE FROM contents WHERE no = ?1"),
      add_unmatched_(database,
                     "INSERT INTO unmatched_echoes (seq, channel_no, user_id, "
                     "content_match, echo_ms, born_ms, mid, mid_key) "
                     "VALUES (?,?,?,?,?,?,?,?)"),
      remove_unmatched_(database,
                        "DELETE FROM unmatched_echoes WHERE mid_key = ?1"),
      first_unmatched_(
          database,
          "SELECT seq, echo_ms, mid, mid_key FROM unmatched_echoes "
          "WHERE " LINKTOR_CONTENT_KEY
          " AND echo_ms BETWEEN ?4 AND ?5 ORDER BY echo_ms, seq LIMIT 2"),
      trim_requests_(
          database,
          "UPDATE messages SET request_id = NULL WHERE no IN ("
          "SELECT no FROM messages WHERE request_id IS NOT NULL AND "
          "coalesce(born_ms, claim_ms) < ?1 AND NOT (" LINKTOR_OPEN_STATES
          ") ORDER BY coalesce(born_ms, claim_ms), no LIMIT ?2)"),
      trim_unmatched_(database,
                      "DELETE FROM unmatched_echoes WHERE seq IN ("
                      "SELECT seq FROM unmatched_echoes WHERE born_ms < ?1 "
                      "ORDER BY born_ms, seq LIMIT ?2)"),
      oldest_(database,
              "SELECT no, content_no, coalesce(error_no, 0), "
              "coalesce(settled_no, 0), (request_id IS NULL OR state = 4) AND "

              "coalesce(born_ms, claim_ms) < ?1 AND NOT EXISTS (SELECT 1 FROM "
              "events WHERE message_no = messages.no) "
              "FROM messages ORDER BY no LIMIT ?2"),
      remove_(database, "DELETE FROM messages WHERE no = ?1") {
  static_assert(v1::MESSAGE_STATE_UNCONFIRMED == 4);
}

absl::StatusOr<std::optional<MessageRow>> MessageTable::FindById(
    std::string_view id) {
  return ReadMessage(by_id_.BindBlob(1, id));
}

absl::StatusOr<std::optional<MessageRow>> MessageTable::FindByRequest(
    std::int64_t channel_no, std::string_view request_id) {
  return ReadMessage(by_request_.Bind(1, channel_no).BindText(2, request_id));
}

absl::StatusOr<std::optional<MessageRow>> MessageTable::FindByMid(
    std::string_view mid_key) {
  return ReadMessage(by_mid_.BindBlob(1, mid_key));
}

absl::StatusOr<bool> MessageTable::HasPending(std::int64_t channel_no,
                                              std::string_view user_id) {
  return HasRow(has_pending_.Bind(1, channel_no).BindText(2, user_id));
}

absl::StatusOr<bool> MessageTable::HasPendingOf(const ContentKey& content) {
  return HasRow(BindContent(has_pending_of_, content));
}

absl::StatusOr<std::vector<UnconfirmedSend>> MessageTable::LastUnconfirmed(
    const ContentKey& content, std::int64_t from_ms, std::int64_t to_ms) {
  const sqlite::StatementReset reset(last_unconfirmed_);
  BindContent(last_unconfirmed_, content).Bind(4, from_ms).Bind(5, to_ms);
  std::vector<UnconfirmedSend> found;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, last_unconfirmed_.Step());
    if (!row) return found;
    found.push_back({.id = last_unconfirmed_.String(0),
                     .claim_ms = last_unconfirmed_.Int(1)});
  }
}

absl::StatusOr<std::optional<std::int64_t>> MessageTable::NextUnconfirmed(
    const ContentKey& content, std::int64_t from_ms) {
  const sqlite::StatementReset reset(next_unconfirmed_);
  LINKTOR_ASSIGN(
      const bool row,
      BindContent(next_unconfirmed_, content).Bind(4, from_ms).Step());
  if (!row) return std::nullopt;
  return next_unconfirmed_.Int(0);
}

absl::Status MessageTable::Insert(MessageRow& row, LogState& state) {
  LINKTOR_ASSIGN(row.content_no, contents_.Add(row.sealed_content, state));
  row.no = ++state.last_message_no;
  insert_.Bind(1, row.no)
      .BindBlob(2, row.id)
      .Bind(3, row.channel_no)
      .BindText(4, row.channel_id)
      .BindText(5, row.user_id)
      .Bind(6, row.state)
      .Bind(7, row.settled_by)
      .Bind(8, row.attempt)
      .BindTextOrNull(9, row.request_id)
      .BindBlob(10, row.request_fingerprint)
      .BindBlobOrNull(11, row.content_match)
      .BindTextOrNull(12, row.mid)
      .Bind(13, row.create_ms)
      .Bind(14, row.claim_ms)
      .Bind(16, row.content_no)
      .BindBlobOrNull(17, row.mid_key)
      .BindTextOrNull(18, row.api_key_id)
      .BindBlob(19, row.instance)
      .Bind(20, row.incarnation)
      .Bind(21, row.after_seq);
  // A parameter that is not bound is NULL. Here NULL means that the age began
  // with the claim.
  if (row.born_ms != row.claim_ms) insert_.Bind(15, row.born_ms);
  return insert_.Run();
}

// SQLite rewrites the index entries of every column that a statement names,
// even when the value stays the same. So there is one statement for a new
// attempt, and one for how the attempt ends.
absl::Status MessageTable::UpdateAttempt(const MessageRow& row) {
  ++updates_;
  update_attempt_.Bind(1, row.state)
      .Bind(2, row.settled_by)
      .Bind(3, row.attempt)
      .Bind(4, row.claim_ms)
      .BindTextOrNull(6, row.api_key_id)
      .BindBlob(7, row.instance)
      .Bind(8, row.incarnation)
      .Bind(10, row.no);
  if (row.born_ms != row.claim_ms) update_attempt_.Bind(5, row.born_ms);
  if (row.error_no != 0) update_attempt_.Bind(9, row.error_no);
  return update_attempt_.Run();
}

absl::Status MessageTable::Update(const MessageRow& row) {
  ++updates_;
  update_.Bind(1, row.state)
      .Bind(2, row.settled_by)
      .BindTextOrNull(3, row.mid)
      .BindBlobOrNull(4, row.mid_key)
      .Bind(5, row.send_ms)
      .Bind(6, row.echo_ms)
      .Bind(10, row.no);
  if (row.error_no != 0) update_.Bind(7, row.error_no);
  if (row.settled_no != 0) update_.Bind(8, row.settled_no);
  if (row.retract_ms != 0) update_.Bind(9, row.retract_ms);
  return update_.Run();
}

absl::Status MessageTable::SetError(MessageRow& row,
                                    std::string_view sealed_error,
                                    LogState& state) {
  row.sealed_error = std::string(sealed_error);
  return ReplaceContent(row.error_no, sealed_error, state);
}

absl::Status MessageTable::SetSettled(MessageRow& row,
                                      std::string_view sealed_settled,
                                      LogState& state) {
  return ReplaceContent(row.settled_no, sealed_settled, state);
}

absl::StatusOr<std::string> MessageTable::FindSettled(const MessageRow& row) {
  const sqlite::StatementReset reset(find_content_);
  LINKTOR_ASSIGN(const bool found,
                 find_content_.Bind(1, row.settled_no).Step());
  return found ? find_content_.String(0) : std::string();
}

absl::Status MessageTable::ReplaceContent(std::int64_t& no,
                                          std::string_view sealed,
                                          LogState& state) {
  if (no != 0) LINKTOR_TRY(remove_content_.Bind(1, no).Run());
  no = 0;
  if (sealed.empty()) return absl::OkStatus();
  LINKTOR_ASSIGN(no, contents_.Add(sealed, state));
  return absl::OkStatus();
}

absl::Status MessageTable::AddUnmatched(const UnmatchedEcho& echo) {
  return add_unmatched_.Bind(1, echo.seq)
      .Bind(2, echo.channel_no)
      .BindText(3, echo.user_id)
      .BindBlob(4, echo.content_match)
      .Bind(5, echo.echo_ms)
      .Bind(6, echo.born_ms)
      .BindText(7, echo.mid)
      .BindBlob(8, echo.mid_key)
      .Run();
}

absl::Status MessageTable::RemoveUnmatched(std::string_view mid_key) {
  return remove_unmatched_.BindBlob(1, mid_key).Run();
}

absl::StatusOr<std::vector<UnmatchedEcho>> MessageTable::FirstUnmatched(
    const ContentKey& content, std::int64_t from_ms, std::int64_t to_ms) {
  const sqlite::StatementReset reset(first_unmatched_);
  BindContent(first_unmatched_, content).Bind(4, from_ms).Bind(5, to_ms);
  std::vector<UnmatchedEcho> found;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, first_unmatched_.Step());
    if (!row) return found;
    found.push_back({.seq = first_unmatched_.Int(0),
                     .channel_no = content.channel_no,
                     .user_id = std::string(content.user_id),
                     .content_match = std::string(content.content_match),
                     .echo_ms = first_unmatched_.Int(1),
                     .mid = first_unmatched_.String(2),
                     .mid_key = first_unmatched_.String(3)});
  }
}

absl::StatusOr<std::int64_t> MessageTable::TrimRequests(std::int64_t before_ms,
                                                        std::int64_t limit) {
  return trim_requests_.Bind(1, before_ms).Bind(2, limit).RunAndCount();
}

absl::StatusOr<std::int64_t> MessageTable::TrimUnmatched(std::int64_t before_ms,
                                                         std::int64_t limit) {
  return trim_unmatched_.Bind(1, before_ms).Bind(2, limit).RunAndCount();
}

absl::StatusOr<std::int64_t> MessageTable::TrimEnded(std::int64_t before_ms,
                                                     std::int64_t limit,
                                                     LogState& state) {
  struct Old {
    std::int64_t no = 0;
    std::array<std::int64_t, 3> contents{};
  };
  std::vector<Old> old;
  {
    const sqlite::StatementReset reset(oldest_);
    oldest_.Bind(1, before_ms).Bind(2, limit);
    for (;;) {
      LINKTOR_ASSIGN(const bool row, oldest_.Step());
      if (!row || oldest_.Int(4) == 0) break;
      old.push_back(
          {.no = oldest_.Int(0),
           .contents = {oldest_.Int(1), oldest_.Int(2), oldest_.Int(3)}});
    }
  }
  for (Old& one : old) {
    for (std::int64_t& content : one.contents) {
      LINKTOR_TRY(ReplaceContent(content, "", state));
    }
    LINKTOR_TRY(remove_.Bind(1, one.no).Run());
  }
  return static_cast<std::int64_t>(old.size());
}

absl::StatusOr<std::optional<MessageRow>> ReadMessageById(
    sqlite::Database& database, std::string_view id) {
  sqlite::Statement find(database,
                         "SELECT " LINKTOR_MESSAGE_COLUMNS
                         " FROM messages WHERE id = ?1 OR mid_key = ?1 "
                         "ORDER BY no LIMIT 1");
  return ReadMessage(find.BindBlob(1, id));
}

absl::StatusOr<std::optional<MessageRow>> ReadMessageByRequest(
    sqlite::Database& database, std::int64_t channel_no,
    std::string_view request_id) {
  sqlite::Statement find(
      database, "SELECT " LINKTOR_MESSAGE_COLUMNS
                " FROM messages WHERE channel_no = ?1 AND request_id = ?2");
  return ReadMessage(find.Bind(1, channel_no).BindText(2, request_id));
}

absl::StatusOr<std::vector<MessageRow>> ReadSends(sqlite::Database& database,
                                                  const SendBounds& bounds) {
  // For a channel, SQLite must walk through all sends within the bounds, in the
  // order of their numbers. With an index, SQLite would first sort all sends of
  // the channel.
#define LINKTOR_SENDS_OF_CHANNEL    \
  "SELECT " LINKTOR_MESSAGE_COLUMNS \
  " FROM messages NOT INDEXED "     \
  "WHERE channel_no = ?1 AND no > ?2 AND no <= ?3 ORDER BY no"
#define LINKTOR_SENDS_OF_USER                                                 \
  "SELECT " LINKTOR_MESSAGE_COLUMNS                                           \
  " FROM messages INDEXED BY messages_user "                                  \
  "WHERE channel_no = ?1 AND user_id = ?5 AND no > ?2 AND no <= ?3 ORDER BY " \
  "no"
  const char* sql = nullptr;
  if (bounds.user_id.empty()) {
    sql = bounds.newest_first ? LINKTOR_SENDS_OF_CHANNEL " DESC LIMIT ?4"
                              : LINKTOR_SENDS_OF_CHANNEL " LIMIT ?4";
  } else {
    sql = bounds.newest_first ? LINKTOR_SENDS_OF_USER " DESC LIMIT ?4"
                              : LINKTOR_SENDS_OF_USER " LIMIT ?4";
  }
  sqlite::Statement read(database, sql);
  read.Bind(1, bounds.channel_no)
      .Bind(2, bounds.after_no)
      .Bind(3, bounds.last_no)
      .Bind(4, bounds.limit);
  if (!bounds.user_id.empty()) read.BindText(5, bounds.user_id);
  return ReadAll(read);
}

absl::StatusOr<std::int64_t> ReadFirstSend(sqlite::Database& database) {
  sqlite::Statement read(database, "SELECT coalesce(min(no), 0) FROM messages");
  LINKTOR_ASSIGN(const bool row, read.Step());
  if (row && read.Int(0) != 0) return read.Int(0);
  LINKTOR_ASSIGN(const std::int64_t last, ReadLastSend(database));
  return last + 1;
}

absl::StatusOr<std::int64_t> ReadLastSend(sqlite::Database& database) {
  sqlite::Statement read(database, "SELECT last_message_no FROM log_state");
  LINKTOR_ASSIGN(const bool row, read.Step());
  return row ? read.Int(0) : 0;
}

// after_seq never decreases from one send to the next. So a binary search finds
// the send.
absl::StatusOr<std::int64_t> ReadFirstSendBehind(sqlite::Database& database,
                                                 std::int64_t seq) {
  sqlite::Statement read(database,
                         "SELECT no, after_seq FROM messages WHERE no >= ?1 "
                         "ORDER BY no LIMIT 1");
  LINKTOR_ASSIGN(std::int64_t end, ReadLastSend(database));
  ++end;
  std::int64_t first = 1;
  while (first < end) {
    const std::int64_t middle = first + (end - first) / 2;
    const sqlite::StatementReset reset(read);
    LINKTOR_ASSIGN(const bool row, read.Bind(1, middle).Step());
    if (!row || read.Int(1) >= seq) {
      end = middle;
    } else {
      first = read.Int(0) + 1;
    }
  }
  return first;
}

absl::StatusOr<std::vector<MessageRow>> FindPending(
    sqlite::Database& database) {
  // Without INDEXED BY, SQLite would walk through all messages in their order,
  // because it does not know how few of them are PENDING. With this index, it
  // only sorts the PENDING messages.
  sqlite::Statement pending(database, "SELECT " LINKTOR_MESSAGE_COLUMNS
                                      " FROM messages INDEXED BY messages_open "
                                      "WHERE " LINKTOR_OPEN_STATES
                                      " AND state = 2 ORDER BY no");
  return ReadAll(pending);
}

absl::StatusOr<std::int64_t> CountUnconfirmed(sqlite::Database& database) {
  sqlite::Statement count(
      database, "SELECT count(*) FROM messages WHERE " LINKTOR_OPEN_STATES
                " AND state = 4 AND user_id <> ''");
  LINKTOR_ASSIGN(const bool row, count.Step());
  return row ? count.Int(0) : 0;
}

}  // namespace linktor::state
