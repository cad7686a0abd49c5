// A state as text, row by row: states that have applied the same log must say
// the same.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace linktor::journal {

// A StateDump has the rows of each table, in the order of their primary keys.
// It leaves out what differs between instances: the identity of the instance,
// and how far its tables are complete. It has the logical content of the mid
// index and of the conversations, so that it does not depend on how far their
// rows have been moved.
using StateDump = std::map<std::string, std::vector<std::string>>;

// Reads every table that the database has, in one snapshot. DATA_LOSS when the
// mid index does not say the same as the events.
absl::StatusOr<StateDump> DumpState(const std::string& database_path);

// The first differences of two dumps, for people; empty when there are none.
std::string DifferenceOf(const StateDump& a, const StateDump& b);

}  // namespace linktor::journal
