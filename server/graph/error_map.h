// What Meta's errors mean: canonical code, reason, remedy, and whether a send
// may have been processed all the same. Pure.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "server/http/client.h"

namespace linktor {

enum class GraphOperation {
  // The call cannot be repeated: an unclear end means that nobody can know.
  kSend,
  // The call can be repeated: it reads or replaces something of the account.
  kRepeatable,
  // The call can be repeated, and is about a customer.
  kProfile,
};

struct GraphFailure {
  // It has reason, metadata and, where it helps, a retry delay. It is never
  // UNAUTHENTICATED or PERMISSION_DENIED, which speak of the caller's key.
  absl::Status status;
  // Whether a kSend may have been processed. The status is then UNKNOWN with
  // SEND_OUTCOME_UNKNOWN.
  bool outcome_unknown = false;
};

// Says what an answer means that is no success: an error status, a body with
// `error`, or a body that is not what it should be. It decides by (code,
// subcode), then code, then HTTP status.
GraphFailure MapGraphError(GraphOperation operation, const HttpResult& result);

// Says what a call means that ended without a complete answer.
GraphFailure MapTransportError(GraphOperation operation,
                               const HttpResult& result);

}  // namespace linktor
