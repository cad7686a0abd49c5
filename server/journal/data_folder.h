// A DataFolder is an open data folder: locked, migrated, and readable under the
// master key. The App opens one and hands its parts to the components that need
// them; it must outlive them all. The functions for the marker belong to the
// journal's thread. Everything else is called by the thread that starts the
// process; the parts that are handed out have rules of their own.

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

// A LogIdentity names a log. It is part of every cursor, so that a cursor of
// another log is refused.
struct LogIdentity {
  // These are 8 random bytes, drawn when the log is made.
  std::string log_id;
  std::int64_t epoch = state::kFirstEpoch;
  // The lives before this one, in the order in which they were lived; each ends
  // where the log was when its backup was taken. It is empty unless the log
  // comes from a backup.
  std::vector<state::FormerEpoch> former;
};

// An Appender names a process as the one that appends records: the folder, and
// which start of it this is.
struct Appender {
  // These are 8 random bytes, drawn when the data folder is made.
  std::string instance;
  // It counts the starts of the instance, from 1. Claims of an earlier
  // incarnation belong to nobody any more.
  std::int64_t incarnation = 0;
};

// These are the sizes of a data folder's files on the disk, in bytes. A file
// that is not there, or cannot be looked at, has 0.
struct StoreSizes {
  std::int64_t database_bytes = 0;
  std::int64_t wal_bytes = 0;
};
// Returns the sizes as they are now. It needs no open folder and may be called
// from any thread.
StoreSizes SizesOf(const std::string& data_dir);

// Each step of Open is named for what was done last. After a crash at any of
// them the next Open goes on from there. Tests kill the process at each.
enum class OpenStep : std::int8_t {
  kLocked,
  kDatabaseOpened,
  kMigrated,
  kIdentified,
  // The marker is written. This step is part of a first start alone.
  kMarked,
};

class DataFolder {
 public:
  // While records are appended, the marker is written at most once in this
  // time: each time costs two syncs.
  static constexpr std::chrono::seconds kMarkerPause{10};

  // Opens the folder, and makes it if it is missing. It blocks while the
  // database is migrated and its log is written out. It fails with
  // FAILED_PRECONDITION and a sentence when another process uses the folder,
  // its database or its marker is missing, older or foreign (folder_check.h),
  // the master key is wrong, or a newer program has written it; then nothing
  // was changed. Another error is the disk's.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(
      const std::string& data_dir, const Secret& master_key);
  // Does the same, and calls `reached` after each of its steps.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(
      const std::string& data_dir, const Secret& master_key,
      absl::FunctionRef<void(OpenStep)> reached);
  // Returns whether a server uses the folder now. It fails with
  // FAILED_PRECONDITION and a sentence when Open would refuse the folder for
  // another reason. It changes nothing, works beside a running server, and
  // takes a folder that is not there as one that is right. `linktor-igd check`
  // calls it.
  static absl::StatusOr<bool> Examine(const std::string& data_dir,
                                      const Secret& master_key);
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  // Hands out the writing connection, once; later calls return null. The
  // journal takes it, because one thread alone may write and checkpoint.
  std::unique_ptr<sqlite::Database> TakeWriter() { return std::move(writer_); }
  // Returns the same connection while it was not taken yet.
  sqlite::Database& writer() { return *writer_; }
  // Returns the readers' connections, which are thread-safe.
  sqlite::ReadPool& pool() { return *pool_; }
  // Returns what the database's tables lack yet. The journal adds to it, and
  // readers look there first; it is thread-safe.
  state::RecentRows& recent() { return recent_; }
  // The sealer seals and opens content under this folder's keys. It is
  // thread-safe.
  seal::Sealer& sealer() { return *sealer_; }
  // Both read the tables in the terms of the domain, and are thread-safe.
  state::StateReader& state() { return *state_; }
  state::EventReader& events() { return *events_; }
  // Returns the feed of the folder's journal. The sealer follows it already: it
  // hears of keys that were stored or destroyed before any other view.
  Feed& feed() { return feed_; }
  const LogIdentity& identity() const { return identity_; }
  // Names this process as appender. The state knows of the incarnation only
  // when the journal has appended its first record.
  const Appender& appender() const { return appender_; }
  // Returns the sequence of the last event when the folder was opened; 0 for an
  // empty log. Views begin to follow the feed after it.
  std::int64_t last_seq() const { return last_seq_; }

  // These three are called by the journal's thread with the writing connection,
  // outside of a transaction.
  //
  // NoteCheckpoint is called after a checkpoint. When that was whole, it notes
  // how far the database file now reaches; the next marker says so. A position
  // that cannot be read leaves the older one, which stays true.
  void NoteCheckpoint(sqlite::Database& writer);
  // Writes into the marker where the log stands now, and syncs it. On failure
  // the file has the old content or the new, and both are true.
  absl::Status WriteMarker(sqlite::Database& writer);
  // Does the same if kMarkerPause has passed and there are new events. A
  // failure is logged and not returned, since the old marker stays and is true.
  void KeepMarker(sqlite::Database& writer);

 private:
  explicit DataFolder(std::string data_dir) : data_dir_(std::move(data_dir)) {}
  // Does all that Open promises, in an order that matters: lock, look at the
  // files, open, compare, and only then migrate and write. After a failure the
  // object is only good for its destructor.
  absl::Status Prepare(const Secret& master_key,
                       absl::FunctionRef<void(OpenStep)> reached);
  // Opens the writing connection and makes the pool and the state's reader. A
  // file that is no database is FAILED_PRECONDITION with advice.
  absl::Status OpenDatabase();
  // See the source: it makes sure that what this process reads is on the disk.
  absl::Status WriteLogOut();
  // Reads identity_, appender_ and last_seq_, and makes them first when the
  // database has none yet. It needs the sealer, for the key check.
  absl::Status LoadIdentity();

  const std::string data_dir_;

  // The lock is the first member because members go in reverse order: the next
  // process may come in only when all connections are closed.
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
  // These three belong to the journal's thread: up to which event the marker
  // speaks, up to which event a whole checkpoint has reached, and the earliest
  // time of the next marker.
  std::int64_t marked_seq_ = 0;
  std::int64_t checkpointed_seq_ = 0;
  std::chrono::steady_clock::time_point next_marker_ =
      std::chrono::steady_clock::now() + kMarkerPause;
};

}  // namespace linktor::journal
