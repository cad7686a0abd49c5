// Copies a database that is in use, in small steps on the connection that
// writes it. Between two steps that connection may write: what it changes of
// the pages copied already, SQLite changes in the copy as well. So the copy
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

namespace linktor::sqlite {

// Copies one database into one file, once. The journal makes it for a backup,
// on the writer's thread.
class DatabaseCopy {
 public:
  // Begins a copy of `from`, of which nothing is copied yet. `path` names an
  // empty file; until the copy is whole it holds nothing of use, and after a
  // failure the caller removes it. `from` must outlive this. All functions, the
  // destructor of a copy that is not whole included, belong to the thread that
  // uses `from`.
  static absl::StatusOr<std::unique_ptr<DatabaseCopy>> Begin(
      Database& from, const std::string& path);
  // Closes the file, and gives up a copy that is not whole.
  ~DatabaseCopy();
  DatabaseCopy(const DatabaseCopy&) = delete;
  DatabaseCopy& operator=(const DatabaseCopy&) = delete;

  // Copies so many more pages; `from` must have no transaction open. It blocks
  // for the reads and writes of these pages alone, because nothing is synced.
  // Returns whether the copy is whole: then it is written, but not synced, and
  // `from` is of no concern to it any more. After a failure there is no further
  // step.
  absl::StatusOr<bool> Step(int pages);

  // These tell how many pages are copied, and how many there are, as of the
  // last step. Both may change when the database grows or a copy begins anew.
  std::int64_t copied() const { return copied_; }
  std::int64_t pages() const { return pages_; }

 private:
  DatabaseCopy() = default;

  // It is the connection to the copy's file.
  sqlite3* to_ = nullptr;
  // It is null once the copy is whole.
  sqlite3_backup* backup_ = nullptr;
  std::int64_t copied_ = 0;
  std::int64_t pages_ = 0;
};

// Turns a whole copy, which nobody uses, into a database of one file that can
// be read where nothing can be written. Fails with SQLite's error; the file is
// of no use then.
absl::Status MakeSingleFile(const std::string& path);

// Reads all of a database, which takes long for a large one. Returns OK when it
// is sound; DATA_LOSS, with the first thing that SQLite finds, when it is
// damaged.
absl::Status CheckIntegrity(Database& database);

}  // namespace linktor::sqlite
