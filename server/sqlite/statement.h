// Wraps a prepared statement of the SQLite C API in RAII. It belongs to the
// thread that uses its Database. Tables and readers of the state keep one for
// each of their queries.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/database.h"

struct sqlite3_stmt;

namespace linktor::sqlite {

// A prepared statement, kept and reused. Usage:
//   statement.Bind(1, a).Bind(2, b);
//   ASSIGN row = statement.Step();   // true: a row, read it by Column…
//   statement.Reset();
// or Run() for statements without rows, which resets by itself.
//
// Nothing throws, and a mistake in the program is an error of the next Step:
// SQL that does not compile, or a parameter that the statement does not have.
class Statement {
 public:
  // Compiles the SQL, which is constant text. `database` must outlive this.
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // These set a parameter, counted from 1; one that is not set is NULL. The
  // bytes of text and blobs are borrowed until Reset. A failure is kept, and
  // the next Step returns it.
  Statement& Bind(int index, std::int64_t value);
  Statement& BindText(int index, std::string_view value);
  Statement& BindBlob(int index, std::string_view value);
  Statement& BindNull(int index);
  // These bind NULL when the value is empty.
  Statement& BindBlobOrNull(int index, std::string_view value);
  Statement& BindTextOrNull(int index, std::string_view value);

  // Goes to the next row: true when there is one, false at the end. An error is
  // SQLite's, and the statement must be reset then; where the transaction was
  // rolled back with it, Database::in_transaction tells.
  absl::StatusOr<bool> Step();
  // Ends the reading of rows and forgets the parameters, so that the statement
  // can be used again. A statement that is not reset keeps its snapshot or
  // transaction from ending.
  void Reset();
  // Steps to the end and resets, also after an error. Rows are dropped.
  absl::Status Run();
  // Does the same, and returns how many rows the statement has changed; for a
  // statement other than INSERT, UPDATE and DELETE the number means nothing.
  absl::StatusOr<std::int64_t> RunAndCount();

  // These read a column of the row that Step went to, counted from 0. NULL
  // reads as 0 and as no bytes. Bytes are borrowed until the next Step or
  // Reset.
  std::int64_t Int(int column) const;
  bool IsNull(int column) const;
  std::string_view Bytes(int column) const;
  std::string String(int column) const { return std::string(Bytes(column)); }

 private:
  // Keeps the first failure of a Bind.
  void Check(int code);

  // It is the connection, for its error messages.
  sqlite3* handle_;
  // It is null when the SQL did not compile.
  sqlite3_stmt* statement_ = nullptr;
  // The result of compiling the SQL; every later Step returns it.
  absl::Status prepared_;
  // It is the first error of a Bind since the last Reset.
  int bind_error_ = 0;
};

// Resets a statement at the end of a scope, when its rows have been read or
// reading them has failed. `statement` must outlive it.
class StatementReset {
 public:
  explicit StatementReset(Statement& statement) : statement_(statement) {}
  ~StatementReset() { statement_.Reset(); }
  StatementReset(const StatementReset&) = delete;
  StatementReset& operator=(const StatementReset&) = delete;

 private:
  Statement& statement_;
};

}  // namespace linktor::sqlite
