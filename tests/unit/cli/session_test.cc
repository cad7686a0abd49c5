// Every command has these in common: the connection, the API key, and what is
// said when either fails.

#include "client/cli/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json.hpp>

#include "tests/unit/cli/local_server.h"

namespace linktor::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using SessionTest = LocalServerTest;

// ---- The API key -----------------------------------------------------------

TEST_F(SessionTest, UnaryCallsAndStreamsCarryTheKey) {
  environment_["LINKTOR_IG_API_KEY"] = "lig_1";
  EXPECT_EQ(RunCli({"channels", "list"}).status, 0);
  EXPECT_EQ(RunCli({"keys", "list"}).status, 0);
  EXPECT_EQ(RunCli({"events", "tail", "--until-caught-up"}).status, 0);
  EXPECT_THAT(channels_.authorizations, ElementsAre("Bearer lig_1"));
  EXPECT_THAT(access_.authorizations, ElementsAre("Bearer lig_1"));
  EXPECT_THAT(events_.authorizations, ElementsAre("Bearer lig_1"));
}

TEST_F(SessionTest, NoKeyIsNoMetadata) {
  EXPECT_EQ(RunCli({"channels", "list"}).status, 0);
  EXPECT_EQ(RunCli({"events", "tail", "--until-caught-up"}).status, 0);
  EXPECT_THAT(channels_.authorizations, ElementsAre("-"));
  EXPECT_THAT(events_.authorizations, ElementsAre("-"));
}

TEST_F(SessionTest, KeyOfAFileByOptionOrByTheEntry) {
  const std::string file = Written("a.key", " lig_file\n");
  EXPECT_EQ(RunCli({"--api-key-file", file, "channels", "list"}).status, 0);
  const std::string config =
      Written("c.toml", absl::StrCat("[servers.here]\naddress = \"",
                                     environment_["LINKTOR_IG_SERVER"],
                                     "\"\napi_key_file = \"a.key\"\n"));
  EXPECT_EQ(RunCli({"channels", "list", "--config", config, "--server", "here"})
                .status,
            0);
  EXPECT_THAT(channels_.authorizations,
              ElementsAre("Bearer lig_file", "Bearer lig_file"));
}

TEST_F(SessionTest, KeyThatCannotBeReadIsUsageAndNoCall) {
  const Outcome outcome =
      RunCli({"channels", "list", "--api-key-file", folder_.path() + "/none"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("none (--api-key-file) cannot be read"));
  EXPECT_THAT(channels_.authorizations, IsEmpty());
}

TEST_F(SessionTest, KeyThatOthersMayReadIsWarnedOfOnStandardError) {
  const std::string file = Written("a.key", "lig_file");
  chmod(file.c_str(), 0644);
  const Outcome text = RunCli({"channels", "list", "--api-key-file", file});
  EXPECT_EQ(text.status, 0);
  EXPECT_THAT(text.err, StartsWith("warning: other users can read"));
  const Outcome machine =
      RunCli({"channels", "list", "--api-key-file", file, "--json"});
  EXPECT_THAT(boost::json::parse(machine.err).at("notice").as_string().c_str(),
              StartsWith("warning: "));
}

// The address is of a network for documentation: nothing answers there, and
// nothing may be tried.
TEST_F(SessionTest, KeyIsNotSentUnencryptedToAnotherMachine) {
  environment_["LINKTOR_IG_API_KEY"] = "lig_1";
  const Outcome outcome =
      RunCli({"channels", "list", "--server", "192.0.2.1:50051"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("would travel unencrypted"),
                                 Not(HasSubstr("lig_1"))));
}

TEST_F(SessionTest, RefusedKeyIsToldWithItsSourceAndNotItself) {
  environment_["LINKTOR_IG_API_KEY"] = "lig_1";
  channels_.status =
      Refused(grpc::StatusCode::UNAUTHENTICATED, "API_KEY_INVALID");
  for (const char* json : {"--json", "--no-tls"}) {
    const Outcome outcome = RunCli({"channels", "list", json});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("from LINKTOR_IG_API_KEY"),
                                   Not(HasSubstr("lig_1"))));
  }
}

