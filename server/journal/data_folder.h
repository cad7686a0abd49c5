// A DataFolder object is an open data folder. The folder is locked, the tables
// have this program's schema, and the content can be read under the master key.
// The App opens one DataFolder and hands its parts to the components that need
// them. The DataFolder must outlive all these components.
//
// The journal calls NoteCheckpoint, WriteMarker and KeepMarker, which are about
// the marker: a small file that says which database belongs in the folder
// (marker.h). The thread that starts the process calls all other functions. The
// parts that are handed out have thread rules of their own.

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

// A LogIdentity names a log of events. Every cursor contains the log id and the
// epoch, so that the server can refuse a cursor of another log.
struct LogIdentity {
  // It is 8 random bytes, which are drawn when the log is made.
  std::string log_id;
  std::int64_t epoch = state::kFirstEpoch;
  // A log begins with one life. Each restore of a backup begins a new life of
  // the log, under a new epoch (state/epoch_table.h). This list has the earlier
  // lives, the oldest first. An earlier life may have had events that the
  // backup does not have; here it ends with the last event of the backup. The
  // list is empty unless the log comes from a backup.
  std::vector<state::FormerEpoch> former;
};

// An Appender names the process that appends records. It consists of the data
// folder, which is called an instance, and of the number of the present start
// of that instance.
struct Appender {
  // It is 8 random bytes, which are drawn when the data folder is made.
  std::string instance;
  // It counts the starts of the instance, from 1. A claim is the record that
  // gives a process the right to send a message. When a claim is from an
  // earlier incarnation, its process has ended, so nobody sends the message any
  // more.
  std::int64_t incarnation = 0;
};

// These are the sizes of a data folder's files on the disk, in bytes: of the
// database file and of its write-ahead log (WAL). A size is 0 when the file
// does not exist or its size cannot be read.
struct StoreSizes {
  std::int64_t database_bytes = 0;
  std::int64_t wal_bytes = 0;
};
// Returns the sizes as they are now. No DataFolder object is needed, and any
// thread may call this function.
StoreSizes SizesOf(const std::string& data_dir);

// Each step of Open is named after the work that has just been done. After a
// crash at any step, the next Open does the work that is left. Tests kill the
// process at each step.
enum class OpenStep : std::int8_t {
  kLocked,
  kDatabaseOpened,
  kMigrated,
  // The database has a log id and all other parts of the identity.
  kIdentified,
  // The marker is written. Only a first start has this step, because a later
  // start finds a marker.
  kMarked,
};

class DataFolder {
 public:
  // While records are appended, KeepMarker writes the marker at most once in
  // this time, because each write costs two syncs.
  static constexpr std::chrono::seconds kMarkerPause{10};

