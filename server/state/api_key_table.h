// This is the table of the API keys with which callers call this server. The
// Applier (applier.h) calls ApiKeyTable on the applying thread (the only thread
// that writes the database), inside that thread's transaction. Readers call
// ReadApiKeys below. A refusal is an answer (effects.h) and not an error. Every
// error comes from the database, and then the transaction is rolled back.

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

// API keys change rarely, so each call prepares its SQL statements anew.
class ApiKeyTable {
 public:
  // `database` must outlive this object.
  explicit ApiKeyTable(sqlite::Database& database) : database_(database) {}

  // Stores a key at revision 1. It answers kReplayed or kReused when the
  // creator, which is the API key of the caller, has used the request id
  // before. It answers kTooMany when there are kMaxApiKeys keys already. The
  // answer has a row only with kApplied and kReplayed.
  absl::StatusOr<ApiKeyAnswer> Create(const journal::CreateApiKey& record);
  // Update replaces the sealed (encrypted) key, and Delete deletes the row.
  // Both answer kNotFound when the key does not exist, and kChanged when its
  // revision is not the expected one. With kApplied, the row of the answer has
  // the next revision.
  absl::StatusOr<ApiKeyAnswer> Update(const journal::UpdateApiKey& record);
  absl::StatusOr<ApiKeyAnswer> Delete(const journal::DeleteApiKey& record);
  // Stores the time of the last use of each key. The time of a key never goes
  // back. A key that does not exist any more is skipped. No revision changes.
  absl::Status RecordUse(const journal::UseApiKeys& record);

 private:
  // Returns the key with that id; nullopt when there is none.
  absl::StatusOr<std::optional<ApiKeyRow>> Find(std::string_view id);
  // Looks for a key that the same creator has made under the same request id.
  // It answers kReplayed with that key when the fingerprint of the request is
  // the same, and kReused when the fingerprint is different. It returns nullopt
  // when there is no such key, or when the record has no request id.
  absl::StatusOr<std::optional<ApiKeyAnswer>> FindCreation(
      const journal::CreateApiKey& record);

  sqlite::Database& database_;
};

// Returns all keys, sorted by id. Readers call it on their own connection.
absl::StatusOr<std::vector<ApiKeyRow>> ReadApiKeys(sqlite::Database& database);

}  // namespace linktor::state
