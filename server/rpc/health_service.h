// grpc.health.v1.Health. The whole server has one state; it is asked for as ""
// or by the name of one of our services.

#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "grpc/health/v1/health.grpc.pb.h"
#include "server/base/mutex.h"

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

  // SERVING or NOT_SERVING, told to all who watch.
  void SetServing(bool serving);
  // Ends all watches, and every later one at once.
  void Drain();

 private:
  class Watcher;

  void Remove(const Watcher* watcher);

  Mutex mutex_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_map<const Watcher*, std::shared_ptr<Watcher>> watchers_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
