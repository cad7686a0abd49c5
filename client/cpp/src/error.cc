#include "linktor/instagram/error.h"

#include <algorithm>
#include <cstdint>

#include "client/cpp/src/outcome.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace linktor::instagram {
namespace {

constexpr std::int64_t kMostDelaySeconds = 24 * 3600;

// Copies one detail of a status into the error. It ignores the reasons of other
// domains, such as those of a proxy, and all other kinds of details.
void AddDetail(const google::protobuf::Any& detail, Error& error) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad;
  google::rpc::RetryInfo retry;
  if (detail.UnpackTo(&info)) {
    if (info.domain() != kErrorDomain) return;
    error.reason = info.reason();
    error.metadata.insert(info.metadata().begin(), info.metadata().end());
    if (auto remedy = error.metadata.extract("remedy")) {
      error.remedy = std::move(remedy.mapped());
    }
  } else if (detail.UnpackTo(&bad)) {
    for (const auto& violation : bad.field_violations()) {
      error.violations.push_back({violation.field(), violation.description()});
    }
  } else if (detail.UnpackTo(&retry)) {
    // A delay of more than a day is a mistake. A subscription would wait for
    // it, as if it had stopped.
    error.retry_delay =
        std::chrono::seconds(std::clamp<std::int64_t>(
            retry.retry_delay().seconds(), 0, kMostDelaySeconds)) +
        std::chrono::nanoseconds(retry.retry_delay().nanos());
  }
}

}  // namespace

Error ErrorOf(const grpc::Status& status) {
  Error error{.code = status.error_code(), .message = status.error_message()};
  google::rpc::Status rpc;
  if (!rpc.ParseFromString(status.error_details())) return error;
  for (const google::protobuf::Any& detail : rpc.details()) {
    AddDetail(detail, error);
  }
  return error;
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
                                   : "code " + std::to_string(index);
}

std::string ToString(const Error& error) {
  std::string out;
  if (error.kind == Error::Kind::kCall) {
    out = CodeName(error.code);
    if (!error.reason.empty()) out += " " + error.reason;
    out += ": ";
  }
  out += error.message;
  for (const auto& [field, description] : error.violations) {
    if (error.message.find(description) == std::string::npos) {
      out.append("; ").append(field).append(": ").append(description);
    }
  }
  if (error.outcome_unknown &&
      (error.reason.empty() || !LeavesUnknown(error))) {
    out += "; it may have been done all the same";
    if (!error.request_id.empty()) {
      out.append(": repeat it with the request id ")
          .append(error.request_id)
          .append(" only");
    }
    return out;
  }
  if (!error.remedy.empty()) {
    out.append(" (what to do: ").append(error.remedy).append(")");
  }
  return out;
}

}  // namespace linktor::instagram
