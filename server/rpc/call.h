// What every RPC shares: a status becomes gRPC's, calls are counted, and
// refused while draining.

#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <string_view>

#include "absl/status/status.h"
#include "server/base/executor.h"

namespace linktor {

// Code, message and google.rpc details.
grpc::Status ToGrpcStatus(const absl::Status& status);

// What the services count; implemented by the metrics.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual void OnCall(std::string_view method, absl::StatusCode code) = 0;
};

// Shared by all services; outlives them.
class CallContext {
 public:
  CallContext(Executor& executor, CallObserver& observer)
      : executor_(executor), observer_(observer) {}

  Executor& executor() { return executor_; }

  // From now on every call is refused: DRAINING.
  void Drain() { draining_.store(true); }
  bool draining() const { return draining_.load(std::memory_order_relaxed); }

  // Ends a unary call.
  void Finish(grpc::ServerUnaryReactor* reactor, std::string_view method,
              const absl::Status& status);
  // Counts a call's end, and logs it when it is a fault of ours. For calls
  // that do not end through Finish.
  void Report(std::string_view method, const absl::Status& status);

 private:
  Executor& executor_;
  CallObserver& observer_;
  std::atomic<bool> draining_{false};
};

// Reads `bytes` into `request`; else INVALID_REQUEST.
absl::Status ParseRequest(const grpc::ByteBuffer& bytes,
                          google::protobuf::Message& request);

absl::Status DrainingError();
absl::Status OverloadedError();

}  // namespace linktor
