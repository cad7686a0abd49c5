// The instances that have appended records: their starts, and how far each has
// carried out the erasures in its own files.
// Used by the writer thread inside its transaction.

#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/statement.h"

namespace linktor {

class InstanceTable {
 public:
  explicit InstanceTable(Database& database);
  // The instance has started; an incarnation never goes back.
  absl::Status Start(std::string_view instance, std::int64_t incarnation);

  // The instance's files hold nothing of the erasures up to this one.
  absl::Status Erased(std::string_view instance, std::int64_t through_no);

 private:
  Statement start_;
  Statement erased_;
};

// Returns the latest start of the instance; 0 before the first. For readers.
absl::StatusOr<std::int64_t> IncarnationOf(Database& database,
                                           std::string_view instance);

// Returns the number of the last erasure that is due in this data folder's
// files; 0 when none is. For readers.
absl::StatusOr<std::int64_t> LastDueErasure(Database& database);

}  // namespace linktor
