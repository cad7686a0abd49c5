// The table of data keys, which are wrapped by the master key. The Applier adds
// them on the applying thread, inside that thread's transaction, and
// ErasureTable destroys them; the sealer reads them through the functions
// below. An error is the database's.

#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/seal/sealer.h"
#include "server/sqlite/statement.h"

namespace linktor {

// A scope may have several keys: two callers who seal for a new conversation at
// the same time make one each, and both are kept.
class KeyTable {
 public:
  // `database` must outlive this.
  explicit KeyTable(Database& database);
  // Stores the key and returns true. Returns false and changes nothing when the
  // id is stored already or was destroyed: a destroyed key is never stored
  // again.
  absl::StatusOr<bool> Add(const journal::DataKey& key);

 private:
  Statement add_;
};

// ---- For readers, on their own connection -----------------------------------

// Returns the key of the scope; nothing when the scope has none. Of several it
// is the one with the lowest id, so that it is always the same one.
absl::StatusOr<std::optional<journal::DataKey>> ReadKeyOf(
    Database& database, const KeyScope& scope);
// Returns the key of that id; nothing when it is not stored, or no more.
absl::StatusOr<std::optional<journal::DataKey>> ReadKey(Database& database,
                                                        std::int64_t id);

}  // namespace linktor
