// A connection of the SQLite C API behind RAII. Nothing here knows the schema.
// A Database and its Statements belong to one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;

namespace linktor {

class PageCleaner;

class Database {
 public:
  enum class Mode {
    kReadWrite,
    kReadOnly,
    // Reads the file as it is, without its write-ahead log or journal, and
    // touches neither. Nobody may write the file meanwhile; what a crash has
    // left of it may be no database.
    kFileAlone,
  };

  // Opens the file, which kReadWrite creates, with the settings that every
  // connection has: WAL, synchronous FULL, foreign keys, secure_delete; and
  // asserts them. kReadWrite writes pages by a PageCleaner. Nothing is
  // checkpointed but by Checkpoint and by closing the last connection.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path,
                                                        Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs constant SQL without parameters.
  absl::Status Execute(const char* sql);

  // The pages that the write-ahead log held after this connection's last
  // commit.
  std::int64_t wal_pages() const { return wal_pages_; }
  // How many of this connection's commits have written a page. One that changes
  // nothing writes none, and so tells nothing of the disk.
  std::int64_t written_commits() const { return written_commits_; }
  // Commits a page with what it holds already, to learn whether the disk takes
  // it.
  absl::Status CommitUnchangedPage();
  // What a checkpoint does besides writing the log's pages into the database.
  enum class Checkpoint {
    // As much as readers allow; waits for nobody.
    kPassive,
    // All of it, so that the next commit begins the log anew.
    kRestart,
    // The same, and empties the file.
    kTruncate,
  };
  // Only the writing connection may do it: another one's can corrupt the
  // database (SQLite before 3.51.3). kBusy when readers are in the way.
  absl::Status RunCheckpoint(Checkpoint kind);
  // Whether the last checkpoint wrote and synced all of the log.
  bool checkpoint_was_whole() const { return checkpoint_was_whole_; }

  // Whether a transaction is open. A failed statement may have rolled it back.
  bool in_transaction() const;

  sqlite3* handle() const { return handle_; }

 private:
  explicit Database(sqlite3* handle);

  // The connection uses it until it is closed.
  std::unique_ptr<PageCleaner> cleaner_;
  sqlite3* handle_;
  std::int64_t wal_pages_ = 0;
  std::int64_t written_commits_ = 0;
  bool checkpoint_was_whole_ = false;
};

// What a status from here means for the database.
enum class StoreFault {
  kNone,
  // This statement or record is at fault; others are not.
  kRecord,
  // There is no space left; that may pass.
  kFull,
  // Another program holds the database, or there is no memory; that may pass.
  kBusy,
  // The file or disk is at fault. It is final.
  kDisk,
};
StoreFault FaultOf(const absl::Status& status);

// Makes a status that FaultOf understands of SQLite's result code. `handle` may
// be null; else its own extended code and message are taken.
absl::Status SqliteStatus(sqlite3* handle, int code, std::string_view what);

}  // namespace linktor
