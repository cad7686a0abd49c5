// These tests call POST /{version}/{id}/messages.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

constexpr char kSendTo[] = "/v25.0/me/messages";
constexpr char kHello[] =
    R"({"recipient":{"id":"6100000000000001"},"message":{"text":"Hello"}})";

using SendTest = EmulatorTest;

TEST_F(SendTest, IsAcceptedWithAFreshMid) {
  const Reply first = Graph("POST", kSendTo, kHello);
  const Reply second = Graph("POST", kSendTo, kHello);
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(Text(first.Json(), "recipient_id"), kCustomer);
  EXPECT_NE(Text(first.Json(), "message_id"), "");
  EXPECT_NE(Text(first.Json(), "message_id"),
            Text(second.Json(), "message_id"));
}

TEST_F(SendTest, TakesPathsWithAndWithoutVersionAndAnyAccount) {
  for (const char* path :
       {"/me/messages", "/17841400000000009/messages",
        "/v24.0/100200300/messages", "/v25.0/me/messages/"}) {
    EXPECT_EQ(Graph("POST", path, kHello).status, 200) << path;
  }
}

TEST_F(SendTest, CreatesTheUserOnFirstUse) {
  EXPECT_TRUE(emulator_->users().empty());
  Graph("POST", kSendTo, kHello);
  Graph("POST", kSendTo, kHello);
  ASSERT_EQ(emulator_->users().size(), 1u);
  EXPECT_EQ(emulator_->users()[0].id, kCustomer);
  EXPECT_EQ(emulator_->users()[0].received, 2u);
}

TEST_F(SendTest, NeedsAToken) {
  const Reply reply = Http(emulator_->address(), "POST", kSendTo, kHello);
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(ErrorCode(reply), 190);
  EXPECT_NE(Text(reply.Json().at("error"), "fbtrace_id"), "");
}

TEST_F(SendTest, TakesTheTokenAsAParameter) {
  EXPECT_EQ(Http(emulator_->address(), "POST",
                 "/me/messages?access_token=test-token", kHello)
                .status,
            200);
}

TEST_F(SendTest, CountsTextInBytes) {
  EXPECT_EQ(Send(std::string(1000, 'x')).status, 200);
  EXPECT_EQ(ErrorCode(Send(std::string(1001, 'x'))), 100);
  std::string euros;
  for (int i = 0; i < 334; ++i) euros += "€";  // 1002 bytes
  EXPECT_EQ(ErrorCode(Send(euros)), 100);
  EXPECT_EQ(ErrorCode(Send("")), 100);
}

TEST_F(SendTest, RefusesOtherShapesWithCode100) {
  for (const char* body : {
           "",
           "[]",
           "{",
           R"({"message":{"text":"x"}})",
           R"({"recipient":{"id":61},"message":{"text":"x"}})",
           R"({"recipient":{"id":"someone"},"message":{"text":"x"}})",
           R"({"recipient":{"comment_id":"1"},"message":{"text":"x"}})",
           R"({"recipient":{"id":"61"}})",
           R"({"recipient":{"id":"61"},"message":{"text":7}})",
           R"({"recipient":{"id":"61"},"message":{"text":"\ud800"}})",
           R"({"recipient":{"id":"61"},"sender_action":"typing_on"})",
           R"({"recipient":{"id":"61"},"message":{"attachment":{}}})",
           R"({"recipient":{"id":"61"},"message":{"text":"x"},"tag":"OTHER"})",
       }) {
    EXPECT_EQ(ErrorCode(Graph("POST", kSendTo, body)), 100) << body;
  }
}

TEST_F(SendTest, UnknownPathsAndMethodsAreGraphErrors) {
  EXPECT_EQ(ErrorCode(Graph("GET", "/v25.0/me/nothing")), 2500);
  EXPECT_EQ(ErrorCode(Graph("POST", "/v25.0/me/nothing", "{}")), 100);
  EXPECT_EQ(ErrorCode(Graph("GET", kSendTo)), 100);
  EXPECT_EQ(ErrorCode(Graph("POST", "/v25.0/someone/messages", kHello)), 803);
}

TEST_F(SendTest, CallsAreListedWithoutTokens) {
  Http(emulator_->address(), "POST", "/me/messages?a=1&access_token=hidden&b=2",
       R"({"access_token":"hidden","recipient":{"id":"6100000000000001"},)"
       R"("message":{"text":"Hello"}})",
       {{"Authorization", "Bearer hidden"}, {"X-Seen", "yes"}});
  Graph("POST", kSendTo, "not JSON");
  const Reply list = Control("GET", "/emulator/graph-calls");
  EXPECT_THAT(list.body, ::testing::Not(::testing::HasSubstr("hidden")));
  const json::array calls = list.Json().at("calls").as_array();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(Text(calls[0], "method"), "POST");
  EXPECT_EQ(Text(calls[0], "path"), "/me/messages?a=1&b=2");
  EXPECT_EQ(Text(calls[0].at("body").at("message"), "text"), "Hello");
  EXPECT_EQ(calls[0].at("status").as_int64(), 200);
  EXPECT_EQ(Text(calls[0].at("headers"), "x-seen"), "yes");
  EXPECT_EQ(Text(calls[1], "body"), "not JSON");
  EXPECT_EQ(calls[1].at("status").as_int64(), 400);
}

TEST_F(SendTest, CallsCanBeCleared) {
  Graph("POST", kSendTo, kHello);
  EXPECT_EQ(emulator_->graph_calls().Get().calls.size(), 1u);
  EXPECT_EQ(Control("DELETE", "/emulator/graph-calls").status, 200);
  EXPECT_TRUE(emulator_->graph_calls().Get().calls.empty());
}

}  // namespace
}  // namespace linktor::emulator
