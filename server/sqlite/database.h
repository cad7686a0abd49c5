// Wraps a connection of the SQLite C API in RAII. The code in this folder knows
// nothing of the server's tables. One thread at a time may use a Database and
// its Statements. The journal's writer has the connection that writes, and the
// ReadPool has the connections that read.
//
// SQLite writes each commit into its write-ahead log first. A checkpoint later
// copies the pages of the log into the database file. In this file, "the log"
// means the write-ahead log.

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

// A Database is one connection. Its functions return errors that SqliteStatus
// has made; FaultOf says what such an error means.
class Database {
 public:
  enum class Mode {
    kReadWrite,
    kReadOnly,
    // The connection reads the database file as it is. It neither reads nor
    // changes a write-ahead log or a rollback journal beside the file. Nobody
    // may write the file meanwhile. If a crash has interrupted a checkpoint,
    // the file alone may not be a valid database.
    kFileAlone,
  };

  // Opens the file. Only kReadWrite makes the file when it is missing.
  // kReadWrite sets WAL, synchronous FULL, foreign keys and secure_delete. It
  // checks that the first three are in force, that a page has 4 KiB, and that
  // auto_vacuum is off. Erasure depends on these settings. kReadWrite also
  // writes pages through a PageCleaner, which removes old bytes
  // (page_cleaner.h). SQLite makes no checkpoint by itself, except when the
  // last connection is closed; RunCheckpoint makes all others. Open fails with
  // SQLite's error, or with INTERNAL when a setting is not in force.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path,
                                                        Mode mode);
  // Closes the connection. All its Statements must have been destroyed before.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs constant SQL without parameters. The SQL may have several statements.
  // Their rows are dropped. When a statement fails, the statements before it
  // have run, and those after it have not.
  absl::Status Execute(const char* sql);

  // Returns how many pages the log had after the last commit or checkpoint of
  // this connection.
  std::int64_t wal_pages() const { return wal_pages_; }
  // Returns how many of this connection's commits have written a page. A commit
  // that changes nothing writes no page, so it does not show whether the disk
  // works.
  std::int64_t written_commits() const { return written_commits_; }
  // Commits a page whose content does not change, to learn whether the disk
  // accepts a write. No transaction may be open.
  absl::Status CommitUnchangedPage();
  // There are three kinds of checkpoint. Every kind writes pages of the log
  // into the database file.
  enum class Checkpoint {
    // It writes as many pages as it can without waiting for readers. A reader
    // may still need the older page in the database file.
    kPassive,
    // It writes all pages of the log. The next commit then overwrites the log's
    // file from its start.
    kRestart,
    // It writes all pages of the log, and then empties the log's file.
    kTruncate,
  };
  // Runs a checkpoint, which syncs the log and the database file. Only the
  // writing connection may run one: with SQLite before 3.51.3, a checkpoint on
  // another connection can corrupt the database. kRestart and kTruncate wait
  // for readers, at most 5 s. When readers have not ended by then, these two
  // kinds fail with an error of StoreFault::kBusy. kPassive returns OK, also
  // when readers have prevented it from writing all pages. No transaction may
  // be open.
  absl::Status RunCheckpoint(Checkpoint kind);
  // Returns whether the last checkpoint wrote and synced all pages of the log.
  bool checkpoint_was_whole() const { return checkpoint_was_whole_; }
  // Commits an unchanged page. Call it after RunCheckpoint(kRestart): then this
  // commit makes the log begin again at the start of its file. BeginLogAnew
  // also drops the pages that SQLite holds in memory. Their unallocated parts
  // may have bytes of rows that the database file does not have any more
  // (page_cleaner.h). A later commit would write these bytes into the log
  // again. BeginLogAnew fails with an error of StoreFault::kBusy when the log
  // did not begin again at its start, because somebody read meanwhile. No
  // transaction may be open.
  absl::Status BeginLogAnew();
  // Returns how many bytes at the end of the log's file are older than the last
  // BeginLogAnew. Later commits overwrite these bytes one after another. It
  // fails when the last BeginLogAnew has failed, or was never called.
  absl::StatusOr<std::int64_t> OldLogBytes();
  // Shortens the log's file by the bytes that OldLogBytes counts, but by at
  // most `most` bytes. Returns how many old bytes are left. The sync of the
  // next commit makes the new length durable. No transaction may be open. It
  // fails as OldLogBytes does.
  absl::StatusOr<std::int64_t> CutLog(std::int64_t most);

  // Returns whether a transaction is open. A failed statement may have rolled
  // the transaction back.
  bool in_transaction() const;

  // Returns SQLite's connection, for the other classes of this folder.
  sqlite3* handle() const { return handle_; }

 private:
  explicit Database(sqlite3* handle);

  // The connection uses the cleaner until the destructor of Database has closed
  // the connection. Members are destroyed after that.
  std::unique_ptr<PageCleaner> cleaner_;
  sqlite3* handle_;
  // SQLite calls a hook after each commit that has written a page. The hook
  // sets wal_pages_, new_pages_ and written_commits_. RunCheckpoint sets
  // wal_pages_, too.
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
  // Another program has locked the database, or there is not enough memory.
  // This may pass.
  kBusy,
  // The file or the disk is at fault. This is final.
  kDisk,
};
// Returns kNone for OK, and kRecord for an error that is not SQLite's.
StoreFault FaultOf(const absl::Status& status);

// Makes a status from SQLite's result code, which FaultOf can read again. It is
// INTERNAL, with `what` and SQLite's words. When `handle` is not null, the
// status has the extended code and the message of the connection's last call.
// So SqliteStatus must be called before anything else is done with that
// connection.
absl::Status SqliteStatus(sqlite3* handle, int code, std::string_view what);

}  // namespace linktor::sqlite
