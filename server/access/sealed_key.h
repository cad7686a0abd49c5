// Seals (encrypts) an API key for records and rows, and opens (decrypts) it
// again. The API key is sealed under a data key of the installation, and is
// bound to its own id (see seal/sealer.h). All functions are thread-safe,
// because the sealer is thread-safe.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/api_key.pb.h"
#include "server/base/v1.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::access {

// Returns the sealed API key. The last use is left out, because the state
// stores it in a column of its own. Fails only when the stored data keys cannot
// be read. Sealer::Seal explains `new_keys`.
absl::StatusOr<std::string> SealKey(seal::Sealer& sealer, const v1::ApiKey& key,
                                    seal::NewKeys& new_keys);

// Opens the row of a key that is not deleted, and sets the key's last use.
// Fails with a sentence that names the key. The code is DATA_LOSS when the
// sealed bytes have changed or their data key is gone. When the data key cannot
// be read, the code is that of the failed read.
absl::StatusOr<v1::ApiKey> OpenKey(seal::Sealer& sealer,
                                   const state::ApiKeyRow& row);

// Sets the last use of `key` to the time that the row has. Clears it when the
// key was never used.
void SetLastUse(const state::ApiKeyRow& row, v1::ApiKey& key);

}  // namespace linktor::access
