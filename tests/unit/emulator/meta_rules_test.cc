// What Meta refuses, by settings and by user.

#include "emulator/meta_rules.h"

#include <gtest/gtest.h>

#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

// The pair has the code and the subcode.
using Codes = std::pair<int, int>;

constexpr Codes kFine = {0, 0};
constexpr Codes kOutside = {10, 2534022};
constexpr absl::Duration kInstant = absl::Milliseconds(1);
constexpr char kAnyUserPath[] = "/emulator/users/6100000000000001";
constexpr char kConfig[] = "/emulator/config";

Codes CodesOf(const std::optional<GraphError>& error) {
  return error.has_value() ? Codes{error->code, error->subcode} : kFine;
}

class MetaRulesTest : public ::testing::Test {
 protected:
  MetaRulesTest() {
    config_.strict = true;
    user_.last_message = now_;
  }

  void LastWrote(absl::Duration ago) { user_.last_message = now_ - ago; }
  Codes Send(bool human_agent = false) const {
    return CodesOf(
        RefuseSend(config_, user_, {.human_agent = human_agent}, now_));
  }
  Codes Token(std::string_view token) const {
    return CodesOf(RefuseToken(config_, token));
  }
  Codes Profile() const { return CodesOf(RefuseProfile(config_, user_)); }

  const absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  EmulatorConfig config_;
  User user_{.id = kCustomer};
};

TEST_F(MetaRulesTest, WindowIsOneDay) {
  LastWrote(absl::Hours(24));
  EXPECT_EQ(Send(), kFine);
  LastWrote(absl::Hours(24) + kInstant);
  EXPECT_EQ(Send(), kOutside);
}

TEST_F(MetaRulesTest, HumanAgentHasSevenDays) {
  LastWrote(absl::Hours(7 * 24));
  EXPECT_EQ(Send(true), kFine);
  LastWrote(absl::Hours(7 * 24) + kInstant);
  EXPECT_EQ(Send(true), kOutside);
}

TEST_F(MetaRulesTest, WhoNeverWroteCannotBeWrittenTo) {
  user_.last_message.reset();
  EXPECT_EQ(Send(), kOutside);
  EXPECT_EQ(Send(true), kOutside);
}

TEST_F(MetaRulesTest, WindowIsNotAskedForUnlessStrict) {
  config_.strict = false;
  user_.last_message.reset();
  EXPECT_EQ(Send(), kFine);
}

TEST_F(MetaRulesTest, UnknownUserIsNoUserOnlyWhenStrict) {
  EXPECT_EQ(CodesOf(RefuseSend(config_, std::nullopt, {}, now_)),
            Codes(100, 2534014));
  config_.strict = false;
  EXPECT_EQ(CodesOf(RefuseSend(config_, std::nullopt, {}, now_)), kFine);
}

TEST_F(MetaRulesTest, WhatWasSetOfAUserCountsInAnyMode) {
  for (const bool strict : {false, true}) {
    config_.strict = strict;
    user_.blocked = true;
    EXPECT_EQ(Send(), Codes(551, 1545041));
    user_.blocked = false;
    user_.messages_allowed = false;
    EXPECT_EQ(Send(), Codes(10, 2018108));
    user_.messages_allowed = true;
    user_.exists = false;
    EXPECT_EQ(Send(), Codes(100, 2534014));
    user_.exists = true;
  }
}

TEST_F(MetaRulesTest, UnapprovedAppReachesOnlyPeopleWithARole) {
  config_.app_approved = false;
  EXPECT_EQ(Send(), Codes(200, 2018028));
  user_.app_role = true;
  EXPECT_EQ(Send(), kFine);
}

TEST_F(MetaRulesTest, OwnerCanSwitchMessagesOff) {
  config_.access_to_messages = false;
  EXPECT_EQ(Send(), Codes(200, 2534041));
}

TEST_F(MetaRulesTest, TokenIsAlwaysNeeded) {
  EXPECT_EQ(Token(""), Codes(190, 0));
  config_.strict = false;
  EXPECT_EQ(Token(""), Codes(190, 0));
}

TEST_F(MetaRulesTest, OtherTokensHaveExpired) {
  EXPECT_EQ(Token("any"), kFine);
  config_.access_token = Secret("good");
  EXPECT_EQ(Token("good"), kFine);
  EXPECT_EQ(Token("goo"), Codes(190, 463));
  config_.strict = false;
  EXPECT_EQ(Token("goo"), kFine);
}

