// This test measures what subscribers cost to whom nothing happens. At its end
// it checks that every subscriber still gets an event.
//
//   LINKTOR_SOAK_SUBSCRIBERS is the number of subscribers, in place of
//   kSubscribers. A hundred of them share a connection.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/soak/soak_size.h"
#include "tests/support/environment.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

constexpr std::size_t kStreamsPerConnection = 100;
constexpr double kMostKiBEach = 64;
constexpr std::chrono::seconds kPatience{120};
// So that the server has what it needs anyway before it is measured.
constexpr int kPostsBefore = 500;

// How far all streams have come together.
class Progress {
 public:
  void CountFirst() {
    MutexLock lock(mutex_);
    ++firsts_;
    changed_.SignalAll();
  }
  void CountEvents(std::size_t events) {
    MutexLock lock(mutex_);
    events_ += events;
    changed_.SignalAll();
  }
  void CountEnd() {
    MutexLock lock(mutex_);
    ++ends_;
    changed_.SignalAll();
  }
  // False when that does not come within kPatience, or a stream ends first.
  bool WaitForFirsts(std::size_t count) { return Wait(firsts_, count, true); }
  bool WaitForEvents(std::size_t count) { return Wait(events_, count, true); }
  bool WaitForEnds(std::size_t count) { return Wait(ends_, count, false); }

 private:
  bool Wait(const std::size_t& what, std::size_t count, bool all_open) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    MutexLock lock(mutex_);
    while (what < count) {
      const auto left = end - std::chrono::steady_clock::now();
      if (left.count() <= 0 || (all_open && ends_ > 0)) return false;
      changed_.WaitFor(mutex_, left);
    }
    return true;
  }

  Mutex mutex_;
  CondVar changed_;
  // mutex_ guards these three.
  std::size_t firsts_ = 0;
  std::size_t events_ = 0;
  std::size_t ends_ = 0;
};

// A Subscriber reads one stream of the events from now on. gRPC's threads call
// it.
class Subscriber final
    : public grpc::ClientReadReactor<v1::SubscribeEventsResponse> {
 public:
  Subscriber(v1::EventService::Stub& stub, Progress& progress)
      : progress_(progress) {
    stub.async()->SubscribeEvents(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (!std::exchange(started_, true)) progress_.CountFirst();
    for (const v1::Event& event : response_.events()) {
      absl::StrAppend(&texts_, event.message_received().text(), " ");
    }
    if (response_.events_size() > 0) {
      progress_.CountEvents(static_cast<std::size_t>(response_.events_size()));
    }
    StartRead(&response_);
  }
  void OnDone(const grpc::Status&) override { progress_.CountEnd(); }

  void Cancel() { context_.TryCancel(); }
  // What came, after the end.
  const std::string& texts() const { return texts_; }

 private:
  Progress& progress_;
  grpc::ClientContext context_;
  const v1::SubscribeEventsRequest request_;
  v1::SubscribeEventsResponse response_;
  bool started_ = false;
  std::string texts_;
};

class IdleTest : public ::testing::Test {
 public:
  ~IdleTest() override { End(); }

 protected:
  IdleTest() { gateway_.CreateChannel(); }

  // All of them have received their first response.
  void Subscribe(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (i % kStreamsPerConnection == 0) {
        grpc::ChannelArguments arguments;
        // Else all would share one connection.
        arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
        stubs_.push_back(v1::EventService::NewStub(grpc::CreateCustomChannel(
            gateway_.server().grpc(), grpc::InsecureChannelCredentials(),
            arguments)));
      }
      subscribers_.push_back(
          std::make_unique<Subscriber>(*stubs_.back(), progress_));
    }
    ASSERT_TRUE(progress_.WaitForFirsts(count));
  }

  void Post(const std::string& text) {
    ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid." + text, text)), 200);
  }

  void End() {
    for (auto& subscriber : subscribers_) subscriber->Cancel();
    EXPECT_TRUE(progress_.WaitForEnds(subscribers_.size()));
  }

  const std::size_t count_ =
      NumberFromEnvironment("LINKTOR_SOAK_SUBSCRIBERS", kSubscribers);
  Gateway gateway_;
  Progress progress_;
  std::vector<std::unique_ptr<v1::EventService::Stub>> stubs_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
};

TEST_F(IdleTest, SubscribersCostLittleAndAreReachedOnceEach) {
  for (int i = 0; i < kPostsBefore; ++i) Post(absl::StrCat("before.", i));
  const pid_t pid = gateway_.server().pid();
  const auto before = static_cast<double>(ResidentBytes(pid));
  Subscribe(count_);
  if (HasFatalFailure()) return;
  const double each = (static_cast<double>(ResidentBytes(pid)) - before) /
                      static_cast<double>(count_) / 1024;
  Post("one");
  ASSERT_TRUE(progress_.WaitForEvents(count_));
  // Whoever received the first twice has it before this.
  Post("two");
  ASSERT_TRUE(progress_.WaitForEvents(2 * count_));
  End();
  for (std::size_t i = 0; i < count_; ++i) {
    EXPECT_EQ(subscribers_[i]->texts(), "one two ") << "subscriber " << i;
  }
  std::printf("idle: subscribers=%zu connections=%zu kib_each=%.1f\n", count_,
              stubs_.size(), each);
  if (!kSanitized) {
    EXPECT_LE(each, kMostKiBEach);
  }
}

}  // namespace
}  // namespace linktor::testing
