// These tests call SubscribeEvents over real sockets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

class SubscribeTest : public ::testing::Test {
 protected:
  SubscribeTest() { gateway_.CreateChannel(); }

  void Receive(int n, std::string_view user = kUser) {
    ++sent_;
    ASSERT_EQ(gateway_.Post(Gateway::TextBody(absl::StrCat("mid.", sent_),
                                              absl::StrCat("text ", n), user)),
              200);
  }

  Gateway gateway_;
  int sent_ = 0;
};

TEST_F(SubscribeTest, FirstResponseComesAtOnceWithCursorAndInterval) {
  const auto stream = gateway_.Subscribe(Gateway::From(v1::POSITION_LATEST));
  ASSERT_TRUE(stream->WaitForResponses(1));
  const auto first = stream->responses().front();
  EXPECT_TRUE(first.subscribed());
  EXPECT_TRUE(first.events().empty());
  EXPECT_FALSE(first.cursor().empty());
  EXPECT_TRUE(first.caught_up());
  EXPECT_EQ(first.heartbeat_interval().seconds(), 15);
}

TEST_F(SubscribeTest, LatestDeliversOnlyWhatComesAfterTheFirstResponse) {
  Receive(1);
  const auto stream = gateway_.Subscribe({});
  ASSERT_TRUE(stream->WaitForResponses(1));
  Receive(2);
  ASSERT_TRUE(stream->WaitForCount(1));
  EXPECT_EQ(stream->events()[0].message_received().text(), "text 2");
}

TEST_F(SubscribeTest, OnlyTheFirstResponseSaysSubscribed) {
  Receive(1);
  const auto stream = gateway_.Subscribe(Gateway::From(v1::POSITION_EARLIEST));
  ASSERT_TRUE(stream->WaitForCount(1));
  Receive(2);
  ASSERT_TRUE(stream->WaitForCount(2));
  int subscribed = 0;
  for (const auto& response : stream->responses()) {
    subscribed += response.subscribed() ? 1 : 0;
  }
  EXPECT_EQ(subscribed, 1);
  EXPECT_TRUE(stream->responses().front().subscribed());
}

TEST_F(SubscribeTest, SinceStartsAtTheFirstEventReceivedFromThenOn) {
  for (int i = 0; i < 20; ++i) Receive(i);
  const auto all = gateway_.AllEvents();
  ASSERT_EQ(all.size(), 20U);
  using google::protobuf::util::TimeUtil;
  for (const auto& at : {all[0], all[7], all[19]}) {
    v1::SubscribeEventsRequest request;
    *request.mutable_since() = at.receive_time();
    const auto first =
        std::find_if(all.begin(), all.end(), [&](const v1::Event& event) {
          return TimeUtil::TimestampToMilliseconds(event.receive_time()) >=
                 TimeUtil::TimestampToMilliseconds(at.receive_time());
        });
    const auto stream = gateway_.Subscribe(request);
    ASSERT_TRUE(
        stream->WaitForCount(static_cast<std::size_t>(all.end() - first)));
    EXPECT_EQ(stream->events()[0].id(), first->id());
  }
}

TEST_F(SubscribeTest, SinceMayBeBeforeAllEventsOrStillToCome) {
  Receive(1);
  v1::SubscribeEventsRequest request;
  request.mutable_since()->set_seconds(0);
  EXPECT_TRUE(gateway_.Subscribe(request)->WaitForCount(1));
  request.mutable_since()->set_seconds(absl::ToUnixSeconds(absl::Now()) + 3600);
  const auto later = gateway_.Subscribe(request);
  ASSERT_TRUE(later->WaitForResponses(1));
  Receive(2);
  ASSERT_TRUE(later->WaitForCount(1));
  EXPECT_EQ(later->events()[0].message_received().text(), "text 2");
  request.mutable_since()->set_nanos(-1);
  const auto refused = gateway_.Subscribe(request);
  EXPECT_TRUE(refused->WaitForEnd());
  EXPECT_EQ(ErrorInfoOf(refused->status()).reason(), "INVALID_REQUEST");
}

