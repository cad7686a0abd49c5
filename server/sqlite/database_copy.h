// Copies a database that is in use, in small steps on the connection that
// writes it. Between two steps that connection may write. If it changes a page
// that was copied already, SQLite changes that page in the copy as well. So a
// write never makes the copy begin anew, and the copy holds no snapshot between
// steps. In the end the copy is what the database was at the last step.
//
// When a transaction is rolled back, SQLite begins the copy anew by itself.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/sqlite/database.h"

struct sqlite3_backup;

namespace linktor::sqlite {

// A DatabaseCopy copies one database into one file, once. The journal makes one
// for a backup, on the writer's thread.
class DatabaseCopy {
 public:
  // Begins a copy of `from`; no page is copied yet. `path` names an empty file.
  // The file is of no use until the copy is complete, and after a failure the
  // caller removes it. `from` must outlive this object. Only the thread that
  // uses `from` may call these functions. That thread must also destroy a copy
  // that is not complete.
  static absl::StatusOr<std::unique_ptr<DatabaseCopy>> Begin(
      Database& from, const std::string& path);
  // Closes the file. It gives up a copy that is not complete.
  ~DatabaseCopy();
  DatabaseCopy(const DatabaseCopy&) = delete;
  DatabaseCopy& operator=(const DatabaseCopy&) = delete;

  // Copies `pages` more pages, or fewer if fewer are left. `from` must have no
  // transaction open. It blocks only for the reads and writes of these pages,
  // because it syncs nothing. Returns whether the copy is complete. A complete
  // copy is written, but not synced, and it does not use `from` any more. After
  // a failure no further step is possible.
  absl::StatusOr<bool> Step(int pages);

  // These return how many pages are copied and how many pages there are, as of
  // the last step. Both numbers may change when the database grows or the copy
  // begins anew.
  std::int64_t copied() const { return copied_; }
  std::int64_t pages() const { return pages_; }

 private:
  DatabaseCopy() = default;

  // It is the connection to the copy's file.
  sqlite3* to_ = nullptr;
  // It is null when the copy is complete.
  sqlite3_backup* backup_ = nullptr;
  std::int64_t copied_ = 0;
  std::int64_t pages_ = 0;
};

// Turns a complete copy into a database that is a single file. Nobody may use
// the copy meanwhile. A single file can be read even where nothing can be
// written. The function fails with SQLite's error; then the file is of no use.
absl::Status MakeSingleFile(const std::string& path);

// Reads all of a database, which takes long for a large one. Returns OK when
// the database is sound. When it is damaged, returns DATA_LOSS with the first
// fault that SQLite finds.
absl::Status CheckIntegrity(Database& database);

}  // namespace linktor::sqlite
