// Why a send did not succeed, as the state keeps it: the whole error that its
// caller was told, a google.rpc.Status, so that whoever is told later hears the
// same code, metadata and retry delay. Thread-safe.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/rpc/status.pb.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor {

// What is sealed of an error. Persisted: do not change.
std::string SerializeError(const absl::Status& error);

// The error of a row that has one. DATA_LOSS when it cannot be opened. Reads
// the disk: call on an executor.
absl::StatusOr<google::rpc::Status> OpenError(Sealer& sealer,
                                              const MessageRow& row);

// The same as a status that is not OK.
absl::Status ErrorOf(const google::rpc::Status& stored);

}  // namespace linktor
