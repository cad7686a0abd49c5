// Goes through the troubleshooting section of Linktor's page: it brings about
// each situation that the emulator can, and checks what the caller is told.
// docs/going-live.md has the same list for people.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/support/gateway.h"
#include "tests/support/golden.h"

namespace linktor::testing {
namespace {

using emulator::Emulator;
using emulator::FaultKind;
using grpc::StatusCode;
using ::testing::HasSubstr;

struct Situation {
  std::string name;
  // Brings it about.
  std::function<void(Emulator&)> arrange;
  StatusCode code;
  std::string reason;
  // A part of the remedy that the caller is told.
  std::string remedy;
};

void PrintTo(const Situation& situation, std::ostream* out) {
  *out << situation.name;
}

void Strict(Emulator& instagram) { instagram.Configure({.strict = true}); }

std::function<void(Emulator&)> User(const emulator::UserChange& change) {
  return [change](Emulator& instagram) {
    EXPECT_TRUE(instagram.ChangeUser(kUser, change).ok());
  };
}

std::function<void(Emulator&)> GraphError(int code, int subcode) {
  return [code, subcode](Emulator& instagram) {
    EXPECT_TRUE(instagram
                    .AddFault({.on = "messages",
                               .kind = FaultKind::kGraphError,
                               .error = {.code = code, .subcode = subcode}})
                    .ok());
  };
}

std::function<void(Emulator&)> Breaks(FaultKind kind) {
  return [kind](Emulator& instagram) {
    EXPECT_TRUE(instagram.AddFault({.on = "messages", .kind = kind}).ok());
  };
}

std::vector<Situation> Situations() {
  return {
      // "Message failed to send"
      {"UserHasNotWritten",
       [](Emulator& instagram) {
         User({.app_role = true})(instagram);
         Strict(instagram);
       },
       StatusCode::FAILED_PRECONDITION, "OUTSIDE_MESSAGING_WINDOW",
       "Wait until the customer writes"},
      {"InvalidIgsid", User({.exists = false}), StatusCode::NOT_FOUND,
       "RECIPIENT_NOT_FOUND", "user_id of an event of this same channel"},
      {"AccessTokenExpired",
       [](Emulator& instagram) {
         Strict(instagram);
         instagram.Configure({.access_token = Secret("another")});
       },
       StatusCode::FAILED_PRECONDITION, "ACCESS_TOKEN_EXPIRED",
       "SetChannelCredentials"},
      {"OutsideTheWindow",
       [](Emulator& instagram) {
         Strict(instagram);
         User({.last_message_age = absl::Hours(25)})(instagram);
       },
       StatusCode::FAILED_PRECONDITION, "OUTSIDE_MESSAGING_WINDOW",
       "MESSAGE_TAG_HUMAN_AGENT"},
      {"TooMany", GraphError(613, 0), StatusCode::RESOURCE_EXHAUSTED,
       "RATE_LIMITED", "RetryInfo"},
      {"MediaNotFetched", GraphError(100, 2018008),
       StatusCode::INVALID_ARGUMENT, "MEDIA_REJECTED", "public, direct URL"},
      {"NoAnswerFromMeta", Breaks(FaultKind::kAcceptThenClose),
       StatusCode::UNKNOWN, "SEND_OUTCOME_UNKNOWN", "Do not send it again"},
      {"MetaTemporarilyFails", GraphError(1200, 0), StatusCode::UNAVAILABLE,
       "GRAPH_UNAVAILABLE", "nothing was sent"},
      // Meta calls this error "Permission denied".
      {"PermissionMissing",
       [](Emulator& instagram) {
         Strict(instagram);
         instagram.Configure(
             {.permissions = std::vector<std::string>{"instagram_basic"}});
       },
       StatusCode::FAILED_PRECONDITION, "PERMISSION_MISSING",
       "instagram_manage_messages"},
      {"AppNotApproved",
       [](Emulator& instagram) {
         Strict(instagram);
         User({.last_message_age = absl::ZeroDuration()})(instagram);
         instagram.Configure({.app_approved = false});
       },
       StatusCode::FAILED_PRECONDITION, "APP_NOT_APPROVED", "App Review"},
      {"AccountNotConnected",
       [](Emulator& instagram) {
         Strict(instagram);
         instagram.Configure({.page_id = "100200300400599"});
       },
       StatusCode::NOT_FOUND, "GRAPH_ERROR",
       "page_id, instagram_account_id and login_type"},
      {"UnknownPath", GraphError(2500, 0), StatusCode::INVALID_ARGUMENT,
       "GRAPH_ERROR", "page_id, instagram_account_id and login_type"},
      // "Webhook not receiving events", where sends are refused as well
      {"AccessToMessagesOff",
       [](Emulator& instagram) {
         Strict(instagram);
         instagram.Configure({.access_to_messages = false});
       },
       StatusCode::FAILED_PRECONDITION, "MESSAGING_DISABLED",
       "Allow access to messages"},
      // "Can't send to user"
      {"UserBlockedYou", User({.blocked = true}),
       StatusCode::FAILED_PRECONDITION, "RECIPIENT_UNAVAILABLE",
       "Wait until the customer writes"},
      {"MessageControls", User({.messages_allowed = false}),
       StatusCode::FAILED_PRECONDITION, "RECIPIENT_UNAVAILABLE",
       "Wait until the customer writes"},
      {"AnotherAppHasTheConversation", GraphError(100, 2534037),
       StatusCode::FAILED_PRECONDITION, "THREAD_CONTROLLED_BY_ANOTHER_APP",
       "passes control"},
      {"AccountRestricted", GraphError(10, 1893063),
       StatusCode::FAILED_PRECONDITION, "ACCOUNT_RESTRICTED",
       "Account Quality"},
      {"ActionBlocked", GraphError(368, 0), StatusCode::FAILED_PRECONDITION,
       "ACTION_BLOCKED", "Stop sending"},
  };
}

class TroubleshootingTest : public ::testing::TestWithParam<Situation> {};

TEST_P(TroubleshootingTest, CodeReasonAndRemedy) {
  const Situation& situation = GetParam();
  Gateway gateway;
  gateway.CreateChannel();
  situation.arrange(gateway.instagram());
  grpc::Status status;
  (void)gateway.Send("Hello", "r1", status);
  EXPECT_EQ(status.error_code(), situation.code) << status.error_message();
  const auto info = ErrorInfoOf(status);
  EXPECT_EQ(info.domain(), "instagram.linktor");
  EXPECT_EQ(info.reason(), situation.reason) << status.error_message();
  EXPECT_THAT(info.metadata().at("remedy"), HasSubstr(situation.remedy));
  EXPECT_EQ(
      DetailOf<google::rpc::RetryInfo>(status).has_retry_delay(),
      situation.code == StatusCode::RESOURCE_EXHAUSTED ||
          situation.code == StatusCode::UNAVAILABLE ||
          // What could not be fetched once may be the next time.
          info.metadata().at("remedy").find("RetryInfo") != std::string::npos);
  // The document for people knows it too.
  EXPECT_TRUE(absl::StrContains(ReadFile(SourceDir() + "/docs/going-live.md"),
                                absl::StrCat("`", situation.reason, "`")));
  // The outcome on the stream and in GetMessage is the same error.
  const v1::Message message = gateway.GetByRequest("r1");
  EXPECT_EQ(message.error().reason(), situation.reason);
  EXPECT_EQ(message.error().metadata().at("remedy"),
            info.metadata().at("remedy"));
  const std::vector<v1::Event> events = gateway.AllEvents();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(MessageOf(events[0]).error().reason(), situation.reason);
}

INSTANTIATE_TEST_SUITE_P(Page, TroubleshootingTest,
                         ::testing::ValuesIn(Situations()),
                         [](const auto& one) { return one.param.name; });

// Nothing was claimed, so nothing is on the stream.
TEST(CredentialsTroubleshootingTest, ChannelWithoutATokenSaysSo) {
  Gateway gateway;
  v1::CreateChannelRequest request = Gateway::DefaultChannel();
  request.mutable_credentials()->clear_access_token();
  gateway.CreateChannel(request);
  grpc::Status status;
  (void)gateway.Send("Hello", "r1", status);
  EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "CREDENTIALS_MISSING");
  EXPECT_THAT(ErrorInfoOf(status).metadata().at("remedy"),
              HasSubstr("SetChannelCredentials"));
}

TEST(WebhookTroubleshootingTest, WhatMetaIsAnswered) {
  Gateway gateway;
  gateway.CreateChannel();
  const auto verify = [&](const std::string& channel,
                          const std::string& token) {
    return gateway
        .Http({.method = "GET",
               .url = absl::StrCat(
                   "http://", gateway.server().webhook(),
                   "/webhooks/instagram/", channel,
                   "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_"
                   "token=",
                   token)})
        .status_code;
  };
  EXPECT_EQ(verify(kChannel, kVerifyToken), 200);
  EXPECT_EQ(verify(kChannel, "another"), 403);
  EXPECT_EQ(verify("ch_nobody", kVerifyToken), 404);
  const std::string body = Gateway::TextBody("m1", "Hello");
  EXPECT_EQ(gateway.Post(body, "another secret"), 401);
  EXPECT_EQ(gateway.AllEvents().size(), 0U);
  // A webhook of another account is answered, but is nobody's event.
  EXPECT_EQ(gateway.Post(
                absl::StrReplaceAll(body, {{kAccount, "17841499999999999"}})),
            200);
  EXPECT_EQ(gateway.AllEvents().size(), 0U);
  EXPECT_EQ(gateway.Post(body), 200);
  EXPECT_EQ(gateway.AllEvents().size(), 1U);
}

}  // namespace
}  // namespace linktor::testing
