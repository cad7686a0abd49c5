// These functions store and read back why a send did not succeed. The database
// keeps the whole error that the caller of the send got, as a
// google.rpc.Status. So a caller who asks later gets the same code, metadata
// and retry delay. MakeOutcomeRecord (outcome.h) stores the error. The answer
// to a repeated request, and the answer to GetMessage, are made from the stored
// error. All functions are thread-safe.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/rpc/status.pb.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::messaging {

// Returns the bytes that are sealed (encrypted) and stored for an error: a
// serialised google.rpc.Status with all details. The error must not be OK. The
// format is persisted: do not change it.
std::string SerializeError(const absl::Status& error);

// Returns the stored error of a FAILED or UNCONFIRMED send. It fails with
// DATA_LOSS when the error was erased or cannot be opened (decrypted). It may
// read a key from the disk, so it is called on the executor (base/executor.h).
absl::StatusOr<google::rpc::Status> OpenError(seal::Sealer& sealer,
                                              const state::MessageRow& row);

// Returns the stored error as a status that is not OK, with all its details.
absl::Status ErrorOf(const google::rpc::Status& stored);

}  // namespace linktor::messaging
