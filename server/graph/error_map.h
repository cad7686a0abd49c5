// Says what Meta's errors mean: canonical code, reason, remedy, and whether a
// send may have been processed all the same. The Graph client asks it for each
// answer that is no success. It applies the table in error_table.h. Pure.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "server/http/client.h"

namespace linktor::graph {

// Says what a call does, because the same error means different things.
enum class GraphOperation {
  // The call cannot be repeated: an unclear end means that nobody can know
  // whether the message was sent.
  kSend,
  // The call can be repeated: it reads or replaces something of the account.
  kRepeatable,
  // The call can be repeated, and is about a customer.
  kProfile,
  // The call can be repeated, and is about a message.
  kMessage,
};

struct GraphFailure {
  // It has reason, metadata and, where it helps, a retry delay. It is never
  // UNAUTHENTICATED or PERMISSION_DENIED, which speak of the caller's key.
  absl::Status status;
  // It is true when a kSend may have been processed. The status is then UNKNOWN
  // with SEND_OUTCOME_UNKNOWN, and the send must not be repeated.
  bool outcome_unknown = false;
};

// Says what an answer means that is no success: an error status, a body with
// `error`, or a body that is not what it should be. It decides by (code,
// subcode), then code, then HTTP status. `result.transport` is OK. Meta's texts
// go into the status' message and metadata, redacted and cut.
GraphFailure MapGraphError(GraphOperation operation,
                           const http::HttpResult& result);

// Says what a call means that ended without a complete answer:
// `result.transport` is not OK. A send of which a byte has left is of unknown
// outcome; everything else is UNAVAILABLE with GRAPH_UNAVAILABLE, and may be
// repeated after 5 s.
GraphFailure MapTransportError(GraphOperation operation,
                               const http::HttpResult& result);

}  // namespace linktor::graph
