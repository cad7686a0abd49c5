#include "server/rpc/access_service.h"

#include "server/base/try.h"

namespace linktor::rpc {

grpc::ServerUnaryReactor* AccessServiceImpl::CreateApiKey(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::CreateApiKeyRequest, v1::CreateApiKeyResponse>(
      calls_, {context, request, response, "CreateApiKey"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(call.response(),
                       keys_.Create(call.caller(), call.request()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AccessServiceImpl::GetApiKey(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::GetApiKeyRequest, v1::GetApiKeyResponse>(
      calls_, {context, request, response, "GetApiKey"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(*call.response().mutable_api_key(),
                       keys_.Get(call.caller(), call.request().api_key_id()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AccessServiceImpl::ListApiKeys(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::ListApiKeysRequest, v1::ListApiKeysResponse>(
      calls_, {context, request, response, "ListApiKeys"}, [this](auto& call) {
        call.response() = keys_.List(call.caller(), call.request());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AccessServiceImpl::UpdateApiKey(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::UpdateApiKeyRequest, v1::UpdateApiKeyResponse>(
      calls_, {context, request, response, "UpdateApiKey"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(*call.response().mutable_api_key(),
                       keys_.Update(call.caller(), call.request()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AccessServiceImpl::DeleteApiKey(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::DeleteApiKeyRequest, v1::DeleteApiKeyResponse>(
      calls_, {context, request, response, "DeleteApiKey"}, [this](auto& call) {
        return keys_.Delete(call.caller(), call.request().api_key_id());
      });
}

}  // namespace linktor::rpc
