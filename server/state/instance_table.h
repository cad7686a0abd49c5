// The instances that have appended records, and their starts.
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

 private:
  Statement start_;
};

// Returns the latest start of the instance; 0 before the first. For readers.
absl::StatusOr<std::int64_t> IncarnationOf(Database& database,
                                           std::string_view instance);

}  // namespace linktor
