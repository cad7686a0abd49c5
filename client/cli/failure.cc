#include "client/cli/failure.h"

#include <boost/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/reasons.h"
#include "client/cli/remedies.h"
#include "client/cli/text.h"
#include "linktor/instagram/constants.h"

namespace linktor::cli {
namespace {

// Returns whether a status with this code is a refusal, so that a second try
// would be refused too. It is for a status that the server did not make.
bool IsRefusal(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::UNAUTHENTICATED:
    // gRPC also uses this code for an answer that is too large to receive.
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return true;
    default:
      return false;
  }
}

ExitCode ExitCodeOf(const instagram::Error& error, CallKind kind) {
  // An earlier try of the same call may have been done although its answer got
  // lost. The outcome of a request that is still in flight is not known yet.
  if (error.outcome_unknown ||
      error.reason == instagram::reason::kSendOutcomeUnknown ||
      error.reason == instagram::reason::kRequestInFlight) {
    return ExitCode::kOutcomeUnknown;
  }
  if (!error.reason.empty()) {
    return error.code == grpc::StatusCode::UNAVAILABLE ? ExitCode::kUnavailable
                                                       : ExitCode::kRefused;
  }
  // Without a reason, a library or a proxy made the status. Then its code does
  // not tell whether a change was made: a proxy may have tried twice, and its
  // status is about the second try only.
  if (kind != CallKind::kRead) return ExitCode::kOutcomeUnknown;
  return IsRefusal(error.code) ? ExitCode::kRefused : ExitCode::kUnavailable;
}

// Returns a remedy that depends only on the exit code and the kind of the call.
// It is empty when there is no such remedy.
std::string RemedyWithoutReason(const Failure& failure, CallKind kind) {
  if (failure.exit_code == ExitCode::kUnavailable) {
    return failure.reason.empty() ? "Try again: reading changes nothing."
                                  : "Try again: nothing was done.";
  }
  if (failure.exit_code != ExitCode::kOutcomeUnknown) return "";
  return kind == CallKind::kSend
             ? "Nobody knows whether it was sent: an answer got lost on the "
               "way. "
               "Repeat it with the same request id, which never sends twice; "
               "under another one the customer may get it twice."
             : "It may have been done: look before you repeat it.";
}

}  // namespace

Failure FailureOf(const instagram::Error& error, CallKind kind) {
  if (error.kind != instagram::Error::Kind::kCall) {
    return UsageFailure(error.message);
  }
  Failure failure{.exit_code = ExitCodeOf(error, kind),
                  .code = instagram::CodeName(error.code),
                  .message = error.message,
                  .reason = error.reason,
                  .remedy = OwnRemedyOf(error.reason),
                  .violations = error.violations,
                  .metadata = error.metadata};
  if (error.retry_delay.has_value()) {
    failure.retry_delay = absl::FromChrono(*error.retry_delay);
  }
  // When an earlier try of the call got lost, the remedy for the last error is
  // wrong, because it is about the last try only.
  const bool lost = error.outcome_unknown &&
                    error.reason != instagram::reason::kSendOutcomeUnknown &&
                    error.reason != instagram::reason::kRequestInFlight;
  if (lost) failure.remedy = RemedyWithoutReason(failure, kind);
  if (failure.remedy.empty()) failure.remedy = error.remedy;
  if (failure.remedy.empty() && !failure.reason.empty()) {
    failure.remedy = RemedyOf(failure.reason);
  }
  if (failure.remedy.empty()) {
    failure.remedy = RemedyWithoutReason(failure, kind);
  }
  return failure;
}

Failure FailureOf(const grpc::Status& status, CallKind kind) {
  return FailureOf(instagram::ErrorOf(status), kind);
}

Failure NotReached(const std::string& server, const std::string& detail) {
  return {.exit_code = ExitCode::kUnavailable,
          .code = "UNAVAILABLE",
          .message = absl::StrCat("cannot reach the server at ", server,
                                  detail.empty() ? "" : ": ", detail),
          .remedy =
              "Nothing was done. Start the server (linktor-igd), or say "
              "where it is with --server HOST:PORT or in "
              "LINKTOR_IG_SERVER."};
}

Failure UsageFailure(const std::string& message) {
  return {.exit_code = ExitCode::kUsage, .message = message};
}

std::string ToText(const Failure& failure) {
  std::string out =
      absl::StrCat("error: ",
                   EscapeControls(failure.message.empty() ? "(no message)"
                                                          : failure.message),
                   "\n");
  if (!failure.reason.empty()) {
    absl::StrAppend(&out, "reason: ", EscapeControls(failure.reason), " (",
                    failure.code, ")\n");
  } else if (!failure.code.empty()) {
    absl::StrAppend(&out, "code: ", failure.code, "\n");
  }
  for (const auto& [field, problem] : failure.violations) {
    // A single violation is not printed when the message already contains it.
    const bool single = failure.violations.size() == 1;
    if (single && absl::StrContains(failure.message,
                                    absl::StrCat(field, ": ", problem))) {
      break;
    }
    absl::StrAppend(&out, "field: ", EscapeControls(field));
    if (!single || !absl::StrContains(failure.message, problem)) {
      absl::StrAppend(&out, ": ", EscapeControls(problem));
    }
    absl::StrAppend(&out, "\n");
  }
  for (const auto& [key, value] : failure.metadata) {
    absl::StrAppend(&out, "detail: ", EscapeControls(key), " = ",
                    EscapeControls(value), "\n");
  }
  if (!failure.remedy.empty()) {
    absl::StrAppend(&out, "what to do: ", EscapeControls(failure.remedy), "\n");
  }
  if (failure.retry_delay.has_value()) {
    absl::StrAppend(&out, "try again in: ", ShowDuration(*failure.retry_delay),
                    "\n");
  }
  for (const std::string& next : failure.next) {
    absl::StrAppend(&out, "next: ", EscapeControls(next), "\n");
  }
  return out;
}

std::string ToJson(const Failure& failure) {
  boost::json::object error;
  if (!failure.code.empty()) error["code"] = failure.code;
  if (!failure.reason.empty()) error["reason"] = failure.reason;
  error["message"] = failure.message;
  if (!failure.remedy.empty()) error["remedy"] = failure.remedy;
  if (failure.retry_delay.has_value()) {
    error["retryDelaySeconds"] = absl::ToDoubleSeconds(*failure.retry_delay);
  }
  if (!failure.violations.empty()) {
    boost::json::array violations;
    for (const auto& [field, problem] : failure.violations) {
      violations.push_back({{"field", field}, {"description", problem}});
    }
    error["fieldViolations"] = std::move(violations);
  }
  if (!failure.metadata.empty()) {
    boost::json::object metadata;
    for (const auto& [key, value] : failure.metadata) metadata[key] = value;
    error["metadata"] = std::move(metadata);
  }
  if (!failure.next.empty()) {
    error["next"] =
        boost::json::array(failure.next.begin(), failure.next.end());
  }
  error["exitCode"] = static_cast<int>(failure.exit_code);
  return boost::json::serialize(boost::json::object{{"error", error}}) + "\n";
}

}  // namespace linktor::cli
