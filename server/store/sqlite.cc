#include "server/store/sqlite.h"

#include <sqlite3.h>

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/store/wal_gather.h"

namespace linktor {
namespace {

// Carries SQLite's extended code through absl::Status.
constexpr char kCodePayload[] = "linktor/sqlite";

// How long a connection waits for another's lock; readers never wait in WAL.
constexpr int kBusyMs = 5000;

absl::Status ToStatus(sqlite3* handle, int code, std::string_view what) {
  if (handle != nullptr) code = sqlite3_extended_errcode(handle);
  absl::Status status = absl::InternalError(absl::StrCat(
      "sqlite: ", std::string(what), ": ",
      handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code), " (",
      code, ")"));
  status.SetPayload(kCodePayload, absl::Cord(std::to_string(code)));
  return status;
}

absl::Status AssertPragma(Database& database, const char* sql,
                          std::string_view wanted) {
  Statement statement(database, sql);
  const absl::StatusOr<bool> row = statement.Step();
  if (!row.ok()) return row.status();
  if (!*row || statement.Bytes(0) != wanted) {
    return absl::InternalError(
        absl::StrCat(sql, " is ", *row ? statement.String(0) : "nothing",
                     ", wanted ", std::string(wanted)));
  }
  return absl::OkStatus();
}

}  // namespace

StoreFault FaultOf(const absl::Status& status) {
  if (status.ok()) return StoreFault::kNone;
  const auto payload = status.GetPayload(kCodePayload);
  int code = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &code)) {
    return StoreFault::kRecord;
  }
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return StoreFault::kFull;
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return StoreFault::kBusy;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PROTOCOL:
    case SQLITE_PERM:
      return StoreFault::kDisk;
    default:
      return StoreFault::kRecord;
  }
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(
    const std::string& path, Mode mode) {
  const int flags =
      (mode == Mode::kReadWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                : SQLITE_OPEN_READONLY) |
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, flags,
                      mode == Mode::kReadWrite ? WalGatheringVfs() : nullptr);
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) return ToStatus(handle, code, "open " + path);
  sqlite3_busy_timeout(handle, kBusyMs);
  if (mode == Mode::kReadOnly) return database;
  for (const char* sql :
       {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON", "PRAGMA secure_delete=ON"}) {
    if (absl::Status status = database->Execute(sql); !status.ok()) {
      return status;
    }
  }
  for (const auto& [sql, wanted] : {std::pair{"PRAGMA journal_mode", "wal"},
                                    std::pair{"PRAGMA synchronous", "2"},
                                    std::pair{"PRAGMA foreign_keys", "1"}}) {
    if (absl::Status status = AssertPragma(*database, sql, wanted);
        !status.ok()) {
      return status;
    }
  }
  return database;
}

Database::~Database() { sqlite3_close(handle_); }

absl::Status Database::Execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : ToStatus(handle_, code, sql);
}

Statement::Statement(Database& database, const char* sql)
    : handle_(database.handle()) {
  const int code = sqlite3_prepare_v3(
      handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (code != SQLITE_OK) prepared_ = ToStatus(handle_, code, sql);
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
  // A null pointer would bind NULL; empty text is text.
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
    return ToStatus(nullptr, bind_error_, sqlite3_sql(statement_));
  }
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return ToStatus(handle_, code, sqlite3_sql(statement_));
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

}  // namespace linktor
