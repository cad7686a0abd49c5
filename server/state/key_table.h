// KeyTable is the table of the data keys, which the master key wraps. The
// Applier adds keys on the applying thread, inside that thread's transaction,
// and ErasureTable destroys them. The sealer reads them through StateReader,
// which calls the functions below. Every error comes from the database.

#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/seal/sealer.h"
#include "server/sqlite/statement.h"

namespace linktor::state {

// A scope may have several keys: when two callers seal for a new conversation
// at the same time, each makes a key, and both keys are kept.
class KeyTable {
 public:
  // `database` must outlive this.
  explicit KeyTable(sqlite::Database& database);
  // Stores the key and returns true. Returns false and changes nothing when a
  // key of that id is stored already or was destroyed: a destroyed key is never
  // stored again.
  absl::StatusOr<bool> Add(const journal::DataKey& key);

 private:
  sqlite::Statement add_;
};

// ---- For readers, on their own connection -----------------------------------

// Returns the key of the scope, or nullopt when the scope has none. When there
// are several, it returns the one with the lowest id, so that the same rows
// always give the same key.
absl::StatusOr<std::optional<journal::DataKey>> ReadKeyOf(
    sqlite::Database& database, const seal::KeyScope& scope);
// Returns the key of that id, or nullopt when it was never stored or was
// destroyed.
absl::StatusOr<std::optional<journal::DataKey>> ReadKey(
    sqlite::Database& database, std::int64_t id);

}  // namespace linktor::state
