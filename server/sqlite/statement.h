// A prepared statement of the SQLite C API behind RAII. It belongs to the
// thread that uses its Database.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/database.h"

struct sqlite3_stmt;

namespace linktor {

// A prepared statement, kept and reused. Usage:
//   statement.Bind(1, a).Bind(2, b);
//   ASSIGN row = statement.Step();   // true: a row, read it by Column…
//   statement.Reset();
// or Run() for statements without rows, which resets by itself. Bound text and
// blobs are borrowed until Reset.
class Statement {
 public:
  // Statements are part of the program: one that does not compile is reported
  // by the first Step.
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(int index, std::int64_t value);
  Statement& BindText(int index, std::string_view value);
  Statement& BindBlob(int index, std::string_view value);
  Statement& BindNull(int index);
  // They bind NULL when the value is empty.
  Statement& BindBlobOrNull(int index, std::string_view value);
  Statement& BindTextOrNull(int index, std::string_view value);

  absl::StatusOr<bool> Step();
  void Reset();
  // Steps to the end and resets.
  absl::Status Run();
  // The same; returns how many rows the statement has changed.
  absl::StatusOr<std::int64_t> RunAndCount();

  std::int64_t Int(int column) const;
  bool IsNull(int column) const;
  // Valid until the next Step or Reset.
  std::string_view Bytes(int column) const;
  std::string String(int column) const { return std::string(Bytes(column)); }

 private:
  void Check(int code);

  sqlite3* handle_;
  sqlite3_stmt* statement_ = nullptr;
  // The result of compiling the SQL; every later Step returns it.
  absl::Status prepared_;
  // The first error of a Bind since the last Reset.
  int bind_error_ = 0;
};

// Resets a statement when its rows have been read.
class StatementReset {
 public:
  explicit StatementReset(Statement& statement) : statement_(statement) {}
  ~StatementReset() { statement_.Reset(); }
  StatementReset(const StatementReset&) = delete;
  StatementReset& operator=(const StatementReset&) = delete;

 private:
  Statement& statement_;
};

}  // namespace linktor
