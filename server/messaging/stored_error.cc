#include "server/messaging/stored_error.h"

#include "absl/strings/cord.h"
#include "server/base/status.h"
#include "server/base/strings.h"
#include "server/base/try.h"

namespace linktor::messaging {

std::string SerializeError(const absl::Status& error) {
  return ToRpcStatus(error).SerializeAsString();
}

absl::StatusOr<google::rpc::Status> OpenError(seal::Sealer& sealer,
                                              const state::MessageRow& row) {
  LINKTOR_ASSIGN(
      const std::string opened,
      sealer.Open(seal::SealedPlace::kMessageError, row.id, row.sealed_error));
  google::rpc::Status stored;
  if (!stored.ParseFromString(opened) || stored.code() == 0) {
    return absl::DataLossError("a stored error cannot be read");
  }
  return stored;
}

absl::Status ErrorOf(const google::rpc::Status& stored) {
  absl::Status error(static_cast<absl::StatusCode>(stored.code()),
                     ToAbsl(stored.message()));
  for (const auto& detail : stored.details()) {
    error.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return error;
}

}  // namespace linktor::messaging
