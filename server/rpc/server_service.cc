#include "server/rpc/server_service.h"

namespace linktor::rpc {

grpc::ServerUnaryReactor* ServerServiceImpl::GetServerInfo(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::GetServerInfoRequest, v1::GetServerInfoResponse>(
      calls_, {context, request, response, "GetServerInfo"},
      [this](auto& call) -> absl::Status {
        *call.response().mutable_server_info() = describe_();
        return absl::OkStatus();
      });
}

}  // namespace linktor::rpc
