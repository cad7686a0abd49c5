#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <stop_token>
#include <string>
#include <thread>

#include "tests/unit/client/fake_gateway.h"

namespace linktor::instagram {
namespace {

using grpc::StatusCode;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::SizeIs;

using SendTest = FakeGatewayTest;

const grpc::Status kBroken(StatusCode::UNAVAILABLE, "the connection broke");

TEST_F(SendTest, HasARequestIdAndReturnsTheMessage) {
  const auto client = MakeClient();
  const auto made = client->Send(Text("ch_shop", "6101", "Hello"));
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->message().request_id().substr(0, 4), "cpp-");
  auto request = Text("ch_shop", "6101", "Hello");
  request.set_request_id("order-17");
  EXPECT_EQ(client->Send(request)->message().request_id(), "order-17");
}

TEST_F(SendTest, IsRepeatedWithTheSameIdWhereThatIsAllowed) {
  struct Case {
    grpc::Status status;
    bool repeated;
  };
  const Case cases[] = {
      {kBroken, true},
      {Refused(StatusCode::UNAVAILABLE, "DRAINING"), true},
      {{StatusCode::CANCELLED, "proxy"}, true},
      {{StatusCode::INTERNAL, "proxy"}, true},
      {{StatusCode::UNKNOWN, "proxy"}, true},
      {{StatusCode::DEADLINE_EXCEEDED, "proxy"}, true},
      {Refused(StatusCode::INTERNAL, "INTERNAL_FAULT"), false},
      {Refused(StatusCode::DEADLINE_EXCEEDED, "DEADLINE_TOO_SHORT"), false},
      {Refused(StatusCode::UNKNOWN, "SEND_OUTCOME_UNKNOWN"), false},
      {Refused(StatusCode::ABORTED, "REQUEST_IN_FLIGHT"), false},
      {Refused(StatusCode::RESOURCE_EXHAUSTED, "RATE_LIMITED"), false},
      {{StatusCode::RESOURCE_EXHAUSTED, "proxy"}, false},
      {{StatusCode::NOT_FOUND, "proxy"}, false},
      {{StatusCode::PERMISSION_DENIED, "proxy"}, false},
  };
  const auto client = MakeClient();
  for (const Case& one : cases) {
    messaging_.Answer({one.status});
    const auto before = messaging_.sent().size();
    const auto result = client->Send(Text("ch_shop", "6101", "Hello"));
    const auto sent = messaging_.sent();
    EXPECT_EQ(result.ok(), one.repeated) << one.status.error_message();
    ASSERT_EQ(sent.size() - before, one.repeated ? 2U : 1U)
        << one.status.error_message();
    EXPECT_EQ(sent[before].request_id(), sent.back().request_id());
  }
}

TEST_F(SendTest, TheErrorNamesTheRequestAndWhetherTheOutcomeIsKnown) {
  struct Case {
    std::vector<grpc::Status> statuses;
    bool unknown;
  };
  const auto refused = Refused(StatusCode::NOT_FOUND, "CHANNEL_NOT_FOUND");
  const Case cases[] = {
      {{refused}, false},
      {{Refused(StatusCode::UNAVAILABLE, "DRAINING"), refused}, false},
      {{kBroken, refused}, true},
      {{Refused(StatusCode::UNKNOWN, "SEND_OUTCOME_UNKNOWN")}, true},
      {{Refused(StatusCode::ABORTED, "REQUEST_IN_FLIGHT")}, true},
      {{Refused(StatusCode::INTERNAL, "INTERNAL_FAULT")}, true},
      {{{StatusCode::NOT_FOUND, "proxy"}}, true},
  };
  const auto client = MakeClient();
  for (const Case& one : cases) {
    messaging_.Answer(one.statuses);
    const auto result = client->Send(Text("ch_shop", "6101", "Hello"));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().outcome_unknown, one.unknown);
    EXPECT_EQ(result.error().request_id, messaging_.sent().back().request_id());
  }
}

