#include "server/store/api_key_table.h"

#include "google/protobuf/util/time_util.h"
#include "server/base/try.h"

namespace linktor {
namespace {

using google::protobuf::util::TimeUtil;

#define LINKTOR_API_KEY_COLUMNS "revision, body, hash, last_use_ms"

absl::StatusOr<ApiKeyRow> ReadRow(const Statement& s) {
  ApiKeyRow row;
  row.revision = s.Int(0);
  row.hash = s.String(2);
  if (!row.key.ParseFromString(s.String(1))) {
    return absl::DataLossError("a stored API key cannot be read");
  }
  if (!s.IsNull(3)) {
    *row.key.mutable_last_use_time() =
        TimeUtil::MillisecondsToTimestamp(s.Int(3));
  }
  return row;
}

// The message as stored: its last use has a column of its own.
std::string BodyOf(v1::ApiKey key) {
  key.clear_last_use_time();
  return key.SerializeAsString();
}

}  // namespace

absl::StatusOr<std::optional<ApiKeyRow>> ApiKeyTable::Find(
    std::string_view id) {
  Statement find(database_, "SELECT " LINKTOR_API_KEY_COLUMNS
                            " FROM api_keys WHERE id = ?1");
  LINKTOR_ASSIGN(const bool row, find.BindText(1, id).Step());
  if (!row) return std::nullopt;
  LINKTOR_ASSIGN(ApiKeyRow found, ReadRow(find));
  return found;
}

absl::StatusOr<std::optional<ApiKeyOutcome>> ApiKeyTable::FindCreation(
    const CreateApiKeyRecord& record) {
  if (record.request_id.empty()) return std::nullopt;
  Statement find(database_, "SELECT " LINKTOR_API_KEY_COLUMNS
                            ", request_fingerprint FROM api_keys "
                            "WHERE creator = ?1 AND request_id = ?2");
  find.BindText(1, record.creator).BindText(2, record.request_id);
  LINKTOR_ASSIGN(const bool row, find.Step());
  if (!row) return std::nullopt;
  if (find.Bytes(4) != record.request_fingerprint) {
    return ApiKeyOutcome{.kind = ApiKeyOutcome::Kind::kReused};
  }
  LINKTOR_ASSIGN(ApiKeyRow found, ReadRow(find));
  return ApiKeyOutcome{.kind = ApiKeyOutcome::Kind::kReplayed,
                       .row = std::move(found)};
}

absl::StatusOr<ApiKeyOutcome> ApiKeyTable::Create(
    const CreateApiKeyRecord& record) {
  LINKTOR_ASSIGN(auto before, FindCreation(record));
  if (before.has_value()) return *std::move(before);
  Statement count(database_, "SELECT count(*) FROM api_keys");
  LINKTOR_ASSIGN(const bool counted, count.Step());
  if (counted && count.Int(0) >= kMaxApiKeys) {
    return ApiKeyOutcome{.kind = ApiKeyOutcome::Kind::kTooMany};
  }
  const std::string body = BodyOf(record.key);
  Statement insert(database_,
                   "INSERT INTO api_keys (id, revision, body, hash, creator, "
                   "request_id, request_fingerprint) VALUES (?,1,?,?,?,?,?)");
  LINKTOR_TRY(insert.BindText(1, record.key.id())
                  .BindBlob(2, body)
                  .BindBlob(3, record.hash)
                  .BindText(4, record.creator)
                  .BindTextOrNull(5, record.request_id)
                  .BindBlobOrNull(6, record.request_fingerprint)
                  .Run());
  return ApiKeyOutcome{
      .kind = ApiKeyOutcome::Kind::kApplied,
      .row = {.revision = 1, .key = record.key, .hash = record.hash}};
}

absl::StatusOr<ApiKeyOutcome> ApiKeyTable::Update(
    const UpdateApiKeyRecord& record) {
  LINKTOR_ASSIGN(auto found, Find(record.key.id()));
  if (!found.has_value()) return ApiKeyOutcome{};
  if (found->revision != record.expected_revision) {
    return ApiKeyOutcome{.kind = ApiKeyOutcome::Kind::kChanged};
  }
  ApiKeyOutcome outcome{.kind = ApiKeyOutcome::Kind::kApplied,
                        .row = *std::move(found)};
  const bool used = outcome.row.key.has_last_use_time();
  const google::protobuf::Timestamp last_use = outcome.row.key.last_use_time();
  outcome.row.revision += 1;
  outcome.row.key = record.key;
  outcome.row.key.clear_last_use_time();
  if (used) *outcome.row.key.mutable_last_use_time() = last_use;
  const std::string body = BodyOf(record.key);
  Statement update(database_,
                   "UPDATE api_keys SET revision = ?1, body = ?2 WHERE id = "
                   "?3");
  LINKTOR_TRY(update.Bind(1, outcome.row.revision)
                  .BindBlob(2, body)
                  .BindText(3, record.key.id())
                  .Run());
  return outcome;
}

absl::StatusOr<ApiKeyOutcome> ApiKeyTable::Delete(
    const DeleteApiKeyRecord& record) {
  LINKTOR_ASSIGN(auto found, Find(record.id));
  if (!found.has_value()) return ApiKeyOutcome{};
  if (found->revision != record.expected_revision) {
    return ApiKeyOutcome{.kind = ApiKeyOutcome::Kind::kChanged};
  }
  ApiKeyOutcome outcome{.kind = ApiKeyOutcome::Kind::kApplied,
                        .row = *std::move(found)};
  outcome.row.revision += 1;
  outcome.row.deleted = true;
  Statement remove(database_, "DELETE FROM api_keys WHERE id = ?1");
  LINKTOR_TRY(remove.BindText(1, record.id).Run());
  return outcome;
}

absl::Status ApiKeyTable::RecordUse(const UseApiKeysRecord& record) {
  Statement update(database_,
                   "UPDATE api_keys SET last_use_ms = ?1 WHERE id = ?2 AND "
                   "(last_use_ms IS NULL OR last_use_ms < ?1)");
  for (const auto& [id, use_ms] : record.uses) {
    LINKTOR_TRY(update.Bind(1, use_ms).BindText(2, id).Run());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ApiKeyRow>> ReadApiKeys(Database& database) {
  Statement read(
      database, "SELECT " LINKTOR_API_KEY_COLUMNS " FROM api_keys ORDER BY id");
  std::vector<ApiKeyRow> rows;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return rows;
    LINKTOR_ASSIGN(ApiKeyRow found, ReadRow(read));
    rows.push_back(std::move(found));
  }
}

}  // namespace linktor
