#include "client/cli/failure.h"

#include <boost/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/reasons.h"
#include "client/cli/text.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace linktor::cli {
namespace {

// The domain of the server's own reasons. Proxies have other ones.
constexpr char kDomain[] = "instagram.linktor";

void AddDetails(const grpc::Status& status, Failure& failure) {
  google::rpc::Status rpc;
  if (!rpc.ParseFromString(status.error_details())) return;
  for (const google::protobuf::Any& detail : rpc.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info)) {
      if (info.domain() != kDomain) continue;
      failure.reason = info.reason();
      for (const auto& [key, value] : info.metadata()) {
        failure.metadata[key] = value;
      }
    } else if (detail.UnpackTo(&bad)) {
      for (const auto& violation : bad.field_violations()) {
        failure.violations.emplace_back(violation.field(),
                                        violation.description());
      }
    } else if (detail.UnpackTo(&retry)) {
      failure.retry_delay = absl::Seconds(retry.retry_delay().seconds()) +
                            absl::Nanoseconds(retry.retry_delay().nanos());
    }
  }
}

// Returns whether a status that the server did not make is a refusal, so that
// reading again would end like this again.
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
    // The library also makes this of an answer that is too large.
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return true;
    default:
      return false;
  }
}

ExitCode ExitCodeOf(grpc::StatusCode code, const std::string& reason,
                    CallKind kind) {
  // While the call is in flight nobody knows the outcome yet.
  if (reason == "SEND_OUTCOME_UNKNOWN" || reason == "REQUEST_IN_FLIGHT") {
    return ExitCode::kOutcomeUnknown;
  }
  if (!reason.empty()) {
    return code == grpc::StatusCode::UNAVAILABLE ? ExitCode::kUnavailable
                                                 : ExitCode::kRefused;
  }
  // The status is a library's or a proxy's, whatever its code: a proxy may have
  // tried twice, and tell of the second time only.
  if (kind != CallKind::kRead) return ExitCode::kOutcomeUnknown;
  return IsRefusal(code) ? ExitCode::kRefused : ExitCode::kUnavailable;
}

std::string OwnRemedy(const Failure& failure, CallKind kind) {
  if (failure.exit_code == ExitCode::kUnavailable) {
    return failure.reason.empty() ? "Try again: reading changes nothing."
                                  : "Try again: nothing was done.";
  }
  if (failure.exit_code != ExitCode::kOutcomeUnknown) return "";
  return kind == CallKind::kSend
             ? "Nobody knows whether it was sent: the answer did not come from "
               "the server. Repeat it with the same request id, which never "
               "sends twice; under another one the customer may get it twice."
             : "It may have been done: look before you repeat it.";
}

}  // namespace

Failure FailureOf(const grpc::Status& status, CallKind kind) {
  Failure failure;
  failure.code = CodeName(status.error_code());
  failure.message = status.error_message();
  AddDetails(status, failure);
  failure.exit_code = ExitCodeOf(status.error_code(), failure.reason, kind);
  if (const auto remedy = failure.metadata.extract("remedy")) {
    failure.remedy = remedy.mapped();
  } else if (!failure.reason.empty()) {
    failure.remedy = RemedyOf(failure.reason);
  }
  if (failure.remedy.empty()) {
    failure.remedy = OwnRemedy(failure, kind);
  }
  return failure;
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

std::string CodeName(grpc::StatusCode code) {
  static constexpr const char* kNames[] = {"OK",
                                           "CANCELLED",
                                           "UNKNOWN",
                                           "INVALID_ARGUMENT",
                                           "DEADLINE_EXCEEDED",
                                           "NOT_FOUND",
                                           "ALREADY_EXISTS",
                                           "PERMISSION_DENIED",
                                           "RESOURCE_EXHAUSTED",
                                           "FAILED_PRECONDITION",
                                           "ABORTED",
                                           "OUT_OF_RANGE",
                                           "UNIMPLEMENTED",
                                           "INTERNAL",
                                           "UNAVAILABLE",
                                           "DATA_LOSS",
                                           "UNAUTHENTICATED"};
  const auto index = static_cast<std::size_t>(code);
  return index < std::size(kNames) ? kNames[index]
                                   : absl::StrCat("code ", index);
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
    // The message tells the first of them already.
    if (failure.violations.size() == 1 &&
        absl::StrContains(failure.message, problem)) {
      break;
    }
    absl::StrAppend(&out, "field: ", EscapeControls(field), ": ",
                    EscapeControls(problem), "\n");
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
