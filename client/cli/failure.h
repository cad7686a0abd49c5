// A call that did not succeed: what the server said, what to do about it, and
// how the program ends. Pure functions, for any thread.

#pragma once

#include <grpcpp/support/status.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "client/cli/exit_code.h"

namespace linktor::cli {

// What a call that got lost on its way may have done.
enum class CallKind {
  // Nothing.
  kRead,
  // A change that can be looked up and repeated.
  kChange,
  // A message that must not be sent twice.
  kSend,
};

struct Failure {
  ExitCode exit_code = ExitCode::kRefused;
  // gRPC's, such as "NOT_FOUND"; empty when no call was made.
  std::string code;
  std::string message;
  // A value of ErrorReason without its prefix; empty when the error is not the
  // server's own.
  std::string reason;
  std::string remedy;
  std::optional<absl::Duration> retry_delay;
  // Field and what is wrong with it.
  std::vector<std::pair<std::string, std::string>> violations;
  // Of ErrorInfo, without the remedy.
  std::map<std::string, std::string> metadata;
  // Commands that help next.
  std::vector<std::string> next;
};

// `status` is not OK and came after the server had been reached: a connection
// that broke then says nothing about what was done.
Failure FailureOf(const grpc::Status& status, CallKind kind);

// What the command was about; empty for what it does not name.
struct Subject {
  std::string channel_id;
  std::string user_id;
};

// Adds the commands of this program that help. The remedies are the server's,
// for every client, and speak of its RPCs.
void Advise(const Subject& subject, Failure& failure);

// The server could not be reached, so nothing was done.
Failure NotReached(const std::string& server, const std::string& detail);

// Wrong arguments.
Failure UsageFailure(const std::string& message);

// "NOT_FOUND".
std::string CodeName(grpc::StatusCode code);

// Lines for a person, and one line of JSON with a line end.
std::string ToText(const Failure& failure);
std::string ToJson(const Failure& failure);

}  // namespace linktor::cli
