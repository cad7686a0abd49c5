// HealthService serves grpc.health.v1.Health, for load balancers and
// orchestrators. The whole server has one state: SERVING or NOT_SERVING.
// Clients ask for it with an empty service name, or with the name of a service
// of the contract. gRPC calls the methods on its own threads, and nothing here
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

// All functions are thread-safe. This object must outlive the gRPC server with
// which it is registered.
class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  // Answers with the state at once. For an unknown service it fails with
  // NOT_FOUND and INVALID_REQUEST. While the server drains (shuts down), the
  // answer goes through the StopGate (stop_gate.h), which may keep it for a
  // moment.
  grpc::ServerUnaryReactor* Check(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request,
      grpc::health::v1::HealthCheckResponse* response) override;
  // Sends the state now and whenever it changes. For an unknown service it
  // sends SERVICE_UNKNOWN, as the protocol demands. The stream ends with
  // OVERLOADED when there are too many Watch streams, with DRAINING when the
  // server stops, or when its client goes away.
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

  // `gate` must outlive this object. Callers need no key for this service, so
  // the number of Watch streams has a limit of its own: beyond `max_watchers`,
  // a stream is refused with OVERLOADED.
  HealthService(StopGate& gate, std::size_t max_watchers)
      : gate_(gate), max_watchers_(max_watchers) {}

  // Sets the state to SERVING or NOT_SERVING, and tells every watcher. When
  // several threads call it at the same time, each watcher is still told the
  // latest state last. The App's ticker and GrpcServer::Drain call it.
  void SetServing(bool serving);
  // Ends all Watch streams with DRAINING. A Watch stream that begins later also
  // ends with DRAINING, at once.
  void Drain();

 private:
  // A Watcher is one Watch stream; see health_service.cc.
  class Watcher;

  // Forgets a stream that gRPC has finished with. This may free the stream.
  void Remove(const Watcher* watcher);

  StopGate& gate_;
  const std::size_t max_watchers_;
  // It guards the state and the list of watchers. It is never held while a
  // watcher is told the state.
  Mutex mutex_;
  // It counts the changes of serving_. A watcher that is told two changes knows
  // by this number which of the two is the later one.
  std::int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  // Drain makes it true, and then it stays true. A Watch stream that begins
  // later ends with DRAINING.
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  // The reference in this map keeps a stream alive until gRPC has called
  // OnDone.
  std::unordered_map<const Watcher*, std::shared_ptr<Watcher>> watchers_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::rpc
