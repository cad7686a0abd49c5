// grpc.health.v1.Health. The whole server has one state; it is asked for as ""
// or by the name of one of our services.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "grpc/health/v1/health.grpc.pb.h"
#include "server/base/mutex.h"
#include "server/rpc/stop_gate.h"

namespace linktor {

class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  grpc::ServerUnaryReactor* Check(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request,
      grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

  // `gate` must outlive this. The service is open to callers without a key, so
  // there may be `max_watchers` watches and no more; a further one is refused
  // with OVERLOADED.
  HealthService(StopGate& gate, std::size_t max_watchers)
      : gate_(gate), max_watchers_(max_watchers) {}

  // SERVING or NOT_SERVING, told to all who watch. Those who ask hear of the
  // latest change, however calls of this overtake each other on their way.
  void SetServing(bool serving);
  // Ends all watches with DRAINING, and every later one at once.
  void Drain();

 private:
  class Watcher;

  void Remove(const Watcher* watcher);

  StopGate& gate_;
  const std::size_t max_watchers_;
  Mutex mutex_;
  // Counts the changes of serving_.
  std::int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_map<const Watcher*, std::shared_ptr<Watcher>> watchers_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