TEST_F(SendTest, IsNotRepeatedWhenNoTimeIsLeft) {
  messaging_.Answer({Later(seconds(60))});
  const auto result = MakeClient()->Send(Text("ch_shop", "6101", "Hello"),
                                         {.timeout = seconds(30)});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().reason, "DRAINING");
  EXPECT_THAT(messaging_.sent(), SizeIs(1));
}

TEST_F(SendTest, TellsBeforeItRepeats) {
  messaging_.Answer({kBroken});
  std::vector<std::string> told;
  const auto result = MakeClient()->Send(
      Text("ch_shop", "6101", "Hello"),
      {.on_repeat = [&told](const Error& error, milliseconds wait) {
        EXPECT_GT(wait, milliseconds(0));
        told.push_back(error.message);
      }});
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(told, testing::ElementsAre("the connection broke"));
}

TEST_F(SendTest, TheCallersStopEndsTheCallAndTheWait) {
  const auto client = MakeClient();
  std::stop_source call;
  messaging_.on_call = [&call](grpc::ServerContext& context) {
    call.request_stop();
    while (!context.IsCancelled()) std::this_thread::yield();
  };
  const auto cancelled = client->Send(Text("ch_shop", "6101", "Hello"),
                                      {.stop = call.get_token()});
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(cancelled.error().code, StatusCode::CANCELLED);
  EXPECT_TRUE(cancelled.error().outcome_unknown);

  messaging_.on_call = nullptr;
  messaging_.Answer({Later(seconds(60))});
  std::stop_source wait;
  std::promise<void> waiting;
  std::thread stops([&] {
    waiting.get_future().wait();
    wait.request_stop();
  });
  const auto begun = std::chrono::steady_clock::now();
  const auto left = client->Send(
      Text("ch_shop", "6101", "Hello"),
      {.timeout = seconds(120),
       .stop = wait.get_token(),
       .on_repeat = [&](const Error&, milliseconds) { waiting.set_value(); }});
  stops.join();
  ASSERT_FALSE(left.ok());
  EXPECT_EQ(left.error().reason, "DRAINING");
  EXPECT_THAT(messaging_.sent(), SizeIs(2));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(30));
}

// To wait for a connection until nothing is left, and then to call, would turn
// the error that is known into DEADLINE_EXCEEDED.
TEST_F(SendTest, TheErrorOfAServerThatIsAwayIsKept) {
  const auto client = MakeClient();
  server_->Shutdown();
  const auto result = client->Send(Text("ch_shop", "6101", "Hello"),
                                   {.timeout = milliseconds(1300)});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, StatusCode::UNAVAILABLE);
  EXPECT_TRUE(result.error().outcome_unknown);
}

TEST_F(SendTest, ATextThatIsNotUtf8NeverLeaves) {
  const auto result = MakeClient()->Send(Text("ch_shop", "6101", "\xff"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, Error::Kind::kRefused);
  EXPECT_EQ(result.error().violations.at(0).field, "content.text");
  EXPECT_THAT(result.error().request_id, testing::StartsWith("cpp-"));
  EXPECT_THAT(messaging_.sent(), SizeIs(0));
}

TEST_F(SendTest, EveryCallHasTheKey) {
  std::vector<std::string> keys;
  messaging_.on_call = [&keys](grpc::ServerContext& context) {
    for (const auto& [name, value] : context.client_metadata()) {
      if (name == "authorization")
        keys.emplace_back(value.data(), value.size());
    }
  };
  ASSERT_TRUE(MakeClient(" lig_key\n")->Send(Text("c", "u", "t")).ok());
  ASSERT_TRUE(MakeClient()->Send(Text("c", "u", "t")).ok());
  EXPECT_THAT(keys, testing::ElementsAre("Bearer lig_key"));
}

}  // namespace
}  // namespace linktor::instagram
