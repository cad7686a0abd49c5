// Wraps a connection of the SQLite C API in RAII. Nothing here knows the
// schema. A Database and its Statements belong to one thread at a time: the
// journal's writer has the one that writes, the ReadPool those that read.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;

namespace linktor::sqlite {

class PageCleaner;

// This is one connection. Statuses are of SqliteStatus; FaultOf says what they
// mean.
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

  // Opens the file, which only kReadWrite creates. kReadWrite sets WAL,
  // synchronous FULL, foreign keys and secure_delete, asserts all but the last,
  // and asserts the size of a page and that there is no auto_vacuum: erasure
  // depends on these. It writes pages by a PageCleaner. Nothing is checkpointed
  // but by RunCheckpoint and by closing the last connection. Fails with
  // SQLite's error, or with INTERNAL where a setting is not in force.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path,
                                                        Mode mode);
  // Closes the connection. All its Statements must have gone before.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs constant SQL without parameters, which may be several statements; rows
  // are dropped. After a failure, the statements before the failed one have
  // run.
  absl::Status Execute(const char* sql);

  // Returns how many pages the write-ahead log held after this connection's
  // last commit or checkpoint.
  std::int64_t wal_pages() const { return wal_pages_; }
  // Returns how many of this connection's commits have written a page. A commit
  // that changes nothing writes none, and so tells nothing of the disk.
  std::int64_t written_commits() const { return written_commits_; }
  // Commits a page with what it holds already, to learn whether the disk takes
  // it. No transaction may be open.
  absl::Status CommitUnchangedPage();
  // Says what a checkpoint does besides writing the log's pages into the
  // database.
  enum class Checkpoint {
    // Writes as much as readers allow; waits for nobody.
    kPassive,
    // Writes all of the log, so that the next commit begins the log anew.
    kRestart,
    // Does the same, and empties the file.
    kTruncate,
  };
  // Runs a checkpoint, which syncs the log and the database. Only the writing
  // connection may do it: another one's can corrupt the database (SQLite before
  // 3.51.3). kRestart and kTruncate wait for readers, at most 5 s, and fail
  // with an error of StoreFault::kBusy when they are still in the way; kPassive
  // then writes less and is OK. No transaction may be open.
  absl::Status RunCheckpoint(Checkpoint kind);
  // Returns whether the last checkpoint wrote and synced all of the log.
  bool checkpoint_was_whole() const { return checkpoint_was_whole_; }
  // Commits an unchanged page, with which the log begins anew after a kRestart,
  // and forgets the pages that are held in memory: they may have bytes of rows
  // in their unallocated parts, which the file has no more (PageCleaner). Fails
  // with an error of StoreFault::kBusy when the log did not begin anew, because
  // somebody read meanwhile. No transaction may be open.
  absl::Status BeginLogAnew();
  // Returns how many bytes at the end of the log's file are from before
  // BeginLogAnew: commits overwrite them one after another. Fails when the log
  // has not been begun anew.
  absl::StatusOr<std::int64_t> OldLogBytes();
  // Shortens the log's file by those bytes, but by no more than `most`, and
  // returns how many are left. The next commit makes the new length durable. No
  // transaction may be open. Fails as OldLogBytes does.
  absl::StatusOr<std::int64_t> CutLog(std::int64_t most);

  // Returns whether a transaction is open. A failed statement may have rolled
  // it back.
  bool in_transaction() const;

  // Returns SQLite's connection, for the other classes of this folder.
  sqlite3* handle() const { return handle_; }

 private:
  explicit Database(sqlite3* handle);

  // The connection uses it until it is closed, so it is a member that goes
  // after the destructor has closed it.
  std::unique_ptr<PageCleaner> cleaner_;
  sqlite3* handle_;
  // SQLite's hook sets these at each commit that has written, and RunCheckpoint
  // sets the first.
  std::int64_t wal_pages_ = 0;
  // This is the most of wal_pages_ since the last BeginLogAnew; nothing until
  // one has succeeded.
  std::optional<std::int64_t> new_pages_;
  std::int64_t written_commits_ = 0;
  bool checkpoint_was_whole_ = false;
};

// Says what a status of this folder means for the database. The journal decides
// by it whether it refuses one record, pauses, or ends the process.
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
// Returns kNone for OK, and kRecord for an error that is not SQLite's.
StoreFault FaultOf(const absl::Status& status);

// Makes a status that FaultOf understands of SQLite's result code. It is
// INTERNAL, with `what` and SQLite's words. `handle` may be null; else its own
// extended code and message are taken, so it must be called before anything
// else is done with that connection.
absl::Status SqliteStatus(sqlite3* handle, int code, std::string_view what);

}  // namespace linktor::sqlite
