// The tables, as append-only migrations that PRAGMA user_version counts. The
// data folder calls these when it is opened, on the writing connection and
// before anything else uses the database. schema.cc explains every table.

#pragma once

#include "absl/status/status.h"
#include "server/sqlite/database.h"

namespace linktor::state {

// OK when this program knows the database's version, 0 for an empty one
// included. FAILED_PRECONDITION with a sentence when a newer program has
// written it. It changes nothing.
absl::Status CheckSchemaVersion(sqlite::Database& database);

// Brings the database to the newest version, each migration in a transaction of
// its own. It fails as above, or as the disk does; then the migrations that
// were done stay, and the next call goes on.
absl::Status Migrate(sqlite::Database& database);

}  // namespace linktor::state