TEST_F(SessionTest, MissingKeyIsToldWithWhereToGiveIt) {
  channels_.status =
      Refused(grpc::StatusCode::UNAUTHENTICATED, "API_KEY_MISSING");
  EXPECT_THAT(RunCli({"channels", "list"}).err,
              AllOf(HasSubstr("detail: api_key = none was sent"),
                    HasSubstr("next: give a key by --api-key-file FILE")));
}

// ---- The connection --------------------------------------------------------

TEST_F(SessionTest, UnixSocketNeedsNoTlsForAKey) {
  environment_["LINKTOR_IG_API_KEY"] = "lig_1";
  Listen(absl::StrCat("unix:", folder_.path(), "/ig.sock"));
  const Outcome outcome = RunCli({"channels", "list"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(channels_.authorizations, ElementsAre("Bearer lig_1"));
}

TEST_F(SessionTest, ServerWithoutTlsIsToldFromOneThatIsAway) {
  const Outcome outcome = RunCli({"channels", "list", "--tls"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("cannot reach the server"),
                                 HasSubstr("does not speak TLS")));
  EXPECT_THAT(channels_.authorizations, IsEmpty());
}

TEST_F(SessionTest, BadConfigurationIsUsageForWhatNeedsTheServer) {
  environment_["LINKTOR_IG_CLI_CONFIG"] =
      Written("c.toml", "[servers.a]\ncolour = 1\n");
  const Outcome outcome = RunCli({"channels", "list"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("c.toml:2: [servers.a] has no setting"));
  EXPECT_EQ(RunCli({"errors", "DRAINING"}).status, 0);
}

// ---- Sends whose outcome is unknown ----------------------------------------

TEST_F(SessionTest, BrokenSendShowsTheCommandToRepeatUnderItsRequestId) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::CANCELLED,
        grpc::StatusCode::INTERNAL, grpc::StatusCode::UNKNOWN,
        grpc::StatusCode::DEADLINE_EXCEEDED}) {
    messaging_.status = {code, "broken"};
    const Outcome outcome =
        RunCli({"send", "--timeout", "1", "text", "ch", "61", "--", "- it's"});
    EXPECT_EQ(outcome.status, 4);
    const std::string id = messaging_.sent.back().request_id();
    ASSERT_THAT(id, Not(IsEmpty()));
    EXPECT_THAT(
        outcome.err,
        AllOf(HasSubstr("Nobody knows whether it was sent"),
              HasSubstr(absl::StrCat("detail: request_id = ", id, "\n")),
              HasSubstr(absl::StrCat(
                  "next: safe to repeat: linktor-ig send --timeout 1 text ch "
                  "61 --request-id ",
                  id, " -- '- it'\\''s'\n"))));
  }
}

TEST_F(SessionTest, BrokenSendIsRepeatedUnderItsRequestId) {
  messaging_.breaks = 2;
  const Outcome outcome = RunCli({"send", "text", "ch", "61", "Hi"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  ASSERT_EQ(messaging_.sent.size(), 3U);
  EXPECT_EQ(messaging_.sent[1].request_id(), messaging_.sent[0].request_id());
  EXPECT_EQ(messaging_.sent[2].request_id(), messaging_.sent[0].request_id());
  EXPECT_THAT(outcome.out, HasSubstr(messaging_.sent[0].request_id()));
}

TEST_F(SessionTest, WhatTheServerSaysItselfIsNoBreak) {
  messaging_.status =
      Refused(grpc::StatusCode::UNAVAILABLE, "GRAPH_UNAVAILABLE");
  const Outcome outcome =
      RunCli({"send", "text", "ch", "61", "Hi", "--timeout", "1"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("nothing was sent"),
                                 HasSubstr("detail: request_id = cli-"),
                                 Not(HasSubstr("safe to repeat"))));
}

TEST_F(SessionTest, UnknownOutcomeAtInstagramIsNotRepeated) {
  messaging_.status = Refused(grpc::StatusCode::UNKNOWN, "SEND_OUTCOME_UNKNOWN",
                              {{"message_id", "msg_1"}});
  const Outcome outcome = RunCli({"send", "text", "ch", "61", "Hi"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("messages resolve ch msg_1 sent|not-sent"),
                    Not(HasSubstr("safe to repeat"))));
}

TEST_F(SessionTest, SendShowsTheRequestIdItMade) {
  const Outcome outcome = RunCli({"send", "text", "ch", "61", "Hi"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("request id      cli-"));
}

}  // namespace
}  // namespace linktor::cli
