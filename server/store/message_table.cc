#include "server/store/message_table.h"

#include "absl/strings/str_cat.h"
#include "server/base/try.h"

namespace linktor {
namespace {

#define LINKTOR_MESSAGE_COLUMNS                                         \
  "id, channel_no, channel_id, user_id, state, settled_by, attempt, "   \
  "request_id, request_fingerprint, content_match, mid, create_ms, "    \
  "claim_ms, send_ms, echo_ms, sealed_content, sealed_error, mid_key, " \
  "api_key_id"

MessageRow ReadRow(const Statement& s) {
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
  return row;
}

absl::StatusOr<std::vector<MessageRow>> ReadAll(Statement& statement) {
  const StatementReset reset(statement);
  std::vector<MessageRow> rows;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, statement.Step());
    if (!row) return rows;
    rows.push_back(ReadRow(statement));
  }
}

absl::StatusOr<std::optional<MessageRow>> ReadOne(Statement& statement) {
  LINKTOR_ASSIGN(auto rows, ReadAll(statement));
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

absl::StatusOr<std::int64_t> Changes(Database& database) {
  Statement changes(database, "SELECT changes()");
  LINKTOR_ASSIGN(const bool row, changes.Step());
  return row ? changes.Int(0) : 0;
}

}  // namespace

MessageTable::MessageTable(Database& database)
    : database_(database),
      by_id_(database,
             "SELECT " LINKTOR_MESSAGE_COLUMNS " FROM messages WHERE id = ?1"),
      by_request_(database,
                  "SELECT " LINKTOR_MESSAGE_COLUMNS
                  " FROM messages WHERE channel_no = ?1 AND request_id = ?2"),
      by_mid_(database, "SELECT " LINKTOR_MESSAGE_COLUMNS
                        " FROM messages WHERE mid_key = ?1"),
      open_(database, "SELECT " LINKTOR_MESSAGE_COLUMNS
                      " FROM messages WHERE channel_no = ?1 AND user_id = ?2 "
                      "AND state IN (2, 4) ORDER BY claim_ms, no"),
      insert_(database,
              "INSERT INTO messages (id, channel_no, channel_id, user_id, "
              "state, settled_by, attempt, request_id, request_fingerprint, "
              "content_match, mid, create_ms, claim_ms, send_ms, echo_ms, "
              "sealed_content, sealed_error, mid_key, api_key_id) "
              "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
      update_(database,
              "UPDATE messages SET state = ?1, settled_by = ?2, attempt = ?3, "
              "mid = ?4, claim_ms = ?5, send_ms = ?6, echo_ms = ?7, "
              "sealed_content = ?8, sealed_error = ?9, mid_key = ?10, "
              "content_match = ?11, api_key_id = ?12 WHERE id = ?13"),
      add_unmatched_(database,
                     "INSERT INTO unmatched_echoes (seq, channel_no, user_id, "
                     "content_match, echo_ms, log_ms, mid, mid_key) "
                     "VALUES (?,?,?,?,?,?,?,?)"),
      remove_unmatched_(database,
                        "DELETE FROM unmatched_echoes WHERE mid_key = ?1"),
      find_unmatched_(
          database,
          "SELECT seq, echo_ms, mid, mid_key FROM unmatched_echoes "
          "WHERE channel_no = ?1 AND user_id = ?2 AND content_match = ?3 "
          "ORDER BY seq") {}

absl::StatusOr<std::optional<MessageRow>> MessageTable::FindById(
    std::string_view id) {
  return ReadOne(by_id_.BindBlob(1, id));
}

absl::StatusOr<std::optional<MessageRow>> MessageTable::FindByRequest(
    std::int64_t channel_no, std::string_view request_id) {
  return ReadOne(by_request_.Bind(1, channel_no).BindText(2, request_id));
}

absl::StatusOr<std::optional<MessageRow>> MessageTable::FindByMid(
    std::string_view mid_key) {
  return ReadOne(by_mid_.BindBlob(1, mid_key));
}

absl::StatusOr<std::vector<MessageRow>> MessageTable::FindOpen(
    std::int64_t channel_no, std::string_view user_id) {
  return ReadAll(open_.Bind(1, channel_no).BindText(2, user_id));
}

absl::Status MessageTable::Insert(const MessageRow& row) {
  return insert_.BindBlob(1, row.id)
      .Bind(2, row.channel_no)
      .BindText(3, row.channel_id)
      .BindText(4, row.user_id)
      .Bind(5, row.state)
      .Bind(6, row.settled_by)
      .Bind(7, row.attempt)
      .BindTextOrNull(8, row.request_id)
      .BindBlob(9, row.request_fingerprint)
      .BindBlobOrNull(10, row.content_match)
      .BindTextOrNull(11, row.mid)
      .Bind(12, row.create_ms)
      .Bind(13, row.claim_ms)
      .Bind(14, row.send_ms)
      .Bind(15, row.echo_ms)
      .BindBlob(16, row.sealed_content)
      .BindBlobOrNull(17, row.sealed_error)
      .BindBlobOrNull(18, row.mid_key)
      .BindTextOrNull(19, row.api_key_id)
      .Run();
}

absl::Status MessageTable::Update(const MessageRow& row) {
  return update_.Bind(1, row.state)
      .Bind(2, row.settled_by)
      .Bind(3, row.attempt)
      .BindTextOrNull(4, row.mid)
      .Bind(5, row.claim_ms)
      .Bind(6, row.send_ms)
      .Bind(7, row.echo_ms)
      .BindBlob(8, row.sealed_content)
      .BindBlobOrNull(9, row.sealed_error)
      .BindBlobOrNull(10, row.mid_key)
      .BindBlobOrNull(11, row.content_match)
      .BindTextOrNull(12, row.api_key_id)
      .BindBlob(13, row.id)
      .Run();
}

absl::Status MessageTable::AddUnmatched(const WebhookItem& item,
                                        const UnmatchedEcho& echo,
                                        std::int64_t log_ms) {
  return add_unmatched_.Bind(1, echo.seq)
      .Bind(2, item.event.channel_no)
      .BindText(3, item.event.user_id)
      .BindBlob(4, item.content_match)
      .Bind(5, echo.echo_ms)
      .Bind(6, log_ms)
      .BindText(7, echo.mid)
      .BindBlob(8, echo.mid_key)
      .Run();
}

absl::Status MessageTable::RemoveUnmatched(std::string_view mid_key) {
  return remove_unmatched_.BindBlob(1, mid_key).Run();
}

absl::StatusOr<std::vector<UnmatchedEcho>> MessageTable::FindUnmatched(
    std::int64_t channel_no, std::string_view user_id,
    std::string_view content_match) {
  const StatementReset reset(find_unmatched_);
  find_unmatched_.Bind(1, channel_no)
      .BindText(2, user_id)
      .BindBlob(3, content_match);
  std::vector<UnmatchedEcho> found;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, find_unmatched_.Step());
    if (!row) return found;
    found.push_back({find_unmatched_.Int(0), find_unmatched_.Int(1),
                     find_unmatched_.String(2), find_unmatched_.String(3)});
  }
}

