// Promises of the stream and of readiness that show only in a running server: a
// subscriber that stalls misses nothing, the backlog is told truly, and whoever
// asks for readiness learns of a stop.

#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

using emulator::FaultKind;

std::string MidOf(int number) { return absl::StrCat("stall-", number); }

class StreamPromisesTest : public ::testing::Test {
 protected:
  StreamPromisesTest() { gateway_.CreateChannel(); }

  void PostTexts(int from, int to) {
    const std::string text(500, 'x');
    for (int i = from; i < to; ++i) {
      ASSERT_EQ(gateway_.Post(Gateway::TextBody(MidOf(i), text)), 200);
    }
  }

  Gateway gateway_;
};

// gRPC's window takes a little; the rest waits in the log, for as long as it
// likes.
TEST_F(StreamPromisesTest, StalledSubscriberReadsOnWithoutAGap) {
  constexpr int kEvents = 1500;
  const auto context = Context(60);
  auto reader = gateway_.events().SubscribeEvents(
      context.get(), Gateway::From(v1::POSITION_LATEST));
  v1::SubscribeEventsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  PostTexts(0, kEvents);
  int next = 0;
  std::string cursor = response.cursor();
  while (next < kEvents && reader->Read(&response)) {
    for (const v1::Event& event : response.events()) {
      ASSERT_EQ(event.message_received().mid(), MidOf(next));
      ++next;
    }
    cursor = response.cursor();
  }
  EXPECT_EQ(next, kEvents);
  context->TryCancel();
  // The cursor is where it stopped reading.
  PostTexts(kEvents, kEvents + 1);
  v1::SubscribeEventsRequest after;
  after.set_after_cursor(cursor);
  const auto resumed = gateway_.Subscribe(after);
  ASSERT_TRUE(resumed->WaitForCount(1));
  EXPECT_EQ(resumed->events().front().message_received().mid(), MidOf(kEvents));
}

TEST_F(StreamPromisesTest, BacklogIsTheNumberOfEventsThatAreLeft) {
  constexpr int kEvents = 100;
  PostTexts(0, kEvents);
  v1::SubscribeEventsRequest request = Gateway::From(v1::POSITION_EARLIEST);
  request.set_max_batch_size(10);
  const auto stream = gateway_.Subscribe(request);
  ASSERT_TRUE(stream->WaitForCount(kEvents));
  // The creation of the channel is an event, too.
  constexpr int kAll = kEvents + 1;
  int delivered = 0;
  for (const v1::SubscribeEventsResponse& response : stream->responses()) {
    delivered += response.events_size();
    EXPECT_LE(response.events_size(), 10);
    EXPECT_EQ(response.backlog(), kAll - delivered);
    EXPECT_EQ(response.caught_up(), delivered == kAll);
  }
}

TEST_F(StreamPromisesTest, ReadinessEndsWithTheFirstMomentOfAStop) {
  const auto ready = [this] {
    return gateway_.Http(
        {.method = "GET",
         .url = absl::StrCat("http://", gateway_.server().admin(), "/readyz")});
  };
  EXPECT_EQ(ready().status_code, 200);
  // A send at Instagram keeps the server for a while.
  ASSERT_TRUE(gateway_.instagram()
                  .AddFault({.on = "messages",
                             .kind = FaultKind::kDelay,
                             .delay = absl::Seconds(3)})
                  .ok());
  std::thread send([this] {
    grpc::Status status;
    (void)gateway_.Send("a slow one", "slow", status);
  });
  while (gateway_.SendsReceived() == 0) std::this_thread::yield();
  ASSERT_EQ(kill(gateway_.server().pid(), SIGTERM), 0);
  http::HttpResult during = ready();
  while (during.status_code == 200) during = ready();
  EXPECT_EQ(during.status_code, 503);
  EXPECT_EQ(during.body, "not ready\n");
  send.join();
  EXPECT_EQ(gateway_.server().Terminate().status, 0);
}

}  // namespace
}  // namespace linktor::testing