TEST_F(SubscribeTest, AfterAnEventsCursorTheNextOneComes) {
  for (int i = 0; i < 5; ++i) Receive(i);
  const auto all = gateway_.AllEvents();
  ASSERT_EQ(all.size(), 5U);
  v1::SubscribeEventsRequest request;
  request.set_after_cursor(all[2].cursor());
  const auto stream = gateway_.Subscribe(request);
  ASSERT_TRUE(stream->WaitForCount(2));
  EXPECT_EQ(stream->events()[0].id(), all[3].id());
  EXPECT_EQ(stream->events()[1].id(), all[4].id());
}

TEST_F(SubscribeTest, CursorsSurviveARestart) {
  Receive(1);
  const auto before = gateway_.AllEvents();
  gateway_.Restart();
  Receive(2);
  v1::SubscribeEventsRequest request;
  request.set_after_cursor(before[0].cursor());
  const auto stream = gateway_.Subscribe(request);
  ASSERT_TRUE(stream->WaitForCount(1));
  EXPECT_EQ(stream->events()[0].message_received().text(), "text 2");
}

TEST_F(SubscribeTest, BadCursorsAreRefusedWithTheirReason) {
  Receive(1);
  const std::string good = gateway_.AllEvents()[0].cursor();
  Gateway other;
  other.CreateChannel();
  ASSERT_EQ(other.Post(Gateway::TextBody("m", "x")), 200);
  std::string damaged = good;
  damaged[10] = damaged[10] == 'A' ? 'B' : 'A';
  for (const std::string& cursor :
       {std::string("nonsense"), damaged, other.AllEvents()[0].cursor()}) {
    v1::SubscribeEventsRequest request;
    request.set_after_cursor(cursor);
    const auto stream = gateway_.Subscribe(request);
    ASSERT_TRUE(stream->WaitForEnd());
    EXPECT_EQ(stream->status().error_code(),
              grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ErrorInfoOf(stream->status()).reason(), "CURSOR_INVALID");
  }
}

TEST_F(SubscribeTest, FiltersByTypeUserAndChannel) {
  Receive(1, "111");
  Receive(2, "222");
  v1::SubscribeEventsRequest request = Gateway::From(v1::POSITION_EARLIEST);
  request.add_user_ids("222");
  const auto by_user = gateway_.Subscribe(request);
  ASSERT_TRUE(by_user->WaitForCount(1));
  EXPECT_EQ(by_user->events()[0].user_id(), "222");
  request.clear_user_ids();
  request.add_types("message.*");
  const auto by_type = gateway_.Subscribe(request);
  EXPECT_TRUE(by_type->WaitForCount(2));
  auto other = Gateway::DefaultChannel();
  other.mutable_channel()->set_id("ch_other");
  other.mutable_channel()->set_instagram_account_id("17841400000000002");
  other.mutable_channel()->set_page_id("100200300400501");
  gateway_.CreateChannel(other);
  request.add_channel_ids("ch_other");
  const auto by_channel = gateway_.Subscribe(request);
  ASSERT_TRUE(by_channel->WaitForResponses(1));
  // The cursor passes over what the filter hides.
  EXPECT_TRUE(by_channel->responses()[0].caught_up());
  EXPECT_TRUE(by_channel->events().empty());
}

TEST_F(SubscribeTest, EveryViolationOfTheRequestIsTold) {
  v1::SubscribeEventsRequest request;
  request.add_types("message.recieved");
  request.set_max_batch_size(5000);
  request.mutable_heartbeat_interval()->set_seconds(1000);
  const auto stream = gateway_.Subscribe(request);
  ASSERT_TRUE(stream->WaitForEnd());
  const std::string message = stream->status().error_message();
  for (const char* field :
       {"types[0]", "max_batch_size", "heartbeat_interval"}) {
    EXPECT_THAT(message, ::testing::HasSubstr(field));
  }
}

