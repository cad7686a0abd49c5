#include "tests/bench/unary_load.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

namespace linktor::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

class UnaryRunner {
 public:
  explicit UnaryRunner(const UnaryLoad& load) : load_(load) {
    for (int i = 0; i < load.channels; ++i) {
      stubs_.push_back(
          std::make_unique<grpc::GenericStub>(load.server.Connect()));
    }
  }

  double Run() {
    const auto begin = SteadyClock::now();
    for (int i = 0; i < load_.in_flight; ++i) {
      Next(static_cast<std::size_t>(i) % stubs_.size());
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_ == load_.calls; });
    return static_cast<double>(load_.calls) /
           std::chrono::duration<double>(SteadyClock::now() - begin).count();
  }

 private:
  struct Call {
    grpc::ClientContext context;
    grpc::ByteBuffer request;
    grpc::ByteBuffer response;
  };

  void Next(std::size_t stub) {
    if (asked_.fetch_add(1) >= load_.calls) return;
    auto call = std::make_shared<Call>();
    const grpc::Slice slice(load_.make());
    call->request = grpc::ByteBuffer(&slice, 1);
    load_.server.PresentKey(call->context);
    call->context.set_deadline(std::chrono::system_clock::now() +
                               std::chrono::seconds(60));
    stubs_[stub]->UnaryCall(&call->context, load_.method, grpc::StubOptions(),
                            &call->request, &call->response,
                            [this, call, stub](const grpc::Status& status) {
                              if (!status.ok()) {
                                std::fprintf(stderr, "a call failed: %s\n",
                                             status.error_message().c_str());
                                std::exit(1);
                              }
                              Next(stub);
                              const std::scoped_lock lock(mutex_);
                              ++done_;
                              if (done_ == load_.calls) changed_.notify_all();
                            });
  }

  const UnaryLoad& load_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::atomic<std::size_t> asked_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t done_ = 0;
};

}  // namespace

double RunUnaryLoad(const UnaryLoad& load) { return UnaryRunner(load).Run(); }

}  // namespace linktor::bench
