// A DataFolder is an open data folder: it is locked and migrated, and its
// content can be read under the master key. The App opens one and hands its
// parts to the components that need them. The DataFolder must outlive all these
// components.
//
// The journal calls the functions for the marker (marker.h), which is a small
// file that says which database belongs in the folder. The thread that starts
// the process calls all other functions. The parts that are handed out have
// thread rules of their own.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/secret.h"
#include "server/base/unique_fd.h"
#include "server/journal/feed.h"
#include "server/seal/sealer.h"
#include "server/sqlite/database.h"
#include "server/sqlite/read_pool.h"
#include "server/state/epoch_table.h"
#include "server/state/event_reader.h"
#include "server/state/recent_rows.h"
#include "server/state/state_reader.h"

namespace linktor::journal {

// A LogIdentity names a log. Every cursor contains the log id and the epoch, so
// that the server can refuse a cursor of another log.
struct LogIdentity {
  // These are 8 random bytes. They are drawn when the log is made.
  std::string log_id;
  std::int64_t epoch = state::kFirstEpoch;
  // A log has several lives: each restore of a backup begins a new one, under a
  // new epoch (state/epoch_table.h). This list has the earlier lives, the
  // oldest first. Each of them ends where the log was when its backup was
  // taken. The list is empty unless the log comes from a backup.
  std::vector<state::FormerEpoch> former;
};

// An Appender names the process that appends records. It names the data folder,
// which is called an instance, and says which start of the folder this is.
struct Appender {
  // These are 8 random bytes. They are drawn when the data folder is made.
  std::string instance;
  // It counts the starts of the instance, from 1. No process carries out the
  // claims of an earlier incarnation any more. A claim is the right to send a
  // message.
  std::int64_t incarnation = 0;
};

// These are the sizes of a data folder's files on the disk, in bytes. A size is
// 0 when the file does not exist or its size cannot be read.
struct StoreSizes {
  std::int64_t database_bytes = 0;
  std::int64_t wal_bytes = 0;
};
// Returns the sizes as they are now. The folder need not be open, and any
// thread may call this function.
StoreSizes SizesOf(const std::string& data_dir);

// Each step of Open is named after the work that has just been done. After a
// crash at any step, the next Open goes on from there. Tests kill the process
// at each step.
enum class OpenStep : std::int8_t {
  kLocked,
  kDatabaseOpened,
  kMigrated,
  kIdentified,
  // The marker is written. Only a first start has this step, because a later
  // start finds a marker.
  kMarked,
};

class DataFolder {
 public:
  // While records are appended, the marker is written at most once in this
  // time, because each write costs two syncs.
  static constexpr std::chrono::seconds kMarkerPause{10};

