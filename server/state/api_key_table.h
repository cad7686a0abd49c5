// The callers' keys. Used by the writer thread inside its transaction; readers
// have a function of their own below.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/sqlite/statement.h"
#include "server/state/effects.h"
#include "server/state/rows.h"

namespace linktor {

class ApiKeyTable {
 public:
  explicit ApiKeyTable(Database& database) : database_(database) {}

  absl::StatusOr<ApiKeyAnswer> Create(const journal::CreateApiKey& record);
  absl::StatusOr<ApiKeyAnswer> Update(const journal::UpdateApiKey& record);
  absl::StatusOr<ApiKeyAnswer> Delete(const journal::DeleteApiKey& record);
  // A last use never goes back.
  absl::Status RecordUse(const journal::UseApiKeys& record);

 private:
  absl::StatusOr<std::optional<ApiKeyRow>> Find(std::string_view id);
  // The key that the same request created before; nothing otherwise. The
  // fingerprint tells whether it was the same.
  absl::StatusOr<std::optional<ApiKeyAnswer>> FindCreation(
      const journal::CreateApiKey& record);

  Database& database_;
};

// All keys, by id. For readers, on their own connection.
absl::StatusOr<std::vector<ApiKeyRow>> ReadApiKeys(Database& database);

}  // namespace linktor
