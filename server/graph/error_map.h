// What Meta's errors mean: canonical code, reason, remedy, and whether a send
// may have been processed all the same. Pure.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "server/http/client.h"

namespace linktor {

enum class GraphOperation {
  // Not repeatable: an unclear end means that nobody can know.
  kSend,
  // Repeatable: reads and replacing writes.
  kRepeatable,
};

struct GraphFailure {
  // With reason, metadata and, where it is known, retry delay.
  absl::Status status;
  // Of kSend: whether it may have been processed. The status is then UNKNOWN
  // with SEND_OUTCOME_UNKNOWN.
  bool outcome_unknown = false;
};

// Of an answer that is no success: an error status, a body with `error`, or a
// body that is not what it should be. Decides by (code, subcode), then code,
// then HTTP status.
GraphFailure MapGraphError(GraphOperation operation, const HttpResult& result);

// Of a call without a complete answer.
GraphFailure MapTransportError(GraphOperation operation,
                               const HttpResult& result);

}  // namespace linktor