TEST_F(MetaRulesTest, TokenNeedsThePermissionToMessage) {
  config_.permissions = {"instagram_basic"};
  EXPECT_EQ(Token("any"), Codes(200, 0));
  config_.permissions = {"instagram_business_manage_messages"};
  EXPECT_EQ(Token("any"), kFine);
  config_.permissions = {};
  config_.strict = false;
  EXPECT_EQ(Token("any"), kFine);
}

TEST_F(MetaRulesTest, ProfileNeedsConsentOnlyWhenStrict) {
  EXPECT_EQ(Profile(), kFine);
  user_.last_message.reset();
  EXPECT_EQ(Profile(), Codes(230, 0));
  config_.strict = false;
  EXPECT_EQ(Profile(), kFine);
}

TEST_F(MetaRulesTest, ConsentThatWasTakenAwayIsMissingInAnyMode) {
  user_.profile_consent = false;
  for (const bool strict : {false, true}) {
    config_.strict = strict;
    EXPECT_EQ(Profile(), Codes(230, 0));
  }
}

TEST_F(MetaRulesTest, WhoIsGoneHasNoProfile) {
  user_.exists = false;
  EXPECT_EQ(Profile(), Codes(9010, 0));
  EXPECT_EQ(CodesOf(RefuseProfile(config_, std::nullopt)), Codes(9010, 0));
}

// The same over HTTP: what a gateway sees.
class StrictTest : public EmulatorTest {
 protected:
  StrictTest() { Set(kConfig, R"({"strict":true})"); }

  void Set(std::string_view control, std::string_view body) {
    const Reply reply = Control("PUT", control, body);
    ASSERT_EQ(reply.status, 200) << reply.body;
  }
};

TEST_F(StrictTest, MessageOpensTheWindow) {
  EXPECT_EQ(ErrorCode(Send("too early")), 100);
  emulator_->PlayText(kCustomer, "Hi").IgnoreError();
  EXPECT_EQ(Send("in time").status, 200);
}

TEST_F(StrictTest, AgeClosesIt) {
  Set(kAnyUserPath, R"({"last_message_age_s":86300})");
  EXPECT_EQ(Send("in time").status, 200);
  Set(kAnyUserPath, R"({"last_message_age_s":86500})");
  const Reply late = Send("too late");
  EXPECT_EQ(late.status, 403);
  EXPECT_EQ(late.Json().at("error").at("error_subcode").as_int64(), 2534022);
}

TEST_F(StrictTest, MessageWithAnOldTimestampLeavesItClosed) {
  Control("POST", "/emulator/messages",
          R"({"from":"6100000000000001","text":"x","timestamp":1000})");
  EXPECT_EQ(ErrorCode(Send("too late")), 10);
}

TEST_F(StrictTest, ReactionDoesNotOpenIt) {
  Set(kAnyUserPath, "{}");
  emulator_->Play(ReactionEvent(kCustomer, "m_1", "love")).IgnoreError();
  EXPECT_EQ(ErrorCode(Send("too early")), 10);
}

TEST_F(StrictTest, AnotherPageIsNotKnown) {
  Set(kAnyUserPath, R"({"last_message_age_s":0})");
  Set(kConfig, R"({"page_id":"100200300400500"})");
  const char* body =
      R"({"recipient":{"id":"6100000000000001"},"message":{"text":"x"}})";
  EXPECT_EQ(Graph("POST", "/v25.0/100200300400500/messages", body).status, 200);
  const Reply other = Graph("POST", "/v25.0/100200300400599/messages", body);
  EXPECT_EQ(ErrorCode(other), 100);
  EXPECT_EQ(other.Json().at("error").at("error_subcode").as_int64(), 33);
}

TEST_F(StrictTest, TokenIsCheckedOnEveryEdge) {
  Set(kConfig, R"({"access_token":"another"})");
  for (const char* path : {"/me/messages", "/61?fields=username",
                           "/me/messenger_profile?fields=ice_breakers"}) {
    const Reply reply = Graph("GET", path);
    EXPECT_EQ(reply.status, 401) << path;
    EXPECT_EQ(ErrorCode(reply), 190) << path;
  }
}

}  // namespace
}  // namespace linktor::emulator
