// These tests run "linktor-ig events tail" as a process against the real
// server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <csignal>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/integration/cli_fixture.h"
#include "tests/integration/cli_process.h"
#include "tests/support/gateway.h"
#include "tests/support/server_process.h"

namespace linktor::testing {
namespace {

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(CliSendTest, TailGoesOnAfterTheCursorItEndedWith) {
  Write("one");
  Write("two");
  const Outcome first = RunCli({"events", "tail", "--from-start", "--type",
                                "message.*", "--count", "1", "--json"});
  const json::value event = json::parse(first.out);
  EXPECT_EQ(event.at("messageReceived").at("text"), "one");
  const std::string cursor(json::parse(first.err.substr(first.err.rfind('{')))
                               .at("cursor")
                               .as_string());
  EXPECT_EQ(event.at("cursor").as_string(), cursor.c_str());
  const Outcome rest =
      RunCli({"events", "tail", "--after", cursor, "--until-caught-up"});
  EXPECT_EQ(rest.status, 0);
  EXPECT_THAT(rest.out, AllOf(HasSubstr("\"two\""), Not(HasSubstr("\"one\""))));
  EXPECT_THAT(rest.err,
              HasSubstr("go on with: linktor-ig events tail --after"));
}

TEST_F(CliSendTest, ListPrintsTheNewestFirstAndWhereToGoOn) {
  for (const char* text : {"one", "two", "three"}) Write(text);
  const Outcome list =
      RunCli({"events", "list", "--limit", "2", "--user", kUser, "--json"});
  EXPECT_EQ(list.status, 0) << list.err;
  const std::vector<std::string> lines =
      absl::StrSplit(absl::StripSuffix(list.out, "\n"), '\n');
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(json::parse(lines[0]).at("messageReceived").at("text"), "three");
  EXPECT_EQ(json::parse(lines[1]).at("messageReceived").at("text"), "two");
  const json::value notice = json::parse(list.err);
  EXPECT_THAT(std::string(notice.at("notice").as_string()),
              HasSubstr("2 events; there may be more"));
  Write("four");
  const Outcome rest = RunCli({"events", "tail", "--after",
                               std::string(notice.at("cursor").as_string()),
                               "--until-caught-up"});
  EXPECT_THAT(rest.out,
              AllOf(HasSubstr("\"four\""), Not(HasSubstr("\"three\""))));
}

TEST_F(CliSendTest, ListTakesTimesAndTheOtherOrder) {
  Write("one");
  Write("two");
  const Outcome list = RunCli({"events", "list", "--since", "1h",
                               "--oldest-first", "--type", "message.received"});
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_LT(list.out.find("\"one\""), list.out.find("\"two\""));
  EXPECT_THAT(list.err, HasSubstr("2 events, and no more"));
  EXPECT_THAT(RunCli({"events", "list", "--until", "1h"}).err,
              HasSubstr("0 events, and no more"));
  EXPECT_EQ(RunCli({"events", "list", "--since", ""}).status, 2);
  const Outcome wrong = RunCli({"events", "list", "--until", "yesterday"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("--until"));
}

TEST_F(CliSendTest, ListThatCannotBeWrittenIsFive) {
  Write("one");
  Cli list({.server = gateway_.server().grpc(),
            .arguments = {"events", "list"},
            .output = "/dev/full"});
  EXPECT_EQ(list.Wait(), 5);
  EXPECT_THAT(list.err(), HasSubstr("standard output cannot be written: No "
                                    "space left on device"));
}

TEST_F(CliSendTest, TailPrintsJsonLinesAndEndsWithCtrlC) {
  Cli tail(Tail({"--json", "--raw"}));
  ASSERT_TRUE(tail.WaitForErr("reading events"));
  Write("one \"quoted\"\n\x1b[2J");
  Write("two");
  ASSERT_TRUE(tail.WaitForOut("\"two\""));
  tail.Signal(SIGINT);
  EXPECT_EQ(tail.Wait(), 0);
  ASSERT_EQ(tail.lines().size(), 2U);
  for (const std::string& line : tail.lines()) {
    const json::value event = json::parse(line);
    EXPECT_EQ(event.at("type"), "message.received");
    // The raw item is JSON in a string.
    EXPECT_TRUE(json::parse(event.at("rawJson").as_string()).is_object());
  }
  for (const auto line : absl::StrSplit(tail.err(), '\n', absl::SkipEmpty())) {
    EXPECT_TRUE(json::parse({line.data(), line.size()}).is_object());
  }
}

TEST_F(CliSendTest, TailIsNotDrivenByWhatCustomersWrite) {
  Write("\x1b]0;x\x07\r\nfake  line\u202e");
  const Outcome tail = RunCli({"events", "tail", "--from-start", "--type",
                               "message.*", "--count", "1"});
  EXPECT_THAT(tail.out,
              HasSubstr("wrote \"\\x1b]0;x\\x07\\r\\nfake  line\\u{202e}\""));
  EXPECT_EQ(std::count(tail.out.begin(), tail.out.end(), '\n'), 1);
}

TEST_F(CliSendTest, TailEndsWhenItsReaderGoesAlsoWithoutAnEvent) {
  Cli tail(Tail());
  ASSERT_TRUE(tail.WaitForErr("reading events"));
  tail.CloseOut();
  EXPECT_EQ(tail.Wait(), 0);
}

TEST_F(CliSendTest, TailOfAChannelThatIsNotThereIsRefused) {
  const Outcome tail = RunCli({"events", "tail", "--channel", "ch_tset",
                               "--from-start", "--until-caught-up"});
  EXPECT_EQ(tail.status, 1);
  EXPECT_THAT(tail.err, AllOf(HasSubstr("there is no channel 'ch_tset'"),
                              HasSubstr("CHANNEL_NOT_FOUND")));
}

TEST_F(CliSendTest, RefusedCursorEndsTheTail) {
  const Outcome tail = RunCli({"events", "tail", "--after", "bogus"});
  EXPECT_EQ(tail.status, 1);
  EXPECT_THAT(tail.err, AllOf(HasSubstr("reason: CURSOR_INVALID"),
                              HasSubstr("events tail --from-start")));
}

// The server dies and comes back on its port: each event once, in order.
TEST(CliRestartTest, TailGoesOnAcrossServers) {
  Gateway gateway;
  gateway.CreateChannel();
  Cli tail({.server = gateway.server().grpc(),
            .arguments = {"events", "tail", "--json"}});
  ASSERT_TRUE(tail.WaitForErr("reading events"));
  std::vector<std::string> more = {"--grpc-listen", gateway.server().grpc()};
  int number = 0;
  const auto write = [&] {
    const std::string text = absl::StrCat("number ", number++);
    ASSERT_TRUE(gateway.instagram().PlayText(kUser, text).ok());
  };
  write();
  write();
  ASSERT_TRUE(tail.WaitForOut("\"number 1\""));
  gateway.server().Kill();
  ASSERT_TRUE(tail.WaitForErr("connecting again in"));
  ServerProcess second({.data_dir = gateway.folder() + "/data",
                        .master_key_file = gateway.folder() + "/master.key",
                        .graph_url = gateway.instagram().url(),
                        .more = more});
  ASSERT_TRUE(second.Start()) << second.output();
  gateway.instagram().Configure(
      {.webhook_url = absl::StrCat("http://", second.webhook(),
                                   "/webhooks/instagram/", kChannel)});
  write();
  write();
  ASSERT_TRUE(tail.WaitForOut("\"number 3\""));
  EXPECT_TRUE(tail.WaitForErr("connected again"));
  tail.Signal(SIGTERM);
  EXPECT_EQ(tail.Wait(), 0);
  std::vector<std::string> texts;
  for (const std::string& line : tail.lines()) {
    texts.emplace_back(
        json::parse(line).at("messageReceived").at("text").as_string());
  }
  EXPECT_THAT(texts,
              ElementsAre("number 0", "number 1", "number 2", "number 3"));
}

}  // namespace
}  // namespace linktor::testing
