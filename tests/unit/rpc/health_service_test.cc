#include "server/rpc/health_service.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/rpc/grpc_rig.h"

namespace linktor::rpc {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// A Watch that remembers the last state it was told.
class Watcher {
 public:
  explicit Watcher(Health::Stub& stub)
      : reader_(stub.Watch(&context_, HealthCheckRequest())), thread_([this] {
          HealthCheckResponse response;
          while (reader_->Read(&response)) last_ = response.status();
          status_ = reader_->Finish();
          ended_ = true;
        }) {}
  ~Watcher() {
    context_.TryCancel();
    if (thread_.joinable()) thread_.join();
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  int last() const { return last_; }
  bool ended() const { return ended_; }
  grpc::Status WaitForEnd() {
    thread_.join();
    return status_;
  }

 private:
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader_;
  std::atomic<int> last_{HealthCheckResponse::UNKNOWN};
  grpc::Status status_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

class HealthServiceTest : public ::testing::Test {
 public:
  static constexpr std::size_t kMaxWatchers = 8;

  HealthServiceTest() : service_(gate_, kMaxWatchers) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = Health::NewStub(server_->InProcessChannel({}));
  }
  ~HealthServiceTest() override {
    service_.Drain();
    server_->Shutdown();
  }

 protected:
  int Check() {
    grpc::ClientContext context;
    HealthCheckResponse response;
    EXPECT_TRUE(stub_->Check(&context, {}, &response).ok());
    return response.status();
  }

  StopGate gate_;
  HealthService service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(HealthServiceTest, WatchTellsEachChange) {
  Watcher watcher(*stub_);
  EXPECT_TRUE(Eventually(
      [&] { return watcher.last() == HealthCheckResponse::NOT_SERVING; }));
  service_.SetServing(true);
  EXPECT_TRUE(Eventually(
      [&] { return watcher.last() == HealthCheckResponse::SERVING; }));
}

// Two threads change the state at once. Whichever was later, nobody who watches
// may be left with what the other one said.
TEST_F(HealthServiceTest, NoWatchKeepsAStaleState) {
  constexpr int kWatchers = 8;
  constexpr int kRounds = 500;
  std::vector<std::unique_ptr<Watcher>> watchers;
  watchers.reserve(kWatchers);
  for (int i = 0; i < kWatchers; ++i) {
    watchers.push_back(std::make_unique<Watcher>(*stub_));
  }
  for (int round = 0; round < kRounds; ++round) {
    std::thread up([&] { service_.SetServing(true); });
    service_.SetServing(false);
    up.join();
    const int state = Check();
    for (const auto& watcher : watchers) {
      ASSERT_TRUE(Eventually([&] { return watcher->last() == state; }))
          << "round " << round << ": " << watcher->last() << " for " << state;
    }
  }
}

// Callers need no key for it, so that anybody could open watches without end.
TEST_F(HealthServiceTest, OneWatchTooManyIsRefused) {
  std::vector<std::unique_ptr<Watcher>> watchers;
  watchers.reserve(kMaxWatchers);
  for (std::size_t i = 0; i < kMaxWatchers; ++i) {
    watchers.push_back(std::make_unique<Watcher>(*stub_));
    ASSERT_TRUE(Eventually([&] {
      return watchers.back()->last() == HealthCheckResponse::NOT_SERVING;
    }));
  }
  {
    Watcher late(*stub_);
    EXPECT_EQ(late.WaitForEnd().error_code(),
              grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
  watchers.pop_back();
  // Its place is free a moment after the client has gone.
  EXPECT_TRUE(Eventually([&] {
    Watcher next(*stub_);
    const auto told = [&] {
      return next.last() == HealthCheckResponse::NOT_SERVING;
    };
    return Eventually([&] { return told() || next.ended(); }) && told();
  }));
}

TEST_F(HealthServiceTest, ADrainEndsWatchesWithItsReason) {
  Watcher watcher(*stub_);
  EXPECT_TRUE(Eventually(
      [&] { return watcher.last() == HealthCheckResponse::NOT_SERVING; }));
  gate_.Drain();
  service_.Drain();
  const grpc::Status status = watcher.WaitForEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_NE(status.error_details(), "");
  Watcher late(*stub_);
  EXPECT_EQ(late.WaitForEnd().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace linktor::rpc
