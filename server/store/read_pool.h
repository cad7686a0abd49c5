// Read-only connections to the database, each used by one thread at a time.
// Reads hold a snapshot only as long as the function runs: a long one would
// keep the WAL from shrinking. Keep them under 50 ms.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/mutex.h"
#include "server/store/sqlite.h"

namespace linktor {

class ReadPool {
 public:
  explicit ReadPool(std::string path) : path_(std::move(path)) {}

  // Runs `read` in one snapshot on a free connection, opening another when all
  // are busy; so there are as many as threads that read at once. Thread-safe.
  absl::Status Read(absl::FunctionRef<absl::Status(Database&)> read);

 private:
  const std::string path_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Database>> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
