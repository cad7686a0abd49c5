// The built command-line client as a process, against the real server; what
// follows the events is in cli_tail_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/integration/cli_fixture.h"
#include "tests/integration/cli_process.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

// ---- Channels --------------------------------------------------------------

TEST_F(CliTest, FromAnEmptyServerToAnAnswer) {
  EXPECT_THAT(RunCli({"channels", "list"}).out, HasSubstr("No channels yet"));
  const Outcome created = RunCli(
      {"channels", "create", "--id", kChannel, "--account-id", kAccount,
       "--page-id", kPage, "--access-token-file",
       Written("token", absl::StrCat(kToken, "\n")), "--app-secret-file",
       Written("secret", absl::StrCat(kAppSecret, "\n")), "--verify-token-file",
       Written("verify", absl::StrCat(kVerifyToken, "\n"))});
  ASSERT_EQ(created.status, 0) << created.err;
  EXPECT_THAT(created.out, HasSubstr("/webhooks/instagram/ch_test"));
  // The secrets arrived without their line ends: webhooks are taken.
  gateway_.PointWebhooks();
  Write("Hi");
  EXPECT_THAT(
      RunCli({"events", "tail", "--from-start", "--until-caught-up"}).out,
      HasSubstr(absl::StrCat(kUser,
                             "     message.received        "
                             "wrote \"Hi\" (msg_")));
  EXPECT_EQ(Sent({"send", "text", kChannel, kUser, "Hello!"}),
            json::parse(R"({"text":"Hello!"})"));
}

TEST_F(CliTest, SecretsAreNeverPrinted) {
  const std::vector<std::string> secrets = {
      absl::StrCat("LINKTOR_IG_ACCESS_TOKEN=", kToken),
      absl::StrCat("LINKTOR_IG_APP_SECRET=", kAppSecret),
      absl::StrCat("LINKTOR_IG_VERIFY_TOKEN=", kVerifyToken)};
  std::string said;
  const auto run = [&](std::vector<std::string> arguments) {
    for (const bool as_json : {false, true}) {
      if (as_json) arguments.emplace_back("--json");
      const Outcome outcome = RunCli(arguments, secrets);
      absl::StrAppend(&said, outcome.out, outcome.err);
    }
  };
  run({"channels", "create", "--id", kChannel, "--account-id", kAccount,
       "--page-id", kPage});
  run({"channels", "get", kChannel});
  run({"channels", "list"});
  run({"channels", "set-credentials", kChannel});
  run({"channels", "create", "--help"});
  EXPECT_THAT(said, HasSubstr("fingerprint"));
  for (const char* secret : {kToken, kAppSecret, kVerifyToken}) {
    EXPECT_THAT(said, Not(HasSubstr(secret)));
  }
}

// ---- Sending ---------------------------------------------------------------

TEST_F(CliSendTest, TextAndQuickReplies) {
  EXPECT_EQ(Send("text", {"--", "-10 % today"}),
            json::parse(R"({"text":"-10 % today"})"));
  const json::value sent = Send("text", {"Which?", "--quick-reply", "Blue=B",
                                         "--quick-reply", "Green=G=1"});
  EXPECT_EQ(sent.at("text"), "Which?");
  EXPECT_EQ(sent.at("quick_replies"),
            json::parse(R"([{"content_type":"text","title":"Blue",
                             "payload":"B"},
                            {"content_type":"text","title":"Green",
                             "payload":"G=1"}])"));
}

TEST_F(CliSendTest, ImageVideoAndAudio) {
  for (const char* kind : {"image", "video", "audio"}) {
    const json::value sent = Send(kind, {"https://example.com/file"});
    EXPECT_EQ(sent.at("attachment").at("type"), kind);
    EXPECT_EQ(sent.at("attachment").at("payload").at("url"),
              "https://example.com/file");
  }
}

TEST_F(CliSendTest, Heart) {
  EXPECT_EQ(Send("heart", {}),
            json::parse(R"({"attachment":{"type":"like_heart"}})"));
}

TEST_F(CliSendTest, TemplateInWordsAndElements) {
  const json::value sent = Send(
      "template", {"--title", "Hat", "--subtitle", "19 EUR", "--button",
                   "Buy=https://example.com/hat", "--button", "Ask=ASK",
                   "--element", R"({"title":"Scarf","subtitle":"9 EUR"})"});
  const json::value& payload = sent.at("attachment").at("payload");
  EXPECT_EQ(payload.at("template_type"), "generic");
  EXPECT_EQ(payload.at("elements"),
            json::parse(R"([{"title":"Hat","subtitle":"19 EUR","buttons":[
                  {"type":"web_url","title":"Buy",
                   "url":"https://example.com/hat"},
                  {"type":"postback","title":"Ask","payload":"ASK"}]},
                {"title":"Scarf","subtitle":"9 EUR"}])"));
}

TEST_F(CliSendTest, JsonOfAFile) {
  EXPECT_EQ(Send("json", {Written("content", R"({"text":"Hi"})")}),
            json::parse(R"({"text":"Hi"})"));
}

