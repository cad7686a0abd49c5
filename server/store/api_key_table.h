// The callers' keys. Used by the writer thread inside its transaction; readers
// have a function of their own below.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/records.h"
#include "server/store/sqlite.h"

namespace linktor {

class ApiKeyTable {
 public:
  explicit ApiKeyTable(Database& database) : database_(database) {}

  absl::StatusOr<ApiKeyOutcome> Create(const CreateApiKeyRecord& record);
  absl::StatusOr<ApiKeyOutcome> Update(const UpdateApiKeyRecord& record);
  absl::StatusOr<ApiKeyOutcome> Delete(const DeleteApiKeyRecord& record);
  // A last use never goes back.
  absl::Status RecordUse(const UseApiKeysRecord& record);

 private:
  absl::StatusOr<std::optional<ApiKeyRow>> Find(std::string_view id);
  // The key that the same request created before; not found otherwise. The
  // fingerprint tells whether it was the same.
  absl::StatusOr<std::optional<ApiKeyOutcome>> FindCreation(
      const CreateApiKeyRecord& record);

  Database& database_;
};

// All keys, by id.
absl::StatusOr<std::vector<ApiKeyRow>> ReadApiKeys(Database& database);

}  // namespace linktor