  // Opens the folder, and makes it if it is missing. It blocks while it
  // migrates the database and writes the write-ahead log into the database
  // file. It refuses the folder with FAILED_PRECONDITION and a sentence in
  // these cases:
  // - Another process uses the folder.
  // - The database or its marker is missing, too old, or from another log
  //   (folder_check.h).
  // - The master key is wrong.
  // - A newer program has written the database.
  //
  // In these cases Open has not changed what is stored in the folder. It also
  // fails with FAILED_PRECONDITION when it cannot make the folder, or cannot
  // read or write a small file in it. Any other error means that the disk is at
  // fault.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(
      const std::string& data_dir, const Secret& master_key);
  // Opens the folder in the same way, and calls `reached` after each step.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(
      const std::string& data_dir, const Secret& master_key,
      absl::FunctionRef<void(OpenStep)> reached);
  // Returns whether a server uses the folder now. It fails with
  // FAILED_PRECONDITION and a sentence when Open would refuse the folder for
  // another reason than a running server. It changes nothing, and it may be
  // called while a server uses the folder. A folder that does not exist is no
  // error, because Open would make it. The command `linktor-igd check` calls
  // this function.
  static absl::StatusOr<bool> Examine(const std::string& data_dir,
                                      const Secret& master_key);
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  // Hands out the connection that writes the database, and gives up its own
  // pointer to it; later calls return null. The journal takes the connection,
  // because only one thread may write and checkpoint.
  std::unique_ptr<sqlite::Database> TakeWriter() { return std::move(writer_); }
  // Returns the connection that writes the database. It must not be called
  // after TakeWriter.
  sqlite::Database& writer() { return *writer_; }
  // Returns the pool of connections that read the database. The pool is
  // thread-safe.
  sqlite::ReadPool& pool() { return *pool_; }
  // Returns rows that some tables do not have yet (state/recent_rows.h). A
  // crash does not lose them, because the table of events has what they are
  // made from. The journal adds rows here, and readers look here before they
  // look into the tables. The object is thread-safe.
  state::RecentRows& recent() { return recent_; }
  // The sealer encrypts ("seals") and decrypts ("opens") content under the data
  // keys of this folder. It is thread-safe.
  seal::Sealer& sealer() { return *sealer_; }
  // These two read the tables, so that other code needs no SQL. Both are
  // thread-safe.
  state::StateReader& state() { return *state_; }
  state::EventReader& events() { return *events_; }
  // Returns the feed of the folder's journal. Open adds the sealer as the first
  // view: the sealer hears of stored and destroyed data keys before any other
  // view does.
  Feed& feed() { return feed_; }
  const LogIdentity& identity() const { return identity_; }
  // Names this process as an appender. The database learns of this incarnation
  // when the journal appends its first record, InstanceStarted.
  const Appender& appender() const { return appender_; }
  // Returns the sequence of the last event at the time when the folder was
  // opened. It is 0 for an empty log. Views are loaded up to this event, and
  // the feed tells them about all later events.
  std::int64_t last_seq() const { return last_seq_; }

  // The journal calls these three functions with the writing connection,
  // outside of a transaction. It calls them on the writer's thread.
  // EmbeddedJournal::Stop calls them on its own thread when the writer's thread
  // has ended.
  //
  // NoteCheckpoint is called after each checkpoint. If the checkpoint wrote the
  // whole write-ahead log into the database file and synced the file, the file
  // now has all events. Then NoteCheckpoint keeps the sequence of the last
  // event, and the next marker has it as checkpointed_seq. When this sequence
  // cannot be read, the earlier one is kept, which is still true.
  void NoteCheckpoint(sqlite::Database& writer);
  // Writes a marker with the last event of the log, and syncs the file. After a
  // failure the file has either its old content or the new one, and both are
  // true.
  absl::Status WriteMarker(sqlite::Database& writer);
  // Writes the marker if kMarkerPause has passed and there are events that are
  // newer than marked_seq_. A failure is written to the server's output and is
  // not returned, because the old marker stays and is still true.
  void KeepMarker(sqlite::Database& writer);

 private:
  explicit DataFolder(std::string data_dir) : data_dir_(std::move(data_dir)) {}
  // Does all that Open promises. The order matters: it locks the folder, looks
  // at the files, opens the database and compares it with the marker. Only when
  // all of this is right, it migrates the tables and writes. After a failure
  // the DataFolder object may only be destroyed.
  absl::Status Prepare(const Secret& master_key,
                       absl::FunctionRef<void(OpenStep)> reached);
  // Opens the writing connection, and makes pool_ and state_. When the file
  // cannot be opened as a database, it fails with FAILED_PRECONDITION and a
  // sentence that says what to do.
  absl::Status OpenDatabase();
  // Writes the write-ahead log into the database file and empties the log. It
  // is necessary because a sync of an earlier process may have failed. Then the
  // kernel can show bytes of the log that are not on the disk, and no later
  // sync would write them. When WriteLogOut has written them again, they are on
  // the disk. When another program uses the database, the function only writes
  // a warning to the server's output.
  absl::Status WriteLogOut();
  // Reads identity_, appender_ and last_seq_ from the database. On a first
  // start it makes and stores them before. It needs the sealer, because it also
  // stores a value that identifies the master key (Sealer::MakeKeyCheck).
  absl::Status LoadIdentity();

  const std::string data_dir_;

  // The lock comes before the connections, because members are destroyed in
  // reverse order. So another process can use the folder only after all
  // connections are closed.
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
  // After Open only the journal uses the following three members, through
  // KeepMarker and the two other functions. While marked_seq_ is the last
  // event, KeepMarker writes no marker. This process has written that event
  // into the marker, or the folder was opened with it. checkpointed_seq_ is the
  // last event that the database file is known to have without its write-ahead
  // log. next_marker_ is the earliest time at which KeepMarker writes the next
  // marker.
  std::int64_t marked_seq_ = 0;
  std::int64_t checkpointed_seq_ = 0;
  std::chrono::steady_clock::time_point next_marker_ =
      std::chrono::steady_clock::now() + kMarkerPause;
};

}  // namespace linktor::journal
