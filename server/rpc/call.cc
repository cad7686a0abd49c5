#include "server/rpc/call.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include "absl/strings/str_cat.h"
#include "server/base/log.h"
#include "server/base/status.h"

namespace linktor {

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

void CallContext::Finish(grpc::ServerUnaryReactor* reactor,
                         std::string_view method, const absl::Status& status) {
  Report(method, status);
  reactor->Finish(ToGrpcStatus(status));
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

absl::Status DrainingError() {
  return MakeError(
      absl::StatusCode::kUnavailable,
      "the server is shutting down; connect again",
      {.reason = v1::ERROR_REASON_DRAINING, .retry_after = absl::Seconds(1)});
}

absl::Status OverloadedError() {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      "the server has too much to do; nothing was done",
      {.reason = v1::ERROR_REASON_OVERLOADED, .retry_after = absl::Seconds(1)});
}

}  // namespace linktor
