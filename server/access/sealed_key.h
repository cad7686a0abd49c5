// Turns an API key in the clear into what records and rows hold, and back:
// sealed under the installation's key, for the key's id. Thread-safe, as the
// sealer is.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/api_key.pb.h"
#include "server/base/v1.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::access {

// Seals the key without its last use, which the state keeps beside it. Fails
// only when the stored keys cannot be read. `new_keys`: see Sealer::Seal.
absl::StatusOr<std::string> SealKey(seal::Sealer& sealer, const v1::ApiKey& key,
                                    seal::NewKeys& new_keys);

// Opens the row of a key that is not deleted, with its last use. It fails with
// a sentence that names the key: with DATA_LOSS when the row is not what was
// sealed or its data key is gone, or with the failure to read that.
absl::StatusOr<v1::ApiKey> OpenKey(seal::Sealer& sealer,
                                   const state::ApiKeyRow& row);

// Sets the key's last use to what the row says of it; clears it when the key
// was never used.
void SetLastUse(const state::ApiKeyRow& row, v1::ApiKey& key);

}  // namespace linktor::access
