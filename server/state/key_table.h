// KeyTable is the table of the data keys, which the master key wraps
// (encrypts). The Applier (applier.h) adds keys on the applying thread (the
// only thread that writes the database), inside that thread's transaction.
// ErasureTable destroys keys. The sealer reads keys through StateReader, which
// calls the functions at the end of this file. Every error comes from the
// database.

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

// A scope is what a key belongs to, such as a conversation or a channel; see
// seal::KeyScope. A scope may have several keys. When two callers seal for a
// new conversation at the same time, each makes a key, and both keys are kept.
class KeyTable {
 public:
  // `database` must outlive this object.
  explicit KeyTable(sqlite::Database& database);
  // Stores the key and returns true. Returns false and changes nothing when a
  // key with that id is stored already or was destroyed. A destroyed key is
  // never stored again.
  absl::StatusOr<bool> Add(const journal::DataKey& key);

  // Returns whether the bytes were sealed (encrypted) under a key that is
  // destroyed, so that nobody can open them. Every webhook asks this. So the
  // ids of destroyed keys are in memory, with about 16 bytes for each. The
  // first call reads them.
  absl::StatusOr<bool> IsUnreadable(std::string_view sealed);
  // Notes that ErasureTable has destroyed the key.
  void NoteDestroyed(std::int64_t id);
  // Forgets what this object keeps in memory of the table. It is called after a
  // rollback, because the memory may be wrong then.
  void ForgetCached() { destroyed_.reset(); }

 private:
  sqlite::Database& database_;
  sqlite::Statement add_;
  // It is nullopt until IsUnreadable has read the ids.
  std::optional<absl::flat_hash_set<std::int64_t>> destroyed_;
};

// ---- For readers, on their own connection -----------------------------------

// Returns the key of the scope, or nullopt when the scope has none. When there
// are several, it returns the one with the lowest id, so that the same rows
// always give the same key.
absl::StatusOr<std::optional<journal::DataKey>> ReadKeyOf(
    sqlite::Database& database, const seal::KeyScope& scope);
// Returns the key with that id, or nullopt when it was never stored or was
// destroyed.
absl::StatusOr<std::optional<journal::DataKey>> ReadKey(
    sqlite::Database& database, std::int64_t id);

}  // namespace linktor::state
