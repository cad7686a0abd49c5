// This is ServerService over gRPC.

#pragma once

#include <functional>
#include <utility>

#include "linktor/instagram/v1/server_service.grpc.pb.h"
#include "server/rpc/unary_call.h"

namespace linktor {

using RawServerService =
    RawMethods<v1::ServerService::Service,
               v1::ServerService::WithRawCallbackMethod_GetServerInfo>::Type;

class ServerServiceImpl final : public RawServerService {
 public:
  // It is called for each answer, from any thread, because a reload of the
  // configuration changes what it says.
  using Describe = std::function<v1::ServerInfo()>;

  ServerServiceImpl(CallContext& calls, Describe describe)
      : calls_(calls), describe_(std::move(describe)) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;

 private:
  CallContext& calls_;
  const Describe describe_;
};

}  // namespace linktor
