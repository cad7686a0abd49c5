// The control API as such, and the start of the emulator.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "emulator/bounded_log.h"
#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using ControlTest = EmulatorTest;

TEST_F(ControlTest, ConfigIsChangedMemberByMember) {
  Connect();
  const Reply reply =
      Control("PUT", "/emulator/config",
              R"({"account_id":"123","echo_delay_ms":5,"hold_echoes":true})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(emulator_->config().account_id, "123");
  EXPECT_EQ(emulator_->config().echo_delay, absl::Milliseconds(5));
  EXPECT_TRUE(emulator_->config().hold_echoes);
  EXPECT_EQ(emulator_->config().webhook_url, gateway_.url());
}

TEST_F(ControlTest, ConfigOfWhatMetaRefuses) {
  const Reply reply =
      Control("PUT", "/emulator/config",
              R"({"strict":true,"access_token":"t","permissions":["a","b"],)"
              R"("app_approved":false,"access_to_messages":false})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const EmulatorConfig config = emulator_->config();
  EXPECT_TRUE(config.strict);
  EXPECT_EQ(config.access_token.Reveal(), "t");
  EXPECT_EQ(config.permissions, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(config.app_approved);
  EXPECT_FALSE(config.access_to_messages);
  EXPECT_EQ(reply.Json().at("permissions"), *ParseJson(R"(["a","b"])"));
}

TEST_F(ControlTest, ConfigNeverShowsSecrets) {
  Connect();
  emulator_->Configure({.access_token = Secret("hidden-token")});
  const Reply reply = Control("GET", "/emulator/config");
  EXPECT_THAT(reply.body, Not(HasSubstr(kSecret)));
  EXPECT_THAT(reply.body, Not(HasSubstr(kVerifyToken)));
  EXPECT_THAT(reply.body, Not(HasSubstr("hidden-token")));
  EXPECT_TRUE(reply.Json().at("access_token_set").as_bool());
  EXPECT_TRUE(reply.Json().at("app_secret_set").as_bool());
}

TEST_F(ControlTest, MalformedRequestsGetASentence) {
  const struct {
    const char* method;
    const char* target;
    const char* body;
    const char* says;
  } kCases[] = {
      {"PUT", "/emulator/config", "{", "not valid JSON"},
      {"PUT", "/emulator/config", "[]", "JSON object"},
      {"PUT", "/emulator/config", R"({"hold_echos":true})", "hold_echos"},
      {"PUT", "/emulator/config", R"({"hold_echoes":1})", "true or false"},
      {"PUT", "/emulator/config", R"({"webhook_url":"ftp://x/"})", "http"},
      {"PUT", "/emulator/config", R"({"account_id":"me"})", "digits"},
      {"PUT", "/emulator/config", R"({"page_id":"me"})", "digits"},
      {"PUT", "/emulator/config", R"({"strict":"yes"})", "true or false"},
      {"PUT", "/emulator/config", R"({"permissions":"a"})", "an array"},
      {"PUT", "/emulator/config", R"({"permissions":[1]})", "strings"},
      {"PUT", "/emulator/config", R"({"access_token":1})", "a string"},
      {"PUT", "/emulator/config", R"({"echo_delay_ms":-1})", "echo_delay_ms"},
      {"POST", "/emulator/messages", "", "not valid JSON"},
      {"POST", "/emulator/messages", R"({"text":"x"})", "from"},
      {"POST", "/emulator/messages", R"({"from":61,"text":"x"})", "string"},
      {"POST", "/emulator/messages", R"({"from":"61"})", "text"},
      {"POST", "/emulator/messages", R"({"from":"61","attachments":[1]})",
       "attachment"},
      {"POST", "/emulator/messages",
       R"({"from":"61","text":"x","reply_to":"m"})", "reply_to"},
      {"POST", "/emulator/messages",
       R"({"from":"61","text":"x","timestamp":1.5})", "timestamp"},
      {"POST", "/emulator/webhooks", "", "empty"},
      {"POST", "/emulator/faults", R"({"on":"messages","kind":"fire"})",
       "kind"},
      {"POST", "/emulator/faults", R"({"on":"nothing","kind":"close"})", "on"},
      {"POST", "/emulator/faults", R"({"on":"*","kind":"delay"})", "ms"},
      {"POST", "/emulator/faults",
       R"({"on":"*","kind":"delay","ms":1,"code":4})", "code"},
      {"POST", "/emulator/faults",
       R"({"on":"*","kind":"status","status":500,"message":"x"})", "message"},
      {"POST", "/emulator/faults", R"({"on":"*","kind":"close","ms":1})", "ms"},
      {"POST", "/emulator/faults", R"({"on":"*","kind":"graph_error"})",
       "code"},
      {"POST", "/emulator/faults", R"({"on":"*","kind":"close","times":-1})",
       "times"},
  };
  for (const auto& c : kCases) {
    const Reply reply = Control(c.method, c.target, c.body);
    EXPECT_EQ(reply.status, 400) << c.target << " " << c.body;
    EXPECT_THAT(Text(reply.Json(), "error"), HasSubstr(c.says)) << c.body;
  }
  EXPECT_TRUE(emulator_->faults().List().empty());
  EXPECT_TRUE(emulator_->webhooks().Get().webhooks.empty());
}

TEST_F(ControlTest, UnknownPathsAndMethods) {
  EXPECT_EQ(Control("GET", "/emulator/nothing").status, 404);
  EXPECT_EQ(Control("GET", "/emulator/messages").status, 405);
  EXPECT_EQ(Control("DELETE", "/emulator/config").status, 405);
  EXPECT_THAT(Control("GET", "/emulator").body, HasSubstr("graph-calls"));
}

TEST_F(ControlTest, ControlsAreNotGraphCalls) {
  Control("GET", "/emulator/config");
  EXPECT_TRUE(emulator_->graph_calls().Get().calls.empty());
}

TEST(EmulatorStartTest, ServesLoopbackOnly) {
  EXPECT_EQ(Emulator::Start({.host = "0.0.0.0"}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(EmulatorStartTest, ReportsATakenPort) {
  auto first = Emulator::Start({});
  ASSERT_TRUE(first.ok());
  std::string host;
  std::uint16_t port = 0;
  ASSERT_TRUE(http::SplitHostPort((*first)->address(), host, port));
  EXPECT_EQ(Emulator::Start({.port = port}).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(BoundedLogTest, ForgetsTheOldestAndCounts) {
  BoundedLog<int> log(3, 100);
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(log.Add(i, 10), i);
  EXPECT_EQ(log.items().size(), 3u);
  EXPECT_EQ(log.dropped(), 2u);
  EXPECT_EQ(log.Find(2), nullptr);
  EXPECT_EQ(*log.Find(3), 3);
  EXPECT_EQ(log.Find(6), nullptr);
}

TEST(BoundedLogTest, CountsBytes) {
  BoundedLog<int> log(100, 100);
  log.Add(1, 60);
  log.Add(2, 60);
  EXPECT_EQ(log.items().size(), 1u);
  EXPECT_EQ(log.Add(3, 1000), 3u);
  EXPECT_EQ(log.items().size(), 1u);
  log.Clear();
  EXPECT_EQ(log.Add(4, 1), 4u);
}

}  // namespace
}  // namespace linktor::emulator
