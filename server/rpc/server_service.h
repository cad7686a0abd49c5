// ServerService over gRPC: it says what this server is and what its limits are,
// so that a client need not guess. Every key that is in force may ask. gRPC
// calls the method on its own threads, which do not block: the work runs on the
// executor.

#pragma once

#include <functional>
#include <utility>

#include "linktor/instagram/v1/server_service.grpc.pb.h"
#include "server/rpc/unary_call.h"

namespace linktor::rpc {

// This is the generated service, with all of its methods raw (unary_call.h). A
// method that is missing here would be answered with UNIMPLEMENTED.
using RawServerService =
    RawMethods<v1::ServerService::Service,
               v1::ServerService::WithRawCallbackMethod_GetServerInfo>::Type;

// There is one, which GrpcServer owns and registers.
class ServerServiceImpl final : public RawServerService {
 public:
  // It is called for each answer, on the executor, because a reload of the
  // configuration changes the limits that it names. It must be thread-safe.
  using Describe = std::function<v1::ServerInfo()>;

  // `calls` must outlive this, and so must all that `describe` refers to.
  ServerServiceImpl(CallContext& calls, Describe describe)
      : calls_(calls), describe_(std::move(describe)) {}

  // Answers with the result of Describe. It has no errors but those that every
  // call has.
  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;

 private:
  // Both are used by every call, from any thread.
  CallContext& calls_;
  const Describe describe_;
};

}  // namespace linktor::rpc
