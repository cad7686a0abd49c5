// Copies a database that is in use. The copy is made in small steps, on the
// connection that writes the database. Between two steps that connection may
// write. When it changes a page that was copied already, SQLite changes that
// page in the copy as well. So a complete copy is what the database was at the
// last step. The copy holds no snapshot between the steps.
//
// A commit does not disturb the copy. But when a transaction is rolled back,
// SQLite begins the copy again from the first page.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/sqlite/database.h"

struct sqlite3_backup;

namespace linktor::sqlite {

// A DatabaseCopy copies one database into one file, once. CopyForBackup
// (journal/backup.h) makes one for each backup; in a running server it does so
// on the writer's thread.
class DatabaseCopy {
 public:
  // Begins a copy of `from`; no page is copied yet. `path` names an empty file.
  // The file is not a database until the copy is complete. After a failure the
  // caller removes the file. `from` must outlive this object. Only the thread
  // that uses `from` may call the functions of this class. That thread must
  // also destroy a copy that is not complete.
  static absl::StatusOr<std::unique_ptr<DatabaseCopy>> Begin(
      Database& from, const std::string& path);
  // Closes the file. If the copy is not complete, it is given up.
  ~DatabaseCopy();
  DatabaseCopy(const DatabaseCopy&) = delete;
  DatabaseCopy& operator=(const DatabaseCopy&) = delete;

  // Copies `pages` more pages, or fewer if fewer are left. `from` must have no
  // transaction open. It blocks only while it reads and writes these pages,
  // because it syncs nothing. Returns whether the copy is complete. A complete
  // copy is written but not synced, and the DatabaseCopy does not use `from`
  // any more. After a failure no further step is possible.
  absl::StatusOr<bool> Step(int pages);

  // These return how many pages are copied and how many pages there are, as of
  // the last step. pages() grows with the database, and copied() falls when
  // SQLite begins the copy again.
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

// Turns a complete copy into a database that is a single file without a
// write-ahead log. Nobody may use the copy meanwhile. A single file can be read
// even in a folder where nothing can be written. The function fails with
// SQLite's error; then the file must not be used.
absl::Status MakeSingleFile(const std::string& path);

// Reads all of a database, which takes long for a large one. Returns OK when
// the database is sound. When it is damaged, returns DATA_LOSS with the first
// fault that SQLite finds.
absl::Status CheckIntegrity(Database& database);

}  // namespace linktor::sqlite
