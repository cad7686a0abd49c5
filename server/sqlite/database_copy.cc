#include "server/sqlite/database_copy.h"

#include <sqlite3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/try.h"
#include "server/sqlite/statement.h"

namespace linktor::sqlite {
namespace {

absl::Status Run(sqlite3* handle, const char* sql) {
  const int code = sqlite3_exec(handle, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : SqliteStatus(handle, code, sql);
}

}  // namespace

absl::StatusOr<std::unique_ptr<DatabaseCopy>> DatabaseCopy::Begin(
    Database& from, const std::string& path) {
  std::unique_ptr<DatabaseCopy> copy(new DatabaseCopy());
  int code = sqlite3_open_v2(
      path.c_str(), &copy->to_,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  if (code != SQLITE_OK) return SqliteStatus(copy->to_, code, "open " + path);
  // An unfinished copy is never used, so no part of it is worth a journal; and
  // the thread that copies must not wait for the disk.
  for (const char* sql :
       {"PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF"}) {
    LINKTOR_TRY(Run(copy->to_, sql));
  }
  copy->backup_ = sqlite3_backup_init(copy->to_, "main", from.handle(), "main");
  if (copy->backup_ == nullptr) {
    return SqliteStatus(copy->to_, sqlite3_errcode(copy->to_), "copy");
  }
  return copy;
}

DatabaseCopy::~DatabaseCopy() {
  sqlite3_backup_finish(backup_);
  sqlite3_close(to_);
}

absl::StatusOr<bool> DatabaseCopy::Step(int pages) {
  const int code = sqlite3_backup_step(backup_, pages);
  pages_ = sqlite3_backup_pagecount(backup_);
  copied_ = pages_ - sqlite3_backup_remaining(backup_);
  if (code == SQLITE_OK) return false;
  // Both connections can be at fault, and this one's error would be that of an
  // earlier call.
  if (code != SQLITE_DONE) return SqliteStatus(nullptr, code, "copy");
  const int finished = sqlite3_backup_finish(std::exchange(backup_, nullptr));
  if (finished != SQLITE_OK) return SqliteStatus(nullptr, finished, "copy");
  return true;
}

absl::Status MakeSingleFile(const std::string& path) {
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(
      path.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  std::string mode;
  if (code == SQLITE_OK) {
    code = sqlite3_exec(
        handle, "PRAGMA journal_mode=DELETE",
        [](void* out, int, char** values, char**) {
          if (values[0] != nullptr) *static_cast<std::string*>(out) = values[0];
          return SQLITE_OK;
        },
        &mode, nullptr);
  }
  absl::Status status;
  if (code != SQLITE_OK) {
    status = SqliteStatus(handle, code, "open " + path);
  } else if (mode != "delete") {
    status = absl::InternalError("the journal mode of the copy is " + mode);
  }
  sqlite3_close(handle);
  return status;
}

absl::Status CheckIntegrity(Database& database) {
  Statement check(database, "PRAGMA integrity_check(1)");
  LINKTOR_ASSIGN(const bool row, check.Step());
  if (row && check.Bytes(0) == "ok") return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the database is damaged: ",
                                          row ? check.String(0) : "no answer"));
}

}  // namespace linktor::sqlite
