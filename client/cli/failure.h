// A Failure describes a call that did not succeed. It has the answer of the
// server, the remedy for the user, and the exit code of the program. The
// functions are pure, for any thread.

#pragma once

#include <grpcpp/support/status.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/cli/exit_code.h"
#include "linktor/instagram/error.h"

namespace linktor::cli {

// The kind of a call tells how much the call may have done when it got lost on
// its way.
enum class CallKind {
  // The call reads and changes nothing.
  kRead,
  // The call makes a change, which the user can look up and make again.
  kChange,
  // The call sends a message, which must not be sent twice.
  kSend,
};

struct Failure {
  ExitCode exit_code = ExitCode::kRefused;
  // This is gRPC's code, such as "NOT_FOUND"; it is empty when no call was
  // made.
  std::string code;
  std::string message;
  // This is a value of ErrorReason without its prefix. It is empty when the
  // status has no ErrorInfo of the server, which means that a proxy or a
  // library made the status.
  std::string reason;
  std::string remedy;
  std::optional<absl::Duration> retry_delay;
  std::vector<instagram::FieldViolation> violations;
  // It holds the metadata of ErrorInfo without the remedy, and facts that this
  // program adds.
  std::map<std::string, std::string> metadata;
  // These are commands that help the user next.
  std::vector<std::string> next;
};

// FailureOf makes a Failure of an error that came after the server was reached.
// Only a status with an ErrorInfo of the server says what was done. A proxy or
// a library makes any other status when something breaks on the way. That can
// also happen after the request has reached the server.
Failure FailureOf(const instagram::Error& error, CallKind kind);
// `status` must not be OK.
Failure FailureOf(const grpc::Status& status, CallKind kind);

// Returns the failure of a server that cannot be reached: nothing was done.
Failure NotReached(const std::string& server, const std::string& detail);

// Returns the failure of wrong arguments: no call was made.
Failure UsageFailure(const std::string& message);

// ToText returns lines for a person. ToJson returns one line of JSON with a
// line end.
std::string ToText(const Failure& failure);
std::string ToJson(const Failure& failure);

}  // namespace linktor::cli
