// grpc.health.v1.Health, for load balancers and orchestrators. The whole server
// has one state; clients ask for it as "" or by the name of one of the
// contract's services. gRPC calls the methods on its own threads; nothing here
// blocks.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "grpc/health/v1/health.grpc.pb.h"
#include "server/base/mutex.h"
#include "server/rpc/stop_gate.h"

namespace linktor::rpc {

// All is thread-safe. It must outlive the gRPC server that it is registered
// with.
class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  // Answers with the state at once. It fails with NOT_FOUND and INVALID_REQUEST
  // for a service that is unknown. While the server drains, the answer goes
  // through the gate.
  grpc::ServerUnaryReactor* Check(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request,
      grpc::health::v1::HealthCheckResponse* response) override;
  // Tells the state now and whenever it changes; an unknown service is told
  // SERVICE_UNKNOWN, as the protocol asks. The stream ends with OVERLOADED,
  // DRAINING, or when its client goes.
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

  // `gate` must outlive this. The service is open to callers without a key, so
  // there may be `max_watchers` watches and no more; a further one is refused
  // with OVERLOADED.
  HealthService(StopGate& gate, std::size_t max_watchers)
      : gate_(gate), max_watchers_(max_watchers) {}

  // Sets the state to SERVING or NOT_SERVING and tells everybody who watches. A
  // watcher is told the latest change last, however calls of this overtake each
  // other. It may be called from any thread; the App's ticker does.
  void SetServing(bool serving);
  // Ends all watches with DRAINING, and every later one at once.
  void Drain();

 private:
  // One Watch stream; see the source.
  class Watcher;

  // Forgets a stream that gRPC has finished with. It may free it.
  void Remove(const Watcher* watcher);

  StopGate& gate_;
  const std::size_t max_watchers_;
  // It guards the state and the list. It is never held while a watcher is told.
  Mutex mutex_;
  // Counts the changes of serving_, so that a watcher can tell which of two
  // changes is the later one.
  std::int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  // It is set once. A watch that begins after it is told DRAINING and ends.
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  // The reference here keeps a stream alive until gRPC has called OnDone.
  std::unordered_map<const Watcher*, std::shared_ptr<Watcher>> watchers_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::rpc
