// This is the table of the instances (data folders) that have appended records.
// It has the latest start of each instance, and how far the instance has
// carried out the erasures in its own files. The Applier (applier.h) calls
// InstanceTable on the applying thread (the only thread that writes the
// database), inside that thread's transaction. Readers call the functions at
// the end of this file. Every error comes from the database.

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
  // `database` must outlive this object.
  explicit InstanceTable(sqlite::Database& database);
  // Notes that the instance has started. `instance` has 8 bytes. `incarnation`
  // is the number of the start; the stored number never decreases.
  absl::Status Start(std::string_view instance, std::int64_t incarnation);

  // Notes that the instance has carried out all erasures up to `through_no` in
  // its files. The stored number never decreases. An instance says this only
  // about itself, because each instance has its own files.
  absl::Status Erased(std::string_view instance, std::int64_t through_no);

 private:
  sqlite::Statement start_;
  sqlite::Statement erased_;
};

// Returns the number of the instance's latest start; 0 before the first start.
// DataFolder counts on from this number when the process starts.
absl::StatusOr<std::int64_t> IncarnationOf(sqlite::Database& database,
                                           std::string_view instance);

// Returns the number of the last erasure that this data folder must still carry
// out in its files; 0 when there is none. Readers call it on their own
// connection.
absl::StatusOr<std::int64_t> LastDueErasure(sqlite::Database& database);

}  // namespace linktor::state
