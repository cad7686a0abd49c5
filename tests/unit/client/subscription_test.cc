#include "linktor/instagram/subscription.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include "tests/support/temp_folder.h"
#include "tests/unit/client/fake_gateway.h"

namespace linktor::instagram {
namespace {

using grpc::StatusCode;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::SizeIs;

using SubscriptionTest = FakeGatewayTest;

// Returns a response with events whose ids and cursors are given.
v1::SubscribeEventsResponse With(const std::vector<std::string>& cursors,
                                 const std::string& cursor = "") {
  v1::SubscribeEventsResponse response;
  for (const std::string& one : cursors) {
    response.add_events()->set_cursor(one);
  }
  response.set_cursor(cursor);
  return response;
}

// A stream that writes the responses and ends so.
FakeEvents::Play Writes(std::vector<v1::SubscribeEventsResponse> responses,
                        grpc::Status status) {
  return [responses = std::move(responses), status = std::move(status)](
             grpc::ServerContext&, FakeEvents::Writer& writer) {
    for (const auto& response : responses) writer.Write(response);
    return status;
  };
}

// A stream that says nothing until it is cancelled.
grpc::Status Silence(grpc::ServerContext& context, FakeEvents::Writer&) {
  while (!context.IsCancelled()) std::this_thread::yield();
  return grpc::Status::CANCELLED;
}

std::vector<std::string> ReadAll(Subscription& events) {
  std::vector<std::string> cursors;
  while (const auto event = events.Next()) cursors.push_back(event->cursor());
  return cursors;
}

std::vector<std::string> Starts(FakeEvents& events) {
  std::vector<std::string> starts;
  for (const auto& request : events.requests()) {
    starts.push_back(request.after_cursor());
  }
  return starts;
}

TEST_F(SubscriptionTest, GoesOnAfterWhatWasTaken) {
  // The last of them is the default one of FakeEvents, which ends it.
  events_.Plays(
      {Writes({With({"1", "2"}, "2x")}, {StatusCode::UNAVAILABLE, "broken"}),
       Writes({With({}, "3x")}, grpc::Status::OK),
       Writes({With({"4"}, "4")},
              Refused(StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED"))});
  std::vector<std::string> breaks;
  auto events = MakeClient()->Subscribe(
      {}, {.on_break = [&breaks](const Error& error, milliseconds wait) {
        EXPECT_GE(wait, milliseconds(250));
        breaks.push_back(error.message);
      }});
  EXPECT_THAT(ReadAll(events), ElementsAre("1", "2", "4"));
  EXPECT_THAT(Starts(events_), ElementsAre("", "2x", "3x", "4"));
  EXPECT_THAT(breaks, ElementsAre("broken", "the server ended the stream",
                                  "OVERLOADED"));
  ASSERT_TRUE(events.error().has_value());
  EXPECT_EQ(events.error()->reason, "CURSOR_INVALID");
  EXPECT_EQ(events.Next(), std::nullopt);
  EXPECT_EQ(events.cursor(), "4");
}

TEST_F(SubscriptionTest, IsTakenUpAgainOnlyWhenItWasNotRefused) {
  struct Case {
    grpc::Status status;
    bool resumed;
  };
  const Case cases[] = {
      {{StatusCode::CANCELLED, "proxy"}, true},
      {{StatusCode::INTERNAL, "proxy"}, true},
      {{StatusCode::UNKNOWN, "proxy"}, true},
      {{StatusCode::DEADLINE_EXCEEDED, "proxy"}, true},
      {Refused(StatusCode::UNAVAILABLE, "DRAINING"), true},
      {Refused(StatusCode::ABORTED, "REQUEST_IN_FLIGHT"), true},
      {Refused(StatusCode::INTERNAL, "INTERNAL_FAULT"), false},
      {Refused(StatusCode::OUT_OF_RANGE, "CURSOR_EXPIRED"), false},
      {Refused(StatusCode::UNAUTHENTICATED, "API_KEY_EXPIRED"), false},
      {{StatusCode::UNIMPLEMENTED, "proxy"}, false},
      {{StatusCode::NOT_FOUND, "proxy"}, false},
  };
  const auto client = MakeClient();
  for (const Case& one : cases) {
    const auto before = events_.requests().size();
    events_.Plays({Writes({}, one.status)});
    auto events = client->Subscribe();
    EXPECT_THAT(ReadAll(events), SizeIs(0));
    EXPECT_EQ(events_.requests().size() - before, one.resumed ? 2U : 1U)
        << one.status.error_message();
  }
}

TEST_F(SubscriptionTest, AnEventIsTakenWhenTheNextIsAskedFor) {
  const TempFolder folder;
  FileCursorStore store(folder.path() + "/cursor");
  ASSERT_FALSE(store.Save("0").has_value());
  events_.Plays({Writes({With({"1", "2"}, "2x")}, grpc::Status::OK)});
  v1::SubscribeEventsRequest request;
  request.set_position(v1::POSITION_EARLIEST);
  auto events = MakeClient()->Subscribe(request, {.cursor_store = &store});
  ASSERT_TRUE(events.Next().has_value());
  EXPECT_EQ(*store.Load(), "0");
  ASSERT_TRUE(events.Next().has_value());
  EXPECT_EQ(*store.Load(), "1");
  EXPECT_FALSE(events.Next().has_value());
  EXPECT_EQ(*store.Load(), "2x");
  EXPECT_THAT(Starts(events_), ElementsAre("0", "2x"));
}

TEST_F(SubscriptionTest, EndsWithTheErrorOfItsStore) {
  const TempFolder folder;
  events_.Plays({Writes({With({"1", "2"})}, grpc::Status::OK)});
  FileCursorStore store(folder.path() + "/nowhere/cursor");
  auto events = MakeClient()->Subscribe({}, {.cursor_store = &store});
  EXPECT_THAT(ReadAll(events), ElementsAre("1"));
  ASSERT_TRUE(events.error().has_value());
  EXPECT_EQ(events.error()->kind, Error::Kind::kStore);
  EXPECT_FALSE(events.Next().has_value());
}

TEST_F(SubscriptionTest, LeavesAConnectionThatIsSilent) {
  auto first = With({}, "1");
  first.set_subscribed(true);
  first.mutable_heartbeat_interval()->set_nanos(100'000'000);
  events_.Plays(
      {[&first](grpc::ServerContext& context, FakeEvents::Writer& writer) {
        writer.Write(first);
        return Silence(context, writer);
      }});
  std::vector<std::string> breaks;
  int subscribed = 0;
  auto events = MakeClient()->Subscribe(
      {}, {.on_response =
               [&](const auto& response) {
                 if (response.subscribed()) ++subscribed;
               },
           .on_break =
               [&](const Error& error, milliseconds) {
                 EXPECT_EQ(error.code, StatusCode::UNAVAILABLE);
                 breaks.push_back(error.message);
               }});
  EXPECT_THAT(ReadAll(events), SizeIs(0));
  EXPECT_EQ(subscribed, 1);
  EXPECT_THAT(breaks, ElementsAre("nothing was heard for 300 ms"));
  const auto peers = events_.peers();
  ASSERT_THAT(peers, SizeIs(2));
  EXPECT_NE(peers[0], peers[1]) << "it is the same connection";
}

TEST_F(SubscriptionTest, StopEndsAReadAndAWait) {
  std::promise<void> reading;
  events_.Plays(
      {[&reading](grpc::ServerContext& context, FakeEvents::Writer& writer) {
        writer.Write(With({"1"}, "1"));
        reading.set_value();
        return Silence(context, writer);
      }});
  auto events = MakeClient()->Subscribe();
  ASSERT_TRUE(events.Next().has_value());
  std::thread stops([&] {
    reading.get_future().wait();
    events.Stop();
  });
  EXPECT_FALSE(events.Next().has_value());
  stops.join();
  EXPECT_FALSE(events.error().has_value());

  events_.Plays({Writes({}, Later(std::chrono::seconds(60)))});
  std::promise<void> waiting;
  auto others = MakeClient()->Subscribe(
      {}, {.on_break = [&waiting](const Error&, milliseconds) {
        waiting.set_value();
      }});
  std::thread ends([&] {
    waiting.get_future().wait();
    others.Stop();
  });
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(others.Next().has_value());
  ends.join();
  EXPECT_FALSE(others.error().has_value());
  EXPECT_THAT(events_.requests(), SizeIs(2));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(30));
}

// Whoever stops because an event could not be handled gets it again.
TEST_F(SubscriptionTest, TheEventInHandIsNotTakenByAStop) {
  const TempFolder folder;
  FileCursorStore store(folder.path() + "/cursor");
  events_.Plays({Writes({With({"1", "2", "3"})}, grpc::Status::OK)});
  auto events = MakeClient()->Subscribe({}, {.cursor_store = &store});
  ASSERT_TRUE(events.Next().has_value());
  ASSERT_TRUE(events.Next().has_value());
  events.Stop();
  EXPECT_FALSE(events.Next().has_value());
  EXPECT_EQ(*store.Load(), "1");
  EXPECT_FALSE(events.error().has_value());
}

TEST_F(SubscriptionTest, GivesWholeResponsesToo) {
  events_.Plays(
      {Writes({With({}, "1"), With({"2", "3"}, "4")}, grpc::Status::OK)});
  auto events = MakeClient()->Subscribe();
  const auto first = events.NextResponse();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->cursor(), "1");
  const auto second = events.NextResponse();
  ASSERT_TRUE(second.has_value());
  EXPECT_THAT(second->events(), SizeIs(2));
  EXPECT_EQ(events.cursor(), "1");
  EXPECT_EQ(events.NextResponse(), std::nullopt);
  EXPECT_EQ(events.cursor(), "4");
}

TEST_F(SubscriptionTest, AFilterThatIsNotUtf8IsRefused) {
  v1::SubscribeEventsRequest request;
  request.add_types("\xff");
  auto events = MakeClient()->Subscribe(request);
  EXPECT_FALSE(events.Next().has_value());
  ASSERT_TRUE(events.error().has_value());
  EXPECT_EQ(events.error()->kind, Error::Kind::kRefused);
  EXPECT_THAT(events_.requests(), SizeIs(0));
}

}  // namespace
}  // namespace linktor::instagram
