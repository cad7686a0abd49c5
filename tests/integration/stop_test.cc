// How the server stops while it is used: every call and stream that it has
// accepted ends with a reason, and whoever comes later meets a refused
// connection.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <optional>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/environment.h"
#include "tests/support/gateway.h"
#include "tests/support/sanitized.h"

namespace linktor::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

// LINKTOR_STOP_ROUNDS, or 20.
int Rounds() {
  return static_cast<int>(NumberFromEnvironment("LINKTOR_STOP_ROUNDS", 20));
}

// A connection of its own, not one that is shared with other channels.
std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

// A client saw one of these in a status that was no success.
enum class Seen { kReason, kRefused, kBare };

Seen Judge(const grpc::Status& status) {
  if (!ErrorInfoOf(status).reason().empty()) return Seen::kReason;
  // gRPC's client says one of these when nobody listens.
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE &&
      (absl::StrContains(status.error_message(), "Connection refused") ||
       absl::StrContains(status.error_message(),
                         "failed to connect to all addresses"))) {
    return Seen::kRefused;
  }
  return Seen::kBare;
}

// Calls again and again, without a pause, until a connection is refused or a
// call ends without a reason, which it returns.
std::optional<grpc::Status> CallUntilRefused(
    const std::function<grpc::Status()>& call) {
  for (;;) {
    grpc::Status status = call();
    if (status.ok()) continue;
    switch (Judge(status)) {
      case Seen::kReason:
        continue;
      case Seen::kRefused:
        return std::nullopt;
      case Seen::kBare:
        return status;
    }
  }
}

class StopTest : public ::testing::Test {
 protected:
  StopTest() { gateway_.CreateChannel(); }

  // Begins one kind of load on a connection of its own.
  void Load(
      std::function<grpc::Status(const std::shared_ptr<grpc::Channel>&)> call) {
    workers_.emplace_back([this, call = std::move(call),
                           channel = NewChannel(gateway_.server().grpc())] {
      const auto bare = CallUntilRefused([&] {
        ++calls_;
        return call(channel);
      });
      if (!bare.has_value()) return;
      MutexLock lock(mutex_);
      bare_.push_back(
          absl::StrCat(bare->error_code(), " ", bare->error_message()));
    });
  }

  static grpc::Status ListChannels(
      const std::shared_ptr<grpc::Channel>& channel) {
    v1::ListChannelsResponse response;
    return v1::ChannelService::NewStub(channel)->ListChannels(Context().get(),
                                                              {}, &response);
  }
  grpc::Status Send(const std::shared_ptr<grpc::Channel>& channel) {
    v1::SendMessageRequest request;
    request.set_channel_id(kChannel);
    request.set_to(absl::StrCat(1'000'000 + next_user_++));
    request.mutable_content()->set_text("hello");
    v1::SendMessageResponse response;
    return v1::MessagingService::NewStub(channel)->SendMessage(
        Context().get(), request, &response);
  }
  static grpc::Status Follow(const std::shared_ptr<grpc::Channel>& channel) {
    const auto context = Context();
    auto reader = v1::EventService::NewStub(channel)->SubscribeEvents(
        context.get(), Gateway::From(v1::POSITION_EARLIEST));
    v1::SubscribeEventsResponse response;
    while (reader->Read(&response)) {
    }
    return reader->Finish();
  }

  Gateway gateway_;
  Mutex mutex_;
  std::vector<std::string> bare_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int> calls_{0};
  std::atomic<int> next_user_{0};
  std::vector<std::thread> workers_;
};

TEST_F(StopTest, UnderLoadNothingEndsWithoutAReason) {
  for (int round = 0; round < Rounds(); ++round) {
    if (round > 0) gateway_.Restart();
    SCOPED_TRACE(round);
    calls_ = 0;
    for (int i = 0; i < 3; ++i) {
      Load([](const auto& channel) { return ListChannels(channel); });
      Load([this](const auto& channel) { return Send(channel); });
      Load([](const auto& channel) { return Follow(channel); });
    }
    while (calls_ < 300) std::this_thread::yield();
    const ProcessEnd end = gateway_.server().Terminate();
    EXPECT_EQ(end.status, 0) << end.output;
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    MutexLock lock(mutex_);
    EXPECT_THAT(bare_, ::testing::IsEmpty());
    bare_.clear();
  }
}

// The best of a few, since the machine may do something else besides.
TEST_F(StopTest, AnIdleServerStopsWithin300Milliseconds) {
  if (kSanitized) GTEST_SKIP() << "an instrumented server stops more slowly";
  auto best = SteadyClock::duration::max();
  for (int i = 0; i < 5; ++i) {
    if (i > 0) gateway_.Restart();
    // It has been used: connections and a stream are open.
    const auto stream = gateway_.Subscribe({});
    ASSERT_TRUE(stream->WaitForResponses(1));
    const auto start = SteadyClock::now();
    ASSERT_EQ(gateway_.server().Terminate().status, 0);
    best = std::min(best, SteadyClock::now() - start);
    EXPECT_TRUE(stream->WaitForEnd());
    EXPECT_EQ(ErrorInfoOf(stream->status()).reason(), "DRAINING");
  }
  EXPECT_LT(best, std::chrono::milliseconds(300));
}

}  // namespace
}  // namespace linktor::testing
