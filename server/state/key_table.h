// KeyTable is the table of the data keys, which the master key wraps. The
// Applier adds keys on the applying thread, inside that thread's transaction,
// and ErasureTable destroys them. The sealer reads them through StateReader,
// which calls the functions below. Every error comes from the database.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_set.h"
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

  // Returns whether the bytes were sealed under a key that is destroyed, so
  // that nobody could open them. Every webhook asks, so the ids of destroyed
  // keys are in memory, with about 16 bytes for each; they are read the first
  // time.
  absl::StatusOr<bool> IsUnreadable(std::string_view sealed);
  // Notes that ErasureTable has destroyed the key.
  void NoteDestroyed(std::int64_t id);
  // Forgets what is kept in memory of the table. After a rollback it may be
  // wrong.
  void ForgetCached() { destroyed_.reset(); }

 private:
  sqlite::Database& database_;
  sqlite::Statement add_;
  // It is not set until it was read.
  std::optional<absl::flat_hash_set<std::int64_t>> destroyed_;
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
