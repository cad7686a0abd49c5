// Says what Meta's errors mean: the canonical code, the reason, the remedy, and
// whether a send may have been processed in spite of the error. The Graph
// client asks it for each answer that is no success. It applies the table in
// error_table.h. The functions are pure.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "server/http/client.h"

namespace linktor::graph {

// Says what a call does. It matters because the same error means different
// things for different calls.
enum class GraphOperation {
  // The call cannot be repeated. After an unclear end nobody can know whether
  // the message was sent.
  kSend,
  // The call can be repeated. It reads or replaces something of the account.
  kRepeatable,
  // The call can be repeated. It is about a customer.
  kProfile,
  // The call can be repeated. It is about a message.
  kMessage,
};

struct GraphFailure {
  // It has the reason, the metadata and, where it helps, a retry delay. Its
  // code is never UNAUTHENTICATED or PERMISSION_DENIED, because these codes
  // speak of the caller's key to this server.
  absl::Status status;
  // It is true when a kSend may have been processed. The status is then UNKNOWN
  // with SEND_OUTCOME_UNKNOWN, and the caller must not repeat the send.
  bool outcome_unknown = false;
};

// Says what an answer means that is no success. Such an answer has an error
// status, a body with `error`, or a body of another form than expected. The
// meaning is looked up by (code, subcode), then by the code alone, then by the
// HTTP status. `result.transport` must be OK. Meta's texts go into the message
// and the metadata of the status, after they were redacted and cut.
GraphFailure MapGraphError(GraphOperation operation,
                           const http::HttpResult& result);

// Says what it means when a call ended without a complete answer, so that
// `result.transport` is not OK. If a byte of a send may have left this machine,
// the outcome of the send is unknown. In all other cases the status is
// UNAVAILABLE with GRAPH_UNAVAILABLE, and the call may be repeated after 5 s.
GraphFailure MapTransportError(GraphOperation operation,
                               const http::HttpResult& result);

}  // namespace linktor::graph
