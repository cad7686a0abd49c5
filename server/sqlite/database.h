// Wraps a connection of the SQLite C API in RAII. No code in this folder knows
// the tables. One thread at a time may use a Database and its Statements. The
// journal's writer has the connection that writes, and the ReadPool has the
// connections that read.

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

// This is one connection. Its functions return errors that SqliteStatus made;
// FaultOf says what such an error means.
class Database {
 public:
  enum class Mode {
    kReadWrite,
    kReadOnly,
    // It reads the file as it is, without its write-ahead log or rollback
    // journal, and touches neither of them. Nobody may write the file
    // meanwhile. After a crash the file alone may not be a valid database.
    kFileAlone,
  };

  // Opens the file. Only kReadWrite makes the file when it is missing.
  // kReadWrite sets WAL, synchronous FULL, foreign keys and secure_delete. It
  // checks that the first three are in force, and that the size of a page is
  // right and auto_vacuum is off. Erasure depends on these settings. kReadWrite
  // writes pages through a PageCleaner. Pages of the log get into the database
  // only by RunCheckpoint, and when the last connection is closed. Open fails
  // with SQLite's error, or with INTERNAL when a setting is not in force.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path,
                                                        Mode mode);
  // Closes the connection. All its Statements must have been destroyed before.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs constant SQL without parameters. The SQL may have several statements,
  // and their rows are dropped. After a failure, the statements before the
  // failed one have run.
  absl::Status Execute(const char* sql);

  // Returns how many pages the write-ahead log had after the last commit or
  // checkpoint of this connection.
  std::int64_t wal_pages() const { return wal_pages_; }
  // Returns how many of this connection's commits have written a page. A commit
  // that changes nothing writes no page, so it says nothing about the disk.
  std::int64_t written_commits() const { return written_commits_; }
  // Commits a page with its present content, to learn whether the disk takes
  // it. No transaction may be open.
  absl::Status CommitUnchangedPage();
  // A Checkpoint says what a checkpoint does. Every kind writes pages of the
  // write-ahead log into the database.
  enum class Checkpoint {
    // It writes as many pages as the readers allow, and waits for nobody.
    kPassive,
    // It writes all pages of the log. The next commit then begins again at the
    // start of the log's file.
    kRestart,
    // It does what kRestart does, and empties the log's file.
    kTruncate,
  };
  // Runs a checkpoint, which syncs the log and the database. Only the writing
  // connection may run one: with SQLite before 3.51.3, a checkpoint on another
  // connection can corrupt the database. kRestart and kTruncate wait for
  // readers, at most 5 s. If readers are still in the way then, these two kinds
  // fail with an error of StoreFault::kBusy. kPassive writes fewer pages in
  // that case, and returns OK. No transaction may be open.
  absl::Status RunCheckpoint(Checkpoint kind);
  // Returns whether the last checkpoint wrote and synced all pages of the log.
  bool checkpoint_was_whole() const { return checkpoint_was_whole_; }
  // Commits an unchanged page. After a kRestart, this commit makes the log
  // begin again at the start of its file. BeginLogAnew also drops the pages
  // that are held in memory. Their unallocated parts may have bytes of rows
  // that the file does not have any more (PageCleaner). It fails with an error
  // of StoreFault::kBusy when the log did not begin anew, because somebody read
  // meanwhile. No transaction may be open.
  absl::Status BeginLogAnew();
  // Returns how many bytes at the end of the log's file are older than the last
  // BeginLogAnew. Commits overwrite these bytes one after another. It fails
  // when the last BeginLogAnew has failed, or when there was none.
  absl::StatusOr<std::int64_t> OldLogBytes();
  // Shortens the log's file by the bytes that OldLogBytes counts, but by at
  // most `most` bytes. Returns how many old bytes are left. The next commit
  // makes the new length durable. No transaction may be open. It fails as
  // OldLogBytes does.
  absl::StatusOr<std::int64_t> CutLog(std::int64_t most);

  // Returns whether a transaction is open. A failed statement may have rolled
  // the transaction back.
  bool in_transaction() const;

  // Returns SQLite's connection, for the other classes of this folder.
  sqlite3* handle() const { return handle_; }

 private:
  explicit Database(sqlite3* handle);

  // The connection uses the cleaner until the destructor has closed the
  // connection. Members are destroyed after that.
  std::unique_ptr<PageCleaner> cleaner_;
  sqlite3* handle_;
  // SQLite's hook sets wal_pages_, new_pages_ and written_commits_ at each
  // commit that has written a page. RunCheckpoint sets wal_pages_, too.
  std::int64_t wal_pages_ = 0;
  // This is the greatest value of wal_pages_ since the last BeginLogAnew. It
  // has no value until a BeginLogAnew has succeeded.
  std::optional<std::int64_t> new_pages_;
  std::int64_t written_commits_ = 0;
  bool checkpoint_was_whole_ = false;
};

// A StoreFault says what an error of this folder means for the database. It
// tells the journal whether to refuse one record, to refuse records for some
// time, or to end the process.
enum class StoreFault {
  kNone,
  // This statement or record is at fault. Other records can still be stored.
  kRecord,
  // There is no space left on the disk. This may pass.
  kFull,
  // Another program holds the database, or there is no memory. This may pass.
  kBusy,
  // The file or the disk is at fault. This is final.
  kDisk,
};
// Returns kNone for OK, and kRecord for an error that is not SQLite's.
StoreFault FaultOf(const absl::Status& status);

// Makes a status from SQLite's result code, in a form that FaultOf understands.
// It is INTERNAL, with `what` and SQLite's words. `handle` may be null. If it
// is not null, the connection's own extended code and message are taken. So the
// function must be called before anything else is done with that connection.
absl::Status SqliteStatus(sqlite3* handle, int code, std::string_view what);

}  // namespace linktor::sqlite
