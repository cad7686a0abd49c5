// Data keys, wrapped. The writer adds them inside its transaction; readers have
// functions of their own below.

#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/seal/sealer.h"
#include "server/sqlite/statement.h"

namespace linktor {

class KeyTable {
 public:
  explicit KeyTable(Database& database);
  // False when it was not stored: one that is stored already stays as it is,
  // and one that was destroyed is never stored again.
  absl::StatusOr<bool> Add(const journal::DataKey& key);

 private:
  Statement add_;
};

// ---- For readers, on their own connection -----------------------------------

// The scope's first key, by id.
absl::StatusOr<std::optional<journal::DataKey>> ReadKeyOf(
    Database& database, const KeyScope& scope);
absl::StatusOr<std::optional<journal::DataKey>> ReadKey(Database& database,
                                                        std::int64_t id);

}  // namespace linktor