TEST_F(SubscribeTest, BatchesAreNoLargerThanAsked) {
  for (int i = 0; i < 10; ++i) Receive(i);
  v1::SubscribeEventsRequest request = Gateway::From(v1::POSITION_EARLIEST);
  request.set_max_batch_size(3);
  const auto stream = gateway_.Subscribe(request);
  ASSERT_TRUE(stream->WaitForCount(10));
  for (const auto& response : stream->responses()) {
    EXPECT_LE(response.events_size(), 3);
  }
}

TEST_F(SubscribeTest, HeartbeatsAreEmptyAndCarryTheCursor) {
  v1::SubscribeEventsRequest request;
  request.mutable_heartbeat_interval()->set_seconds(1);
  const auto stream = gateway_.Subscribe(request);
  ASSERT_TRUE(stream->WaitForResponses(3));
  const auto responses = stream->responses();
  EXPECT_TRUE(responses[2].events().empty());
  EXPECT_EQ(responses[2].cursor(), responses[0].cursor());
}

// Raw items are read from the disk, but there is nothing to read at the end.
TEST_F(SubscribeTest, HeartbeatsComeWithRawJsonToo) {
  Receive(1);
  v1::SubscribeEventsRequest request = Gateway::From(v1::POSITION_EARLIEST);
  request.set_include_raw(true);
  request.mutable_heartbeat_interval()->set_seconds(1);
  const auto stream = gateway_.Subscribe(request);
  ASSERT_TRUE(stream->WaitForResponses(3));
  EXPECT_EQ(stream->events().size(), 1U);
  Receive(2);
  EXPECT_TRUE(stream->WaitForCount(2));
}

TEST_F(SubscribeTest, RawJsonComesOnRequest) {
  const std::string body = Gateway::TextBody("mid.raw", "Hello");
  ASSERT_EQ(gateway_.Post(body), 200);
  EXPECT_TRUE(gateway_.AllEvents()[0].raw_json().empty());
  v1::SubscribeEventsRequest request = Gateway::From(v1::POSITION_EARLIEST);
  request.set_include_raw(true);
  const auto stream = gateway_.Subscribe(request);
  ASSERT_TRUE(stream->WaitForCount(1));
  const std::string raw = stream->events()[0].raw_json();
  EXPECT_FALSE(raw.empty());
  EXPECT_NE(body.find(raw), std::string::npos);
}

TEST_F(SubscribeTest, DrainEndsStreamsWithTheLastCursor) {
  Receive(1);
  const auto stream = gateway_.Subscribe(Gateway::From(v1::POSITION_EARLIEST));
  ASSERT_TRUE(stream->WaitForCount(1));
  const ProcessEnd end = gateway_.server().Terminate();
  EXPECT_EQ(end.status, 0) << end.output;
  ASSERT_TRUE(stream->WaitForEnd());
  EXPECT_EQ(stream->status().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ErrorInfoOf(stream->status()).reason(), "DRAINING");
  EXPECT_EQ(stream->trailing_cursor(), stream->responses().back().cursor());
}

TEST_F(SubscribeTest, ManySubscribersSeeTheSameOrder) {
  std::vector<std::unique_ptr<EventStream>> streams;
  for (int i = 0; i < 20; ++i) {
    streams.push_back(gateway_.Subscribe({}));
    ASSERT_TRUE(streams.back()->WaitForResponses(1));
  }
  for (int i = 0; i < 50; ++i) Receive(i);
  std::vector<std::string> expected;
  for (const auto& event : gateway_.AllEvents()) expected.push_back(event.id());
  for (const auto& stream : streams) {
    ASSERT_TRUE(stream->WaitForCount(50));
    std::vector<std::string> ids;
    for (const auto& event : stream->events()) ids.push_back(event.id());
    EXPECT_EQ(ids, expected);
  }
}

}  // namespace
}  // namespace linktor::testing
