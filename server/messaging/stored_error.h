// Stores and reads why a send did not succeed. The state keeps the whole error
// that its caller was told, as a google.rpc.Status, so that whoever is told
// later gets the same code, metadata and retry delay. Outcomes store it;
// answers and GetMessage read it back. All are thread-safe.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/rpc/status.pb.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::messaging {

// Returns the bytes that are sealed for an error, which must not be OK: they
// are a serialised google.rpc.Status with all details. Persisted: do not
// change.
std::string SerializeError(const absl::Status& error);

// Returns the error of a row that has one, which is a FAILED or UNCONFIRMED
// one. DATA_LOSS when it was erased or cannot be opened. It may read a key from
// the disk, so it is called on the executor.
absl::StatusOr<google::rpc::Status> OpenError(seal::Sealer& sealer,
                                              const state::MessageRow& row);

// Returns the stored error as a status that is not OK, with all its details.
absl::Status ErrorOf(const google::rpc::Status& stored);

}  // namespace linktor::messaging
