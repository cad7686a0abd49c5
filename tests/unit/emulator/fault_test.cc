#include <gtest/gtest.h>

#include <thread>

#include "emulator/faults.h"
#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using FaultTest = EmulatorTest;

TEST_F(FaultTest, AcceptThenCloseSendsTheEchoButNoAnswer) {
  Connect();
  AddFault(R"({"on":"messages","kind":"accept_then_close"})");
  const Reply reply = Send("Did this arrive?");
  EXPECT_FALSE(reply.answered);
  const json::object item = ItemOf(gateway_.WaitForWebhooks(1)[0]);
  EXPECT_EQ(Text(item.at("message"), "text"), "Did this arrive?");
  const auto calls = emulator_->graph_calls().Get().calls;
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, 0);
  EXPECT_TRUE(Send("And this?").answered);
}

TEST_F(FaultTest, CloseDoesNothing) {
  Connect();
  AddFault(R"({"on":"messages","kind":"close"})");
  EXPECT_FALSE(Send("lost").answered);
  EXPECT_TRUE(emulator_->users().empty());
  EXPECT_EQ(emulator_->graph_calls().Get().calls.size(), 1u);
  // The echo of the next send is the first webhook.
  EXPECT_TRUE(Send("kept").answered);
  EXPECT_EQ(Text(ItemOf(gateway_.WaitForWebhooks(1)[0]).at("message"), "text"),
            "kept");
}

TEST_F(FaultTest, DelayAnswersLater) {
  AddFault(R"({"on":"messages","kind":"delay","ms":60})");
  const absl::Time start = absl::Now();
  EXPECT_EQ(Send("slow").status, 200);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(60));
}

TEST_F(FaultTest, StoppingAnswersWhatIsDelayed) {
  AddFault(R"({"on":"messages","kind":"delay","ms":600000})");
  std::thread client([&] { EXPECT_EQ(Send("slow").status, 200); });
  EXPECT_TRUE(emulator_->graph_calls().WaitForCount(1, kPatience));
  emulator_->Stop();
  client.join();
}

TEST_F(FaultTest, StatusAnswersAsAsked) {
  AddFault(R"({"on":"*","kind":"status","status":503,"body":"<html>"})");
  AddFault(R"({"on":"*","kind":"status","status":200,"body":{"ok":true}})");
  const Reply first = Send("x");
  EXPECT_EQ(first.status, 503);
  EXPECT_EQ(first.body, "<html>");
  EXPECT_EQ(Send("x").Json(), (json::object{{"ok", true}}));
}

TEST_F(FaultTest, GraphErrorHasMetasEnvelope) {
  AddFault(R"({"on":"messages","kind":"graph_error","status":400,"code":10,
               "subcode":2534022,"message":"outside window",
               "type":"IGApiException","is_transient":true})");
  const Reply reply = Send("x");
  EXPECT_EQ(reply.status, 400);
  const json::value error = reply.Json().at("error");
  EXPECT_EQ(error.at("code").as_int64(), 10);
  EXPECT_EQ(error.at("error_subcode").as_int64(), 2534022);
  EXPECT_EQ(Text(error, "message"), "outside window");
  EXPECT_EQ(Text(error, "type"), "IGApiException");
  EXPECT_TRUE(error.at("is_transient").as_bool());
  EXPECT_NE(Text(error, "fbtrace_id"), "");
}

TEST_F(FaultTest, StrikesInOrderAsOftenAsAsked) {
  AddFault(R"({"on":"messages","kind":"status","status":500,"times":2})");
  AddFault(R"({"on":"messages","kind":"status","status":501})");
  EXPECT_EQ(Send("x").status, 500);
  EXPECT_EQ(Send("x").status, 500);
  EXPECT_EQ(Send("x").status, 501);
  EXPECT_EQ(Send("x").status, 200);
}

TEST_F(FaultTest, StrikesOnlyItsEdge) {
  AddFault(R"({"on":"messenger_profile","kind":"status","status":500})");
  EXPECT_EQ(Send("x").status, 200);
  EXPECT_EQ(Graph("GET", "/me/messenger_profile?fields=ice_breakers").status,
            500);
}

TEST_F(FaultTest, StrikesUserProfiles) {
  AddFault(R"({"on":"user_profile","kind":"graph_error","code":613})");
  EXPECT_EQ(Send("x").status, 200);
  EXPECT_EQ(ErrorCode(Graph("GET", "/v25.0/61?fields=username")), 613);
  EXPECT_EQ(Graph("GET", "/v25.0/61?fields=username").status, 200);
}

TEST_F(FaultTest, StrikesMessagesThatAreRead) {
  AddFault(R"({"on":"message","kind":"graph_error","code":613})");
  const Reply sent = Send("x");
  ASSERT_EQ(sent.status, 200);
  const std::string path = "/v25.0/" + Text(sent.Json(), "message_id");
  EXPECT_EQ(ErrorCode(Graph("GET", path)), 613);
  EXPECT_EQ(Graph("GET", path).status, 200);
}

TEST_F(FaultTest, IsListedAsItWillStrike) {
  AddFault(R"({"on":"messages","kind":"graph_error","code":100,
               "subcode":2534014,"times":3})");
  Send("x");
  const json::value fault =
      Control("GET", "/emulator/faults").Json().at("faults").at(0);
  EXPECT_EQ(Text(fault, "on"), "messages");
  EXPECT_EQ(Text(fault, "kind"), "graph_error");
  EXPECT_EQ(fault.at("times").as_int64(), 2);
  EXPECT_EQ(fault.at("subcode").as_int64(), 2534014);
  EXPECT_EQ(fault.at("status").as_int64(), 400);
}

TEST_F(FaultTest, TimesZeroLastsUntilCleared) {
  AddFault(R"({"on":"*","kind":"status","status":500,"times":0})");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Send("x").status, 500);
  const Reply list = Control("GET", "/emulator/faults");
  EXPECT_EQ(list.Json().at("faults").as_array().size(), 1u);
  Control("DELETE", "/emulator/faults");
  EXPECT_EQ(Send("x").status, 200);
}

TEST(FaultQueueTest, IsBounded) {
  FaultQueue faults;
  for (std::size_t i = 0; i < FaultQueue::kMaxFaults; ++i) {
    EXPECT_TRUE(faults.Add({}));
  }
  EXPECT_FALSE(faults.Add({}));
}

}  // namespace
}  // namespace linktor::emulator
