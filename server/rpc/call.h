// What every RPC shares: one place that turns a status into gRPC's, one that
// refuses while draining, one that moves blocking work off gRPC's threads.

#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <string_view>
#include <utility>

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

  // Runs `work`, which returns an absl::Status, on the executor and ends the
  // call with it.
  template <typename Work>
  grpc::ServerUnaryReactor* RunUnary(grpc::CallbackServerContext* context,
                                     std::string_view method, Work work);

 private:
  Executor& executor_;
  CallObserver& observer_;
  std::atomic<bool> draining_{false};
};

absl::Status DrainingError();
absl::Status OverloadedError();

template <typename Work>
grpc::ServerUnaryReactor* CallContext::RunUnary(
    grpc::CallbackServerContext* context, std::string_view method, Work work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (draining()) {
    Finish(reactor, method, DrainingError());
  } else if (!executor_.TryRun(
                 [this, reactor, method, work = std::move(work)]() mutable {
                   Finish(reactor, method, work());
                 })) {
    Finish(reactor, method, OverloadedError());
  }
  return reactor;
}

}  // namespace linktor
