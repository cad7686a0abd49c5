// AccessService over gRPC: a thin shell around access/.

#pragma once

#include "linktor/instagram/v1/access_service.grpc.pb.h"
#include "server/access/key_admin.h"
#include "server/rpc/unary_call.h"

namespace linktor {

using RawAccessService =
    RawMethods<v1::AccessService::Service,
               v1::AccessService::WithRawCallbackMethod_CreateApiKey,
               v1::AccessService::WithRawCallbackMethod_GetApiKey,
               v1::AccessService::WithRawCallbackMethod_ListApiKeys,
               v1::AccessService::WithRawCallbackMethod_UpdateApiKey,
               v1::AccessService::WithRawCallbackMethod_DeleteApiKey>::Type;

class AccessServiceImpl final : public RawAccessService {
 public:
  AccessServiceImpl(CallContext& calls, access::KeyAdmin& keys)
      : calls_(calls), keys_(keys) {}

  grpc::ServerUnaryReactor* CreateApiKey(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetApiKey(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListApiKeys(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* UpdateApiKey(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* DeleteApiKey(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

 private:
  CallContext& calls_;
  access::KeyAdmin& keys_;
};

}  // namespace linktor
