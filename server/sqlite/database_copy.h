// A copy of a database that is in use, made in small steps on the connection
// that writes it. Between two steps that connection may write: what it changes
// of the pages copied already, SQLite changes in the copy as well. So the copy
// never has to begin anew because of a write, holds no snapshot between steps,
// and is in the end what the database was at the last step.
//
// A rolled back transaction makes SQLite begin anew by itself.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/sqlite/database.h"

struct sqlite3_backup;

namespace linktor {

class DatabaseCopy {
 public:
  // `path` names an empty file; until the copy is whole it holds nothing of
  // use. `from` must outlive this. All functions, the destructor of a copy that
  // is not whole included, belong to the thread that uses `from`.
  static absl::StatusOr<std::unique_ptr<DatabaseCopy>> Begin(
      Database& from, const std::string& path);
  ~DatabaseCopy();
  DatabaseCopy(const DatabaseCopy&) = delete;
  DatabaseCopy& operator=(const DatabaseCopy&) = delete;

  // Copies so many more pages; `from` must have no transaction open. Returns
  // whether the copy is whole: then it is written, but not synced, and `from`
  // is of no concern to it any more. After a failure there is no further step.
  absl::StatusOr<bool> Step(int pages);

  // The pages that are copied, and all, as of the last step.
  std::int64_t copied() const { return copied_; }
  std::int64_t pages() const { return pages_; }

 private:
  DatabaseCopy() = default;

  sqlite3* to_ = nullptr;
  sqlite3_backup* backup_ = nullptr;
  std::int64_t copied_ = 0;
  std::int64_t pages_ = 0;
};

// Turns a whole copy, which nobody uses, into a database of one file that can
// be read where nothing can be written.
absl::Status MakeSingleFile(const std::string& path);

// Reads all of a database. DATA_LOSS when it is damaged.
absl::Status CheckIntegrity(Database& database);

}  // namespace linktor
