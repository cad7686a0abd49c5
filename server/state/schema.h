// The tables, as append-only migrations counted by PRAGMA user_version.

#pragma once

#include "absl/status/status.h"
#include "server/sqlite/database.h"

namespace linktor {

// Changes nothing. FAILED_PRECONDITION with a sentence when a newer program has
// written the database.
absl::Status CheckSchemaVersion(Database& database);

// Brings the database to the newest version, or fails as above.
absl::Status Migrate(Database& database);

}  // namespace linktor
