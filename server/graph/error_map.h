// Says what Meta's errors mean: the canonical code, the reason and the remedy.
// It also says whether Meta may have processed a send in spite of the error.
// The Graph client calls these functions for each call that did not succeed.
// They look Meta's errors up in the table of error_table.h. The functions are
// pure.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "server/http/client.h"

namespace linktor::graph {

// Says what a call does. This matters because the same error means different
// things for different calls.
enum class GraphOperation {
  // The call sends a message and cannot be repeated. After an unclear end
  // nobody can know whether the message was sent.
  kSend,
  // The call can be repeated. It reads, replaces or deletes something of the
  // account, such as its ice breakers.
  kRepeatable,
  // The call can be repeated. It reads the profile of a customer.
  kProfile,
  // The call can be repeated. It reads a message.
  kMessage,
};

struct GraphFailure {
  // The status has the reason, the metadata and, where it helps, a retry delay.
  // Its code is never UNAUTHENTICATED or PERMISSION_DENIED, because these two
  // codes speak of the API key that the caller has for this server.
  absl::Status status;
  // It is true when the call was a kSend, and Meta may have processed it in
  // spite of the error. The status is then UNKNOWN with SEND_OUTCOME_UNKNOWN,
  // and the caller must not repeat the send.
  bool outcome_unknown = false;
};

// Says what an unsuccessful answer means. An answer is unsuccessful when its
// HTTP status is not 200, when its body has the member `error`, or when its
// body does not have the expected form. MapGraphError looks the meaning up by
// Meta's code and subcode. If the table has no such row, it looks by the code
// alone, and then by the HTTP status. `result.transport` must be OK. Meta's
// texts go into the message and the metadata of the status, after they were cut
// and redacted (base/redaction.h).
GraphFailure MapGraphError(GraphOperation operation,
                           const http::HttpResult& result);

// Says what the end of a call means when no complete answer came.
// `result.transport` must be an error. If a byte of a send may have left this
// machine, the outcome of the send is unknown. In all other cases the status is
// UNAVAILABLE with GRAPH_UNAVAILABLE, and the call may be repeated after 5 s.
GraphFailure MapTransportError(GraphOperation operation,
                               const http::HttpResult& result);

}  // namespace linktor::graph
