// The table of the callers' API keys. The Applier calls it on the applying
// thread, inside that thread's transaction; readers have a function of their
// own below. Refusals are answers. An error is the database's, and then the
// transaction is rolled back.

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

namespace linktor::state {

// Keys change rarely, so statements are prepared anew in each call.
class ApiKeyTable {
 public:
  // `database` must outlive this.
  explicit ApiKeyTable(sqlite::Database& database) : database_(database) {}

  // Stores a key at revision 1. Answers kReplayed or kReused when the creator
  // has used the request id before, and kTooMany at kMaxApiKeys. The other
  // fields of the answer's row are set with kApplied and kReplayed alone.
  absl::StatusOr<ApiKeyAnswer> Create(const journal::CreateApiKey& record);
  // Replaces the sealed key, or deletes the row. Both answer kNotFound, or
  // kChanged when the revision is not the expected one; the row of kApplied has
  // the next revision.
  absl::StatusOr<ApiKeyAnswer> Update(const journal::UpdateApiKey& record);
  absl::StatusOr<ApiKeyAnswer> Delete(const journal::DeleteApiKey& record);
  // Notes the last uses. A last use never goes back in time, and a key that is
  // gone is skipped. No revision changes.
  absl::Status RecordUse(const journal::UseApiKeys& record);

 private:
  // Returns the key of that id; nothing when there is none.
  absl::StatusOr<std::optional<ApiKeyRow>> Find(std::string_view id);
  // Looks for a key that the creator made under the same request id before.
  // Answers kReplayed with it when the fingerprint is the same, kReused when it
  // is not, and nothing when there is none or the record has no request id.
  absl::StatusOr<std::optional<ApiKeyAnswer>> FindCreation(
      const journal::CreateApiKey& record);

  sqlite::Database& database_;
};

// Returns all keys, sorted by id. It is for readers, on their own connection.
absl::StatusOr<std::vector<ApiKeyRow>> ReadApiKeys(sqlite::Database& database);

}  // namespace linktor::state
