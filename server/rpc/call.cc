#include "server/rpc/call.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/cause_log.h"
#include "server/base/ids.h"
#include "server/base/log.h"
#include "server/base/status.h"
#include "server/base/strings.h"

namespace linktor::rpc {
namespace {

// Returns the word for the outcome that callers are told: OK, or the reason.
std::string OutcomeOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  if (absl::IsCancelled(status)) return "CANCELLED";
  std::string reason = ErrorInfoOf(status).reason();
  return reason.empty() ? ReasonName(v1::ERROR_REASON_INTERNAL_FAULT) : reason;
}

// Returns whether a call failed for a fault of this server's.
bool IsFault(const absl::Status& status) {
  return OutcomeOf(status) == ReasonName(v1::ERROR_REASON_INTERNAL_FAULT);
}

// Returns the level of the line on a call that failed; nothing when it concerns
// its caller alone.
std::optional<LogLevel> LevelOf(const absl::Status& status) {
  if (status.ok() || absl::IsCancelled(status)) return std::nullopt;
  if (IsFault(status)) return LogLevel::kError;
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return LogLevel::kWarning;
    default:
      break;
  }
  static const StringSet& ours =
      *new StringSet{ReasonName(v1::ERROR_REASON_LIMIT_REACHED),
                     ReasonName(v1::ERROR_REASON_OVERLOADED),
                     ReasonName(v1::ERROR_REASON_DISK_FULL),
                     ReasonName(v1::ERROR_REASON_STORE_FAILED),
                     ReasonName(v1::ERROR_REASON_CREDENTIALS_MISSING),
                     ReasonName(v1::ERROR_REASON_CURSOR_INVALID),
                     ReasonName(v1::ERROR_REASON_CURSOR_EXPIRED),
                     ReasonName(v1::ERROR_REASON_CURSOR_REWOUND)};
  if (ours.contains(ErrorInfoOf(status).reason())) return LogLevel::kWarning;
  return std::nullopt;
}

LogFields FieldsOf(const CallRecord& call, const CallSubject& subject,
                   const absl::Status& status) {
  LogFields fields = {{"method", call.method.name}};
  const auto add = [&fields](std::string_view name, std::string_view value) {
    // A request that was refused may hold anything in place of an id.
    if (IsRequestId(value)) fields.emplace_back(name, std::string(value));
  };
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  if (!subject.api_key_id.empty()) {
    add("api_key", subject.api_key_id);
  } else if (const auto it = info.metadata().find("api_key_id");
             it != info.metadata().end()) {
    add("api_key", it->second);
  }
  add("channel", subject.channel_id);
  add("request_id", subject.request_id);
  add("target", subject.target);
  fields.emplace_back("peer", subject.peer);
  fields.emplace_back("outcome", OutcomeOf(status));
  return fields;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status rpc = ToRpcStatus(status);
  return {static_cast<grpc::StatusCode>(rpc.code()), rpc.message(),
          rpc.SerializeAsString()};
}

CallRecord CallContext::Begin(const access::Method& method) {
  observer_.OnBegin(method);
  return {.method = method};
}

void CallContext::CountEnd(const CallRecord& call, const absl::Status& status) {
  std::string reason;
  if (!status.ok() && !absl::IsCancelled(status)) reason = OutcomeOf(status);
  observer_.OnEnd(call.method, status.code(), reason,
                  std::chrono::steady_clock::now() - call.begin);
}

bool CallContext::IsAudited(const access::Method& method,
                            const absl::Status& status) {
  // A stranger has no key that a line could name; a key that is no longer in
  // force is named.
  return method.changes &&
         (!absl::IsUnauthenticated(status) ||
          ErrorInfoOf(status).metadata().contains("api_key_id"));
}

bool CallContext::WantsLog(const access::Method& method,
                           const absl::Status& status) {
  return IsAudited(method, status) || Logs(LogLevel::kDebug) ||
         LevelOf(status).has_value();
}

void CallContext::LogEnd(const CallRecord& call, const CallSubject& subject,
                         const absl::Status& status) {
  const LogFields fields = FieldsOf(call, subject, status);
  if (IsAudited(call.method, status)) LogAudit(fields);
  const std::string reason = ErrorInfoOf(status).reason();
  if (const std::optional<LogLevel> level = LevelOf(status)) {
    LogFields told = fields;
    // The text is the server's own, and the caller is not told it.
    if (reason.empty()) told.emplace_back("error", status.ToString());
    LogCause(*level,
             IsFault(status) ? "call failed by a fault" : "call refused",
             absl::StrCat(call.method.name, " ", reason), std::move(told));
  }
  if (!Logs(LogLevel::kDebug)) return;
  LogFields every = fields;
  every.emplace_back("code", absl::StatusCodeToString(status.code()));
  every.emplace_back(
      "seconds", absl::StrCat(std::chrono::duration<double>(
                                  std::chrono::steady_clock::now() - call.begin)
                                  .count()));
  Log(LogLevel::kDebug, "call", every);
}

absl::Status ParseRequest(const grpc::ByteBuffer& bytes,
                          google::protobuf::Message& request) {
  grpc::ByteBuffer copy(bytes);  // Deserialize empties what it is given
  if (grpc::SerializationTraits<google::protobuf::Message>::Deserialize(
          &copy, &request)
          .ok()) {
    return absl::OkStatus();
  }
  return MakeError(
      absl::StatusCode::kInvalidArgument, v1::ERROR_REASON_INVALID_REQUEST,
      absl::StrCat("this is no ", request.GetDescriptor()->name(),
                   ": not a Protocol Buffers message, or with a text that is "
                   "not UTF-8"));
}

}  // namespace linktor::rpc
