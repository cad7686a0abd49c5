#include "server/rpc/health_service.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "server/access/methods.h"
#include "server/base/status.h"
#include "server/rpc/call.h"

namespace linktor::rpc {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

namespace {

// Returns whether `service` names the whole server, or a service of the
// contract.
bool IsKnown(std::string_view service) {
  const auto services = access::Methods::Services();
  return service.empty() ||
         std::any_of(services.begin(), services.end(), [&](const auto* one) {
           return one->full_name() == service;
         });
}

HealthCheckResponse::ServingStatus StatusOf(std::string_view service,
                                            bool serving) {
  if (!IsKnown(service)) return HealthCheckResponse::SERVICE_UNKNOWN;
  return serving ? HealthCheckResponse::SERVING
                 : HealthCheckResponse::NOT_SERVING;
}

}  // namespace

// A Watcher is one Watch stream. There is at most one write at a time
// (`writing_`); a state that changes meanwhile is written after it. A thread
// that sees an `end_` while no write is under way finishes the stream, once
// (`finished_`).
class HealthService::Watcher final
    : public grpc::ServerWriteReactor<HealthCheckResponse>,
      public std::enable_shared_from_this<Watcher> {
 public:
  Watcher(HealthService& service, std::string name)
      : service_(service), name_(std::move(name)) {}

  // Has the state written unless a later change was told already: `version`
  // tells which of two changes is the later one.
  void Tell(bool serving, std::int64_t version) {
    {
      MutexLock lock(mutex_);
      if (version < version_) return;
      version_ = version;
      next_ = StatusOf(name_, serving);
    }
    Advance(/*write_done=*/false);
  }
  // Ends the stream with `why`; the first end counts.
  void End(const absl::Status& why) {
    {
      MutexLock lock(mutex_);
      if (end_.ok()) end_ = why;
    }
    Advance(/*write_done=*/false);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      MutexLock lock(mutex_);
      if (end_.ok()) end_ = absl::CancelledError("the client is gone");
    }
    Advance(/*write_done=*/true);
  }
  void OnCancel() override {
    End(absl::CancelledError("cancelled by the client"));
  }
  void OnDone() override { service_.Remove(this); }

 private:
  // Does the next thing under the mutex, and calls gRPC outside of it.
  // `write_done` says that the write under way has ended. Nothing is done while
  // another is under way: its end calls this again.
  void Advance(bool write_done) {
    absl::Status end;
    {
      MutexLock lock(mutex_);
      if (write_done) writing_ = false;
      if (writing_ || finished_) return;
      end = end_;
      if (!end.ok()) {
        finished_ = true;
      } else if (next_ == told_) {
        return;
      } else {
        writing_ = true;
        told_ = next_;
        response_.set_status(next_);
      }
    }
    if (!end.ok()) {
      return Finish(absl::IsCancelled(end) ? grpc::Status::CANCELLED
                                           : ToGrpcStatus(end));
    }
    StartWrite(&response_);
  }

  HealthService& service_;
  const std::string name_;
  HealthCheckResponse response_;
  Mutex mutex_;
  // This is the version of the latest change that was told; next_ is the state
  // that it gave, told_ the one that was last written.
  std::int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  HealthCheckResponse::ServingStatus next_ ABSL_GUARDED_BY(mutex_) =
      HealthCheckResponse::UNKNOWN;
  HealthCheckResponse::ServingStatus told_ ABSL_GUARDED_BY(mutex_) =
      HealthCheckResponse::UNKNOWN;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // It is not OK when the stream is to end.
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

grpc::ServerUnaryReactor* HealthService::Check(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request,
    HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto answer = [this, reactor, response, name = request->service()] {
    if (!IsKnown(name)) {
      return reactor->Finish(ToGrpcStatus(MakeError(
          absl::StatusCode::kNotFound, v1::ERROR_REASON_INVALID_REQUEST,
          "there is no service of this name; leave it empty to ask for the "
          "whole server")));
    }
    {
      MutexLock lock(mutex_);
      response->set_status(StatusOf(name, serving_));
    }
    reactor->Finish(grpc::Status::OK);
  };
  if (gate_.draining()) {
    gate_.Run(answer);
  } else {
    answer();
  }
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext*, const HealthCheckRequest* request) {
  auto watcher = std::make_shared<Watcher>(*this, request->service());
  bool serving = false;
  bool draining = false;
  bool full = false;
  std::int64_t version = 0;
  {
    MutexLock lock(mutex_);
    full = watchers_.size() >= max_watchers_;
    watchers_.emplace(watcher.get(), watcher);
    serving = serving_;
    draining = draining_;
    version = version_;
  }
  if (full) {
    watcher->End(OverloadedError());
    return watcher.get();
  }
  watcher->StartSendInitialMetadata();
  watcher->Tell(serving, version);
  if (draining) gate_.Run([watcher] { watcher->End(DrainingError()); });
  return watcher.get();
}

void HealthService::SetServing(bool serving) {
  std::vector<std::shared_ptr<Watcher>> watchers;
  std::int64_t version = 0;
  {
    MutexLock lock(mutex_);
    if (serving_ == serving) return;
    serving_ = serving;
    version = ++version_;
    for (const auto& [key, watcher] : watchers_) watchers.push_back(watcher);
  }
  for (const auto& watcher : watchers) watcher->Tell(serving, version);
}

void HealthService::Drain() {
  std::vector<std::shared_ptr<Watcher>> watchers;
  {
    MutexLock lock(mutex_);
    draining_ = true;
    for (const auto& [key, watcher] : watchers_) watchers.push_back(watcher);
  }
  for (const auto& watcher : watchers) watcher->End(DrainingError());
}

void HealthService::Remove(const Watcher* watcher) {
  // If this is the last reference, the stream is freed after the lock is
  // released.
  decltype(watchers_)::node_type last;
  MutexLock lock(mutex_);
  last = watchers_.extract(watcher);
}

}  // namespace linktor::rpc