  // Opens the folder, and makes it if it is missing. It blocks while it
  // migrates the database and writes the write-ahead log into the database
  // file. It fails with FAILED_PRECONDITION and a sentence in these cases:
  // - Another process uses the folder.
  // - The database or its marker is missing, too old, or from another log
  //   (folder_check.h).
  // - The master key is wrong.
  // - A newer program has written the database.
  //
  // In these cases Open has changed nothing. Any other error means that the
  // disk is at fault.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(
      const std::string& data_dir, const Secret& master_key);
  // Opens the folder in the same way, and calls `reached` after each step.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(
      const std::string& data_dir, const Secret& master_key,
      absl::FunctionRef<void(OpenStep)> reached);
  // Returns whether a server uses the folder now. It fails with
  // FAILED_PRECONDITION and a sentence when Open would refuse the folder for
  // any reason except that a server uses it. It changes nothing, and it may run
  // beside a server. A folder that does not exist is no error, because Open
  // would make it. `linktor-igd check` calls this function.
  static absl::StatusOr<bool> Examine(const std::string& data_dir,
                                      const Secret& master_key);
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  // Hands out the writing connection once; later calls return null. The journal
  // takes it, because only one thread may write and checkpoint.
  std::unique_ptr<sqlite::Database> TakeWriter() { return std::move(writer_); }
  // Returns the writing connection. It must not be called after TakeWriter.
  sqlite::Database& writer() { return *writer_; }
  // Returns the connections of the readers. The pool is thread-safe.
  sqlite::ReadPool& pool() { return *pool_; }
  // Returns rows that are not in the database's tables yet
  // (state/recent_rows.h). The journal adds rows here, and readers look here
  // before they look into the tables. The object is thread-safe.
  state::RecentRows& recent() { return recent_; }
  // The sealer encrypts ("seals") and decrypts ("opens") content under the keys
  // of this folder. It is thread-safe.
  seal::Sealer& sealer() { return *sealer_; }
  // These two read the tables, so that other code needs no SQL. Both are
  // thread-safe.
  state::StateReader& state() { return *state_; }
  state::EventReader& events() { return *events_; }
  // Returns the feed of the folder's journal. The sealer is its first view: it
  // hears of stored and destroyed keys before any other view does.
  Feed& feed() { return feed_; }
  const LogIdentity& identity() const { return identity_; }
  // Names this process as an appender. The state does not know this incarnation
  // before the journal has appended its first record.
  const Appender& appender() const { return appender_; }
  // Returns the sequence of the last event at the time when the folder was
  // opened. It is 0 for an empty log. Views follow the feed from the next event
  // on.
  std::int64_t last_seq() const { return last_seq_; }

  // The journal calls these three functions with the writing connection,
  // outside of a transaction. It calls them on its own thread, and in Stop when
  // that thread has ended.
  //
  // NoteCheckpoint is called after a checkpoint. If the checkpoint wrote and
  // synced the whole write-ahead log, it notes up to which event the database
  // file now reaches. The next marker says so. If that event cannot be read,
  // the older note stays, which is still true.
  void NoteCheckpoint(sqlite::Database& writer);
  // Writes the last event of the log into the marker, and syncs the file. After
  // a failure the file has either its old content or the new one, and both are
  // true.
  absl::Status WriteMarker(sqlite::Database& writer);
  // Writes the marker if kMarkerPause has passed and there are new events. It
  // logs a failure and does not return it, because the old marker stays and is
  // still true.
  void KeepMarker(sqlite::Database& writer);

 private:
  explicit DataFolder(std::string data_dir) : data_dir_(std::move(data_dir)) {}
  // Does all that Open promises. The order matters: it locks the folder, looks
  // at the files, opens the database and compares it with the marker. Only then
  // it migrates and writes. After a failure the object may only be destroyed.
  absl::Status Prepare(const Secret& master_key,
                       absl::FunctionRef<void(OpenStep)> reached);
  // Opens the writing connection, and makes the pool and the state's reader.
  // When the file cannot be opened as a database, it fails with
  // FAILED_PRECONDITION and advice.
  absl::Status OpenDatabase();
  // Writes the write-ahead log into the database and empties it. After this,
  // the bytes that this process reads are really on the disk; see the source.
  absl::Status WriteLogOut();
  // Reads identity_, appender_ and last_seq_. When the database does not have
  // them yet, it makes them first. It needs the sealer, because it stores a
  // value that identifies the master key (Sealer::MakeKeyCheck).
  absl::Status LoadIdentity();

  const std::string data_dir_;

  // The lock is the first member, because members are destroyed in reverse
  // order. So another process can use the folder only after all connections are
  // closed.
  UniqueFd lock_;
  std::unique_ptr<sqlite::Database> writer_;
  std::unique_ptr<sqlite::ReadPool> pool_;
  state::RecentRows recent_;
  std::unique_ptr<state::StateReader> state_;
  std::unique_ptr<seal::Sealer> sealer_;
  std::unique_ptr<state::EventReader> events_;
  Feed feed_;
  LogIdentity identity_;
  Appender appender_;
  std::int64_t last_seq_ = 0;
  // After Open only the journal uses these three, through the functions for the
  // marker. The first is the last event that the marker on the disk speaks of.
  // The second is the last event that a complete checkpoint has written. The
  // third is the earliest time of the next marker.
  std::int64_t marked_seq_ = 0;
  std::int64_t checkpointed_seq_ = 0;
  std::chrono::steady_clock::time_point next_marker_ =
      std::chrono::steady_clock::now() + kMarkerPause;
};

}  // namespace linktor::journal
