// A data folder, opened: locked, migrated, and readable under the master key.

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
#include "server/state/mid_index.h"
#include "server/state/state_reader.h"

namespace linktor {

// Which log this is; part of every cursor.
struct LogIdentity {
  // 8 bytes.
  std::string log_id;
  std::int64_t epoch = kFirstEpoch;
  // In the order in which they were lived; each ends where the log was when its
  // backup was taken. Empty unless the log comes from a backup.
  std::vector<FormerEpoch> former;
};

// It names the appender of a process's records.
struct Appender {
  // 8 bytes: the data folder.
  std::string instance;
  // This start of it, from 1.
  std::int64_t incarnation = 0;
};

// The sizes of a data folder's files on the disk; 0 for a file that is not
// there.
struct StoreSizes {
  std::int64_t database_bytes = 0;
  std::int64_t wal_bytes = 0;
};
StoreSizes SizesOf(const std::string& data_dir);

// What Open has done so far. After a crash at any of them the next Open goes
// on.
enum class OpenStep : std::int8_t {
  kLocked,
  kDatabaseOpened,
  kMigrated,
  kIdentified,
  // A first start alone: the marker is written.
  kMarked,
};

class DataFolder {
 public:
  // The marker is not written more often while records are appended: each time
  // costs two syncs.
  static constexpr std::chrono::seconds kMarkerPause{10};

  // Makes the folder if it is missing. FAILED_PRECONDITION with a sentence when
  // another process uses it, its database or its marker is missing, older or
  // foreign (folder_check.h), the master key is wrong, or a newer program has
  // written it; then nothing was changed.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(
      const std::string& data_dir, const Secret& master_key);
  // The same, and tells `reached` of its steps.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(
      const std::string& data_dir, const Secret& master_key,
      absl::FunctionRef<void(OpenStep)> reached);
  // Returns whether a server uses the folder now; FAILED_PRECONDITION with a
  // sentence when Open would refuse the folder for another reason. It changes
  // nothing, and a folder that is not there is no fault.
  static absl::StatusOr<bool> Examine(const std::string& data_dir,
                                      const Secret& master_key);
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  // The writing connection, for the journal; once.
  std::unique_ptr<Database> TakeWriter() { return std::move(writer_); }
  // The same, until it is taken.
  Database& writer() { return *writer_; }
  ReadPool& pool() { return *pool_; }
  RecentMids& recent_mids() { return recent_mids_; }
  Sealer& sealer() { return *sealer_; }
  StateReader& state() { return *state_; }
  EventReader& events() { return *events_; }
  // The sealer follows it already.
  Feed& feed() { return feed_; }
  const LogIdentity& identity() const { return identity_; }
  // It names this process as appender, from the next record on.
  const Appender& appender() const { return appender_; }
  // The last event when this was opened.
  std::int64_t last_seq() const { return last_seq_; }

  // These three are called by the journal's thread with the writing connection,
  // outside of a transaction.
  //
  // Looks what the last checkpoint has reached; the next marker says it.
  void NoteCheckpoint(Database& writer);
  // Writes into the marker where the log stands.
  absl::Status WriteMarker(Database& writer);
  // The same, if kMarkerPause has passed; a failure is logged, since the old
  // marker stays and is true.
  void KeepMarker(Database& writer);

 private:
  explicit DataFolder(std::string data_dir) : data_dir_(std::move(data_dir)) {}
  absl::Status Prepare(const Secret& master_key,
                       absl::FunctionRef<void(OpenStep)> reached);
  absl::Status OpenDatabase();
  absl::Status WriteLogOut();
  absl::Status LoadIdentity();

  const std::string data_dir_;

  // The next process may come in only when all connections are closed: this
  // goes last.
  UniqueFd lock_;
  std::unique_ptr<Database> writer_;
  std::unique_ptr<ReadPool> pool_;
  RecentMids recent_mids_;
  std::unique_ptr<StateReader> state_;
  std::unique_ptr<Sealer> sealer_;
  std::unique_ptr<EventReader> events_;
  Feed feed_;
  LogIdentity identity_;
  Appender appender_;
  std::int64_t last_seq_ = 0;
  // The journal's thread's: what the marker says, and when it is written next.
  std::int64_t marked_seq_ = 0;
  std::int64_t checkpointed_seq_ = 0;
  std::chrono::steady_clock::time_point next_marker_ =
      std::chrono::steady_clock::now() + kMarkerPause;
};

}  // namespace linktor