absl::StatusOr<std::int64_t> MessageTable::TrimRequests(std::int64_t before_ms,
                                                        std::int64_t limit) {
  Statement trim(database_,
                 "UPDATE messages SET request_id = NULL WHERE no IN ("
                 "SELECT no FROM messages WHERE request_id IS NOT NULL AND "
                 "claim_ms < ?1 AND state NOT IN (2, 4) LIMIT ?2)");
  LINKTOR_TRY(trim.Bind(1, before_ms).Bind(2, limit).Run());
  return Changes(database_);
}

absl::StatusOr<std::int64_t> MessageTable::TrimUnmatched(std::int64_t before_ms,
                                                         std::int64_t limit) {
  Statement trim(
      database_,
      "DELETE FROM unmatched_echoes WHERE seq IN ("
      "SELECT seq FROM unmatched_echoes WHERE log_ms < ?1 LIMIT ?2)");
  LINKTOR_TRY(trim.Bind(1, before_ms).Bind(2, limit).Run());
  return Changes(database_);
}

absl::StatusOr<std::optional<MessageRow>> ReadMessageById(Database& database,
                                                          std::string_view id) {
  Statement find(database, "SELECT " LINKTOR_MESSAGE_COLUMNS
                           " FROM messages WHERE id = ?1 OR mid_key = ?1");
  return ReadOne(find.BindBlob(1, id));
}

absl::StatusOr<std::optional<MessageRow>> ReadMessageByRequest(
    Database& database, std::int64_t channel_no, std::string_view request_id) {
  Statement find(database,
                 "SELECT " LINKTOR_MESSAGE_COLUMNS
                 " FROM messages WHERE channel_no = ?1 AND request_id = ?2");
  return ReadOne(find.Bind(1, channel_no).BindText(2, request_id));
}

absl::StatusOr<std::vector<MessageRow>> FindPending(Database& database) {
  Statement pending(database, "SELECT " LINKTOR_MESSAGE_COLUMNS
                              " FROM messages WHERE state IN (2, 4) "
                              "AND state = 2 ORDER BY no");
  return ReadAll(pending);
}

absl::StatusOr<std::int64_t> CountUnconfirmed(Database& database) {
  // Said so, the index of open sends is used.
  Statement count(database,
                  "SELECT count(*) FROM messages WHERE state IN (2, 4) "
                  "AND state = 4");
  LINKTOR_ASSIGN(const bool row, count.Step());
  return row ? count.Int(0) : 0;
}

}  // namespace linktor
