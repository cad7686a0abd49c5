// A failure is a call that did not succeed: what the server said, what to do
// about it, and how the program ends. The functions are pure, for any thread.

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

// It tells how much a call that got lost on its way may have done.
enum class CallKind {
  // It reads and changes nothing.
  kRead,
  // It makes a change that can be looked up and repeated.
  kChange,
  // It sends a message, which must not be sent twice.
  kSend,
};

struct Failure {
  ExitCode exit_code = ExitCode::kRefused;
  // This is gRPC's code, such as "NOT_FOUND"; it is empty when no call was
  // made.
  std::string code;
  std::string message;
  // This is a value of ErrorReason without its prefix. It is empty when the
  // status has no ErrorInfo of the server, so that somebody else made it.
  std::string reason;
  std::string remedy;
  std::optional<absl::Duration> retry_delay;
  std::vector<instagram::FieldViolation> violations;
  // It holds the metadata of ErrorInfo without the remedy, and what this
  // program adds.
  std::map<std::string, std::string> metadata;
  // These are commands that help next.
  std::vector<std::string> next;
};

// The error came after the server had been reached. Only a status with an
// ErrorInfo of the server says what was done. Any other was made on the way
// when something broke, also after the request had arrived.
Failure FailureOf(const instagram::Error& error, CallKind kind);
// `status` is not OK.
Failure FailureOf(const grpc::Status& status, CallKind kind);

// The server could not be reached, so nothing was done.
Failure NotReached(const std::string& server, const std::string& detail);

// The arguments were wrong, so that no call was made.
Failure UsageFailure(const std::string& message);

// The first writes lines for a person, the second one line of JSON with a line
// end.
std::string ToText(const Failure& failure);
std::string ToJson(const Failure& failure);

}  // namespace linktor::cli
