// Wraps a prepared statement of the SQLite C API in RAII. Only the thread that
// uses the Database may use its Statements. The classes for the tables
// (server/state) and the readers of the tables keep one Statement for each of
// their queries.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/database.h"

struct sqlite3_stmt;

namespace linktor::sqlite {

// A Statement is a prepared statement that is kept and reused. Usage:
//   statement.Bind(1, a).Bind(2, b);
//   LINKTOR_ASSIGN(const bool row, statement.Step());
//   if (row) Use(statement.Int(0), statement.Bytes(1));
//   statement.Reset();
// For a statement that returns no rows, call Run() instead of Step(). Run()
// also resets the statement.
//
// No function throws. Some mistakes are found before the statement runs, such
// as SQL that does not compile, or a parameter that the statement does not
// have. The next Step returns them as an error.
class Statement {
 public:
  // Compiles the SQL, which is constant text. `database` must outlive this
  // object.
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // These set a parameter. Parameters are counted from 1, and a parameter that
  // is not set is NULL. The bytes of texts and blobs are not copied, so they
  // must stay as they are until Reset. A failure is kept, and the next Step
  // returns it.
  Statement& Bind(int index, std::int64_t value);
  Statement& BindText(int index, std::string_view value);
  Statement& BindBlob(int index, std::string_view value);
  Statement& BindNull(int index);
  // These bind NULL when the value is empty.
  Statement& BindBlobOrNull(int index, std::string_view value);
  Statement& BindTextOrNull(int index, std::string_view value);

  // Goes to the next row. Returns true when there is one, and false at the end.
  // It fails with SQLite's error; then the statement must be reset. The error
  // may have rolled the transaction back; Database::in_transaction tells
  // whether it did.
  absl::StatusOr<bool> Step();
  // Ends the reading of rows and forgets the parameters, so that the statement
  // can be used again. The snapshot or transaction of a statement cannot end
  // before the statement is reset.
  void Reset();
  // Steps to the end and resets the statement, also after an error. Rows are
  // dropped.
  absl::Status Run();
  // Runs the statement as Run does, and returns how many rows it has changed.
  // The number means something only for INSERT, UPDATE and DELETE.
  absl::StatusOr<std::int64_t> RunAndCount();

  // These read a column of the row that Step went to. Columns are counted from
  // 0. NULL is read as 0 or as no bytes. The bytes belong to SQLite, and are
  // valid until the next Step or Reset.
  std::int64_t Int(int column) const;
  bool IsNull(int column) const;
  std::string_view Bytes(int column) const;
  std::string String(int column) const { return std::string(Bytes(column)); }

 private:
  // Keeps the first failure of a Bind.
  void Check(int code);

  // It is the connection, which keeps the text of the last error.
  sqlite3* handle_;
  // It is null when the SQL did not compile.
  sqlite3_stmt* statement_ = nullptr;
  // It is the result of compiling the SQL. If it is an error, every later Step
  // returns it.
  absl::Status prepared_;
  // It is the first error of a Bind since the last Reset.
  int bind_error_ = 0;
};

// A StatementReset resets a statement at the end of a scope, also when reading
// its rows has failed. `statement` must outlive the StatementReset.
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
