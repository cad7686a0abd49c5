// Seals (encrypts) what the server stores about an API key, and opens
// (decrypts) it again. This is the key's ApiKey message: its name, permissions
// and channels. The message does not have the key's secret. Journal records and
// rows of the state hold the sealed message. It is sealed under a data key of
// the installation, and can be opened only together with the id of the API key
// (see seal/sealer.h). All functions are thread-safe, because the sealer is
// thread-safe.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/api_key.pb.h"
#include "server/base/v1.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::access {

// Returns the sealed message. The time of the key's last use is left out,
// because the state stores this time in a column of its own. Fails only when
// the stored data keys cannot be read. Sealer::Seal explains `new_keys`.
absl::StatusOr<std::string> SealKey(seal::Sealer& sealer, const v1::ApiKey& key,
                                    seal::NewKeys& new_keys);

// Opens the message in the row of an API key that is not deleted, and sets the
// time of the last use in it. Fails with a sentence that names the API key. The
// code is DATA_LOSS when the sealed bytes have changed or their data key does
// not exist any more. When the data key cannot be read, the code is that of the
// failed read.
absl::StatusOr<v1::ApiKey> OpenKey(seal::Sealer& sealer,
                                   const state::ApiKeyRow& row);

// Sets the last use in `key` to the time in the row. Clears the last use when
// the API key was never used.
void SetLastUse(const state::ApiKeyRow& row, v1::ApiKey& key);

}  // namespace linktor::access
