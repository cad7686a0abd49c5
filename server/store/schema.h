// The tables, as append-only migrations counted by PRAGMA user_version.

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "server/store/sqlite.h"

namespace linktor {

// Brings the database to the newest version. FAILED_PRECONDITION when a newer
// program has written it.
absl::Status Migrate(Database& database);

// The same up to one version, so that upgrades from it can be tested.
absl::Status MigrateTo(Database& database, std::int64_t target);

}  // namespace linktor
