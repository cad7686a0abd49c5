#include "server/state/api_key_table.h"

#include <utility>

#include "server/base/try.h"

namespace linktor::state {
namespace {

#define LINKTOR_API_KEY_COLUMNS "id, revision, sealed_key, hash, last_use_ms"

// FindCreation selects request_fingerprint as this column, after the columns of
// LINKTOR_API_KEY_COLUMNS.
constexpr int kApiKeyFingerprintColumn = 5;

ApiKeyRow ReadApiKeyRow(const sqlite::Statement& s) {
  return {.id = s.String(0),
          .revision = s.Int(1),
          .sealed_key = s.String(2),
          .hash = s.String(3),
          .last_use_ms = s.Int(4)};
}

}  // namespace

absl::StatusOr<std::optional<ApiKeyRow>> ApiKeyTable::Find(
    std::string_view id) {
  sqlite::Statement find(database_, "SELECT " LINKTOR_API_KEY_COLUMNS
                                    " FROM api_keys WHERE id = ?1");
  LINKTOR_ASSIGN(const bool row, find.BindText(1, id).Step());
  if (!row) return std::nullopt;
  return ReadApiKeyRow(find);
}

absl::StatusOr<std::optional<ApiKeyAnswer>> ApiKeyTable::FindCreation(
    const journal::CreateApiKey& record) {
  if (record.request_id().empty()) return std::nullopt;
  sqlite::Statement find(database_, "SELECT " LINKTOR_API_KEY_COLUMNS
                                    ", request_fingerprint FROM api_keys "
                                    "WHERE creator = ?1 AND request_id = ?2");
  find.BindText(1, record.creator()).BindText(2, record.request_id());
  LINKTOR_ASSIGN(const bool row, find.Step());
  if (!row) return std::nullopt;
  if (find.Bytes(kApiKeyFingerprintColumn) != record.request_fingerprint()) {
    return ApiKeyAnswer{.kind = ApiKeyAnswer::Kind::kReused};
  }
  return ApiKeyAnswer{.kind = ApiKeyAnswer::Kind::kReplayed,
                      .row = ReadApiKeyRow(find)};
}

absl::StatusOr<ApiKeyAnswer> ApiKeyTable::Create(
    const journal::CreateApiKey& record) {
  LINKTOR_ASSIGN(auto before, FindCreation(record));
  if (before.has_value()) return *std::move(before);
  sqlite::Statement count(database_, "SELECT count(*) FROM api_keys");
  LINKTOR_ASSIGN(const bool counted, count.Step());
  if (counted && count.Int(0) >= kMaxApiKeys) {
    return ApiKeyAnswer{.kind = ApiKeyAnswer::Kind::kTooMany};
  }
  sqlite::Statement insert(
      database_,
      "INSERT INTO api_keys (id, revision, sealed_key, hash, "
      "creator, request_id, request_fingerprint) "
      "VALUES (?,1,?,?,?,?,?)");
  LINKTOR_TRY(insert.BindText(1, record.id())
                  .BindBlob(2, record.sealed_key())
                  .BindBlob(3, record.hash())
                  .BindText(4, record.creator())
                  .BindTextOrNull(5, record.request_id())
                  .BindBlobOrNull(6, record.request_fingerprint())
                  .Run());
  return ApiKeyAnswer{.kind = ApiKeyAnswer::Kind::kApplied,
                      .row = {.id = record.id(),
                              .revision = 1,
                              .sealed_key = record.sealed_key(),
                              .hash = record.hash()}};
}

absl::StatusOr<ApiKeyAnswer> ApiKeyTable::Update(
    const journal::UpdateApiKey& record) {
  LINKTOR_ASSIGN(auto found, Find(record.id()));
  if (!found.has_value()) return ApiKeyAnswer{};
  if (found->revision != record.expected_revision()) {
    return ApiKeyAnswer{.kind = ApiKeyAnswer::Kind::kChanged};
  }
  ApiKeyAnswer answer{.kind = ApiKeyAnswer::Kind::kApplied,
                      .row = *std::move(found)};
  answer.row.revision += 1;
  answer.row.sealed_key = record.sealed_key();
  sqlite::Statement update(database_,
                           "UPDATE api_keys SET revision = ?1, sealed_key = ?2 "
                           "WHERE id = ?3");
  LINKTOR_TRY(update.Bind(1, answer.row.revision)
                  .BindBlob(2, record.sealed_key())
                  .BindText(3, record.id())
                  .Run());
  return answer;
}

absl::StatusOr<ApiKeyAnswer> ApiKeyTable::Delete(
    const journal::DeleteApiKey& record) {
  LINKTOR_ASSIGN(auto found, Find(record.id()));
  if (!found.has_value()) return ApiKeyAnswer{};
  if (found->revision != record.expected_revision()) {
    return ApiKeyAnswer{.kind = ApiKeyAnswer::Kind::kChanged};
  }
  ApiKeyAnswer answer{.kind = ApiKeyAnswer::Kind::kApplied,
                      .row = *std::move(found)};
  answer.row.revision += 1;
  answer.row.deleted = true;
  sqlite::Statement remove(database_, "DELETE FROM api_keys WHERE id = ?1");
  LINKTOR_TRY(remove.BindText(1, record.id()).Run());
  return answer;
}

absl::Status ApiKeyTable::RecordUse(const journal::UseApiKeys& record) {
  sqlite::Statement update(
      database_,
      "UPDATE api_keys SET last_use_ms = ?1 WHERE id = ?2 AND "
      "(last_use_ms IS NULL OR last_use_ms < ?1)");
  for (const journal::UseApiKeys::Use& use : record.uses()) {
    LINKTOR_TRY(update.Bind(1, use.time_ms()).BindText(2, use.id()).Run());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ApiKeyRow>> ReadApiKeys(sqlite::Database& database) {
  sqlite::Statement read(
      database, "SELECT " LINKTOR_API_KEY_COLUMNS " FROM api_keys ORDER BY id");
  std::vector<ApiKeyRow> rows;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return rows;
    rows.push_back(ReadApiKeyRow(read));
  }
}

}  // namespace linktor::state
