// The SQLite C API behind RAII. Nothing here knows the schema.
// A Database and its Statements belong to one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace linktor {

class Database {
 public:
  enum class Mode { kReadWrite, kReadOnly };

  // Opens (kReadWrite: creates) the file with the settings every connection
  // has: WAL, synchronous FULL, foreign keys, secure_delete; and asserts them.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path,
                                                        Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs constant SQL without parameters.
  absl::Status Execute(const char* sql);
  sqlite3* handle() const { return handle_; }

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}

  sqlite3* handle_;
};

// What a status from here means for the database.
enum class StoreFault {
  kNone,
  // This statement or record is at fault; others are not.
  kRecord,
  // No space left; may pass.
  kFull,
  // Another program holds the database; may pass.
  kBusy,
  // The file or disk is at fault. Final.
  kDisk,
};
StoreFault FaultOf(const absl::Status& status);

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
  // NULL when empty.
  Statement& BindBlobOrNull(int index, std::string_view value);
  Statement& BindTextOrNull(int index, std::string_view value);

  absl::StatusOr<bool> Step();
  void Reset();
  // Steps to the end and resets.
  absl::Status Run();

  std::int64_t Int(int column) const;
  bool IsNull(int column) const;
  // Valid until the next Step or Reset.
  std::string_view Bytes(int column) const;
  std::string String(int column) const { return std::string(Bytes(column)); }

 private:
  void Check(int code);

  sqlite3* handle_;
  sqlite3_stmt* statement_ = nullptr;
  // Of compiling; stays.
  absl::Status prepared_;
  // The first one since the last Reset.
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
