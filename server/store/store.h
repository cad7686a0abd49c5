// A data folder, opened: locked, migrated, and readable under the master key.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/base/secret.h"
#include "server/store/read_pool.h"
#include "server/store/sealer.h"
#include "server/store/sqlite.h"

namespace linktor {

// Which log this is; part of every cursor.
struct LogIdentity {
  // 8 bytes.
  std::string log_id;
  std::int64_t epoch = 1;
};

// The sizes of a data folder's files on the disk; 0 for a file that is not
// there.
struct StoreSizes {
  std::int64_t database_bytes = 0;
  std::int64_t wal_bytes = 0;
};
StoreSizes SizesOf(const std::string& data_dir);

class Store {
 public:
  // Makes the folder if it is missing. FAILED_PRECONDITION with a sentence when
  // another process uses it, the master key is wrong, or a newer program has
  // written it.
  static absl::StatusOr<std::unique_ptr<Store>> Open(
      const std::string& data_dir, const Secret& master_key);
  // Returns whether a server uses the folder now; FAILED_PRECONDITION with a
  // sentence when the folder was made with another master key. It changes
  // nothing; a folder that is not there or empty is good.
  static absl::StatusOr<bool> Examine(const std::string& data_dir,
                                      const Secret& master_key);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // The one connection that writes, for the journal; once.
  std::unique_ptr<Database> TakeWriter() { return std::move(writer_); }
  ReadPool& pool() { return *pool_; }
  Sealer& sealer() { return *sealer_; }
  const LogIdentity& identity() const { return identity_; }
  // Of the last event when this was opened.
  std::int64_t last_seq() const { return last_seq_; }

 private:
  Store() = default;
  absl::Status Prepare(const std::string& data_dir, const Secret& master_key);
  absl::Status CheckKeyAndIdentity();

  int lock_fd_ = -1;
  std::unique_ptr<Database> writer_;
  std::unique_ptr<ReadPool> pool_;
  std::unique_ptr<Sealer> sealer_;
  LogIdentity identity_;
  std::int64_t last_seq_ = 0;
};

}  // namespace linktor
