// The table of the instances that have appended records: their starts, and how
// far each has carried out the erasures in its own files. The Applier calls it
// on the applying thread, inside that thread's transaction; readers have
// functions of their own below. An error is the database's.

#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/statement.h"

namespace linktor::state {

// An instance is a data folder. It has a row once it has appended a record.
class InstanceTable {
 public:
  // `database` must outlive this.
  explicit InstanceTable(sqlite::Database& database);
  // Notes that the instance, 8 bytes, has started. An incarnation never goes
  // back.
  absl::Status Start(std::string_view instance, std::int64_t incarnation);

  // Notes that the instance's files hold nothing of the erasures up to this
  // one. The number never goes back. An instance says this about itself alone,
  // since each has files of its own.
  absl::Status Erased(std::string_view instance, std::int64_t through_no);

 private:
  sqlite::Statement start_;
  sqlite::Statement erased_;
};

// Returns the latest start of the instance; 0 before the first. DataFolder
// counts on from it when the process starts.
absl::StatusOr<std::int64_t> IncarnationOf(sqlite::Database& database,
                                           std::string_view instance);

// Returns the number of the last erasure that is due in this data folder's
// files; 0 when none is. It is for readers, on their own connection.
absl::StatusOr<std::int64_t> LastDueErasure(sqlite::Database& database);

}  // namespace linktor::state
