// ServerServiceImpl serves the gRPC service ServerService. It says what this
// server is and what its limits are, so that a client does not have to guess
// them. Every caller whose key is in force may ask. gRPC calls the method on
// its own threads, and the method does not block: its work runs on the
// executor.

#pragma once

#include <functional>
#include <utility>

#include "linktor/instagram/v1/server_service.grpc.pb.h"
#include "server/rpc/unary_call.h"

namespace linktor::rpc {

// This is the generated service, with all of its methods raw (unary_call.h).
// When a method is missing in this list, gRPC answers its calls with
// UNIMPLEMENTED.
using RawServerService =
    RawMethods<v1::ServerService::Service,
               v1::ServerService::WithRawCallbackMethod_GetServerInfo>::Type;

// There is one ServerServiceImpl, which GrpcServer owns and registers.
class ServerServiceImpl final : public RawServerService {
 public:
  // It returns the contents of the answer. It is called for each answer, on the
  // executor, because a reload of the configuration may change the limits. It
  // must be thread-safe.
  using Describe = std::function<v1::ServerInfo()>;

  // `calls` and everything that `describe` refers to must outlive this object.
  ServerServiceImpl(CallContext& calls, Describe describe)
      : calls_(calls), describe_(std::move(describe)) {}

  // Answers with the result of Describe. Its only errors are those of admission
  // and of ReadRequest (call.h), and OVERLOADED when the executor's queue is
  // full.
  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;

 private:
  // Every call uses both members, from any thread.
  CallContext& calls_;
  const Describe describe_;
};

}  // namespace linktor::rpc
