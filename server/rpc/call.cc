#include "server/rpc/call.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include "absl/strings/str_cat.h"
#include "server/base/ids.h"
#include "server/base/log.h"
#include "server/base/status.h"

namespace linktor {
namespace {

// Returns what callers are told: OK, or the reason.
std::string OutcomeOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  std::string reason = ErrorInfoOf(status).reason();
  return reason.empty() ? ReasonName(v1::ERROR_REASON_INTERNAL_FAULT) : reason;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status rpc = ToRpcStatus(status);
  return {static_cast<grpc::StatusCode>(rpc.code()), rpc.message(),
          rpc.SerializeAsString()};
}

void CallContext::Report(std::string_view method, const absl::Status& status) {
  observer_.OnCall(method, status.code());
  if (!status.ok() && !absl::IsCancelled(status) &&
      ErrorInfoOf(status).reason().empty()) {
    Log(LogLevel::kError, "call failed by a fault",
        {{"method", std::string(method)}, {"error", status.ToString()}});
  }
}

bool CallContext::IsAudited(const access::Method& method,
                            const absl::Status& status) {
  // A stranger has no key that a line could name; a key that is no longer in
  // force is named.
  return method.changes &&
         (!absl::IsUnauthenticated(status) ||
          ErrorInfoOf(status).metadata().contains("api_key_id"));
}

void CallContext::Audit(std::string_view method, const AuditSubject& subject,
                        const absl::Status& status) {
  LogFields fields = {{"method", std::string(method)}};
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
  LogAudit(fields);
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

}  // namespace linktor
