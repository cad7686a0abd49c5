// These functions make the tables. The tables are defined by migrations, which
// are steps from one version of the schema to the next. New migrations are only
// appended, and PRAGMA user_version counts the ones that were done. The data
// folder calls these functions when it is opened, on the writing connection and
// before anything else uses the database. schema.cc explains every table.

#pragma once

#include "absl/status/status.h"
#include "server/sqlite/database.h"

namespace linktor::state {

// Returns OK when this program knows the database's version. An empty database
// has version 0, which every program knows. Returns FAILED_PRECONDITION with a
// sentence when a newer program has written the database. It changes nothing.
absl::Status CheckSchemaVersion(sqlite::Database& database);

// Brings the database to the newest version. Each migration has a transaction
// of its own. It fails as CheckSchemaVersion does, or when the disk fails. Then
// the migrations that were done stay, and the next call does the others.
absl::Status Migrate(sqlite::Database& database);

}  // namespace linktor::state