TEST_F(CliSendTest, SameRequestIdIsSentOnce) {
  const std::vector<std::string> line = {
      "send", "text", kChannel, kUser, "Hi", "--request-id", "order-17"};
  EXPECT_EQ(RunCli(line).status, 0);
  const Outcome again = RunCli(line);
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.out, StartsWith("Sent before, not again"));
  EXPECT_EQ(gateway_.SendsReceived(), 1);
  EXPECT_THAT(
      RunCli({"messages", "get", kChannel, "--request-id", "order-17"}).out,
      HasSubstr("content         \"Hi\""));
}

TEST_F(CliSendTest, AnswerIsJsonForMachines) {
  const Outcome sent =
      RunCli({"--json", "send", "text", kChannel, kUser, "Hi"});
  const json::value answer = json::parse(sent.out);
  EXPECT_EQ(answer.at("message").at("state"), "MESSAGE_STATE_SENT");
  EXPECT_THAT(sent.err, IsEmpty());
}

// ---- Errors ----------------------------------------------------------------

TEST_F(CliSendTest, RefusalHasReasonRemedyNextStepAndOne) {
  ASSERT_EQ(RunCli({"conversations", "opt-out", kChannel, kUser}).status, 0);
  const Outcome refused = RunCli({"send", "text", kChannel, kUser, "Hi"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.out, IsEmpty());
  EXPECT_THAT(
      refused.err,
      AllOf(StartsWith("error: "),
            HasSubstr("reason: RECIPIENT_OPTED_OUT (FAILED_PRECONDITION)"),
            HasSubstr("what to do: Do not write to this customer unless"),
            HasSubstr(absl::StrCat("linktor-ig conversations opt-in ", kChannel,
                                   " ", kUser))));
  EXPECT_EQ(gateway_.SendsReceived(), 0);
}

TEST_F(CliSendTest, RefusalIsJsonForMachines) {
  const Outcome refused =
      RunCli({"--json", "send", "text", "nope", kUser, "Hi"});
  EXPECT_EQ(refused.status, 1);
  const json::value error = json::parse(refused.err).at("error");
  EXPECT_EQ(error.at("reason"), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(error.at("exitCode"), 1);
  EXPECT_FALSE(error.at("remedy").as_string().empty());
}

TEST_F(CliSendTest, WrongUsageIsTwoAndAsksNothing) {
  EXPECT_EQ(RunCli({"send", "fax", kChannel, kUser}).status, 2);
  EXPECT_EQ(RunCli({"send", "json", kChannel, kUser, "/nowhere"}).status, 2);
  EXPECT_EQ(RunCli({"events", "tail", "--after", ""}).status, 2);
  EXPECT_EQ(gateway_.SendsReceived(), 0);
}

TEST_F(CliTest, VersionIsTheServers) {
  const ProcessEnd server = RunServer({"--version"});
  EXPECT_THAT(server.output, MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+\n"));
  const Outcome outcome = RunCli({"--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, server.output);
}

TEST_F(CliSendTest, TextThatIsNotUtf8IsNotSent) {
  const Outcome send = RunCli({"send", "text", kChannel, kUser, "caf\xe9"});
  EXPECT_EQ(send.status, 2);
  EXPECT_THAT(send.err, StartsWith("error: what is given for content.text is "
                                   "not UTF-8\n"));
  const Outcome tail = RunCli({"events", "tail", "--user", "\xff"});
  EXPECT_EQ(tail.status, 2);
  EXPECT_THAT(tail.err, HasSubstr("user_ids is not UTF-8"));
  EXPECT_EQ(gateway_.SendsReceived(), 0);
}

// It used to print the help and end with 0, as if the text had been sent.
TEST_F(CliSendTest, TextThatBeginsLikeAnOptionIsNotTakenForHelp) {
  const Outcome outcome = RunCli({"send", "text", kChannel, kUser, "-hello"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("comes last, after --"));
  EXPECT_EQ(RunCli({"send", "text", "-h"}).status, 0);
}

TEST_F(CliSendTest, ServerThatIsNotThereIsThree) {
  const std::string address = gateway_.server().grpc();
  gateway_.server().Kill();
  for (const char* command : {"channels list", "events tail"}) {
    Cli cli({.server = address, .arguments = absl::StrSplit(command, ' ')});
    EXPECT_EQ(cli.Wait(), 3);
    EXPECT_THAT(cli.err(), AllOf(HasSubstr("cannot reach the server"),
                                 HasSubstr("Nothing was done.")));
  }
}

TEST_F(CliSendTest, UnknownOutcomeIsFourUntilSomeoneResolvesIt) {
  gateway_.instagram().Configure({.hold_echoes = true});
  ASSERT_TRUE(gateway_.instagram()
                  .AddFault({.on = "messages",
                             .kind = emulator::FaultKind::kAcceptThenClose})
                  .ok());
  const Outcome sent = RunCli(
      {"send", "text", kChannel, kUser, "Hi", "--request-id", "order-17"});
  EXPECT_EQ(sent.status, 4);
  EXPECT_THAT(sent.err, HasSubstr("next: linktor-ig messages get ch_test "
                                  "--request-id order-17"));
  const std::string id = gateway_.GetByRequest("order-17").id();
  EXPECT_THAT(sent.err, HasSubstr(absl::StrCat("messages resolve ch_test ", id,
                                               " sent|not-sent")));
  EXPECT_THAT(RunCli({"messages", "resolve", kChannel, id, "sent"}).out,
              HasSubstr("state           SENT"));
  EXPECT_EQ(RunCli({"messages", "resolve", kChannel, id, "sent"}).status, 1);
}

TEST_F(CliSendTest, ConversationsAreListed) {
  Write("Do you ship?");
  Outcome list = RunCli({"conversations", "list", kChannel, "--unanswered"});
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr(absl::StrCat(kUser, " ")));
  EXPECT_THAT(list.out, HasSubstr("1 unanswered"));
  EXPECT_THAT(list.out, HasSubstr("from them \"Do you ship?\""));
  ASSERT_EQ(RunCli({"send", "text", kChannel, kUser, "Yes"}).status, 0);
  list = RunCli({"conversations", "list", kChannel});
  EXPECT_THAT(list.out, HasSubstr("to them \"Yes\""));
  EXPECT_THAT(RunCli({"conversations", "list", kChannel, "--unanswered"}).err,
              HasSubstr("0 conversations, and no more"));
}

TEST_F(CliSendTest, MessagesOfACustomerAreListed) {
  Write("Do you ship?");
  ASSERT_EQ(RunCli({"send", "text", kChannel, kUser, "Yes"}).status, 0);
  const Outcome list = RunCli({"messages", "list", kChannel, "--user", kUser});
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr(absl::StrCat("to ", kUser, " SENT msg_")));
  EXPECT_THAT(list.out,
              HasSubstr(absl::StrCat("from ", kUser, " RECEIVED msg_")));
  EXPECT_LT(list.out.find("\"Yes\""), list.out.find("\"Do you ship?\""));
  EXPECT_THAT(list.err, HasSubstr("2 messages, and no more"));
  EXPECT_THAT(
      RunCli({"messages", "list", kChannel, "--state", "RECEIVED", "--json"})
          .out,
      HasSubstr("MESSAGE_STATE_RECEIVED"));
  EXPECT_EQ(RunCli({"messages", "list", kChannel, "--state", "LOST"}).status,
            2);
}

TEST_F(CliSendTest, AnswerThatCannotBeWrittenIsFive) {
  Cli cli({.server = gateway_.server().grpc(),
           .arguments = {"send", "text", kChannel, kUser, "Hi"}});
  cli.CloseOut();
  EXPECT_EQ(cli.Wait(), 5);
  EXPECT_THAT(cli.err(), HasSubstr("it was done, but standard output cannot be "
                                   "written: Broken pipe"));
  EXPECT_EQ(gateway_.SendsReceived(), 1);
}

TEST_F(CliSendTest, FullOutputIsFiveAndSaysSo) {
  Cli send({.server = gateway_.server().grpc(),
            .arguments = {"send", "text", kChannel, kUser, "Hi"},
            .output = "/dev/full"});
  EXPECT_EQ(send.Wait(), 5);
  EXPECT_THAT(send.err(),
              HasSubstr("it was done, but standard output cannot be "
                        "written: No space left on device"));
  Cli tail({.server = gateway_.server().grpc(),
            .arguments = {"events", "tail", "--from-start"},
            .output = "/dev/full"});
  EXPECT_EQ(tail.Wait(), 5);
  EXPECT_THAT(tail.err(), HasSubstr("standard output cannot be written: No "
                                    "space left on device"));
}

// ---- Ice breakers ----------------------------------------------------------

TEST_F(CliSendTest, IceBreakersAreSetTappedAndDeleted) {
  EXPECT_EQ(
      RunCli({"ice-breakers", "set", kChannel, "When are you open?=HOURS"})
          .status,
      0);
  EXPECT_THAT(RunCli({"ice-breakers", "get", kChannel}).out,
              HasSubstr("\"When are you open?\" gives HOURS"));
  auto tap = gateway_.instagram().Tapped(
      {.from = kUser, .title = "When are you open?"});
  ASSERT_TRUE(tap.ok()) << tap.status();
  ASSERT_TRUE(gateway_.instagram().Play(*std::move(tap)).ok());
  EXPECT_THAT(
      RunCli({"events", "tail", "--from-start", "--until-caught-up"}).out,
      HasSubstr("tapped the ice breaker \"When are you open?\", which "
                "gives HOURS"));
  EXPECT_EQ(RunCli({"ice-breakers", "delete", kChannel}).status, 0);
  EXPECT_THAT(RunCli({"ice-breakers", "get", kChannel}).out,
              HasSubstr("No ice breakers"));
}

}  // namespace
}  // namespace linktor::testing
