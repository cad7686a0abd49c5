#include "server/sqlite/statement.h"

#include <sqlite3.h>

#include "server/base/try.h"

namespace linktor::sqlite {

Statement::Statement(Database& database, const char* sql)
    : handle_(database.handle()) {
  const int code = sqlite3_prepare_v3(
      handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (code != SQLITE_OK) prepared_ = SqliteStatus(handle_, code, sql);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::Check(int code) {
  if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
}

Statement& Statement::Bind(int index, std::int64_t value) {
  Check(sqlite3_bind_int64(statement_, index, value));
  return *this;
}

Statement& Statement::BindText(int index, std::string_view value) {
  // SQLite binds a null pointer as NULL, but an empty value must not become
  // NULL.
  Check(sqlite3_bind_text64(statement_, index,
                            value.empty() ? "" : value.data(), value.size(),
                            SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::BindBlob(int index, std::string_view value) {
  Check(sqlite3_bind_blob64(statement_, index,
                            value.empty() ? "" : value.data(), value.size(),
                            SQLITE_STATIC));
  return *this;
}

Statement& Statement::BindNull(int index) {
  Check(sqlite3_bind_null(statement_, index));
  return *this;
}

Statement& Statement::BindBlobOrNull(int index, std::string_view value) {
  return value.empty() ? BindNull(index) : BindBlob(index, value);
}

Statement& Statement::BindTextOrNull(int index, std::string_view value) {
  return value.empty() ? BindNull(index) : BindText(index, value);
}

absl::StatusOr<bool> Statement::Step() {
  if (!prepared_.ok()) return prepared_;
  if (bind_error_ != SQLITE_OK) {
    return SqliteStatus(nullptr, bind_error_, sqlite3_sql(statement_));
  }
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return SqliteStatus(handle_, code, sqlite3_sql(statement_));
}

void Statement::Reset() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  bind_error_ = SQLITE_OK;
}

absl::Status Statement::Run() {
  absl::StatusOr<bool> row = Step();
  while (row.ok() && *row) row = Step();
  Reset();
  return row.status();
}

absl::StatusOr<std::int64_t> Statement::RunAndCount() {
  LINKTOR_TRY(Run());
  return sqlite3_changes64(handle_);
}

std::int64_t Statement::Int(int column) const {
  return sqlite3_column_int64(statement_, column);
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string_view Statement::Bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

}  // namespace linktor::sqlite
