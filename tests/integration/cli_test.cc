// The built command-line client as a process, against the real server.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// Far more than any command here takes, also under a sanitizer.
constexpr std::chrono::seconds kPatience{60};

// linktor-ig as a process. Killed when it goes.
class Cli {
 public:
  struct Options {
    std::string server;
    std::vector<std::string> arguments;
    std::string input = "/dev/null";
    // "NAME=value".
    std::vector<std::string> environment;
  };

  explicit Cli(const Options& options) {
    const std::string program = BinDir() + "/linktor-ig";
    std::vector<char*> argv = {const_cast<char*>(program.c_str())};
    for (const std::string& one : options.arguments) {
      argv.push_back(const_cast<char*>(one.c_str()));
    }
    argv.push_back(nullptr);
    std::vector<std::string> variables = options.environment;
    // Of the test's own environment it gets nothing but these.
    for (const char* name :
         {"ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
      if (const char* value = std::getenv(name); value != nullptr) {
        variables.push_back(absl::StrCat(name, "=", value));
      }
    }
    variables.push_back(absl::StrCat("LINKTOR_IG_SERVER=", options.server));
    variables.emplace_back("TZ=UTC");
    std::vector<char*> envp;
    envp.reserve(variables.size() + 1);
    for (std::string& one : variables) envp.push_back(one.data());
    envp.push_back(nullptr);
    int out[2];
    int err[2];
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(err, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, options.input.c_str(),
                                     O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    // Shells have what runs in their background ignore SIGINT, and so would
    // linktor-ig.
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &interrupt);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    EXPECT_EQ(posix_spawn(&pid_, program.c_str(), &actions, &attributes,
                          argv.data(), envp.data()),
              0);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(err[1]);
    out_.fd = out[0];
    err_.fd = err[0];
  }
  ~Cli() {
    CloseOut();
    close(err_.fd);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Cli(const Cli&) = delete;
  Cli& operator=(const Cli&) = delete;

  const std::string& out() const { return out_.text; }
  const std::string& err() const { return err_.text; }
  std::vector<std::string> lines() const {
    return absl::StrSplit(out_.text, '\n', absl::SkipEmpty());
  }

  // Reads until the text stands there; false when the program ends before.
  bool WaitForOut(const std::string& text) { return WaitFor(out_, text); }
  bool WaitForErr(const std::string& text) { return WaitFor(err_, text); }
  // As `head -1` does when it has its line.
  void CloseOut() {
    if (out_.fd >= 0) close(std::exchange(out_.fd, -1));
  }
  void Signal(int signal) const { kill(pid_, signal); }
  // Exit code; -signal.
  int Wait() {
    while (Read()) {
    }
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  struct Stream {
    int fd = -1;
    bool ended = false;
    std::string text;
  };

  bool WaitFor(Stream& stream, const std::string& text) {
    while (!absl::StrContains(stream.text, text)) {
      if (!Read()) return false;
    }
    return true;
  }

  // Some more of either; false when both have ended, or it takes too long.
  bool Read() {
    std::vector<pollfd> polls;
    for (const Stream* stream : {&out_, &err_}) {
      if (stream->fd >= 0 && !stream->ended) {
        polls.push_back({.fd = stream->fd, .events = POLLIN, .revents = 0});
      }
    }
    if (polls.empty()) return false;
    const int ready =
        poll(polls.data(), polls.size(),
             static_cast<int>(std::chrono::milliseconds(kPatience).count()));
    if (ready <= 0) {
      ADD_FAILURE() << "linktor-ig says nothing more; so far: " << out_.text
                    << err_.text;
      kill(pid_, SIGKILL);
      return false;
    }
    for (Stream* stream : {&out_, &err_}) {
      for (const pollfd& one : polls) {
        if (one.fd != stream->fd || one.revents == 0) continue;
        char buffer[4096];
        const ssize_t size = read(stream->fd, buffer, sizeof(buffer));
        if (size > 0) {
          stream->text.append(buffer, static_cast<std::size_t>(size));
        } else {
          stream->ended = true;
        }
      }
    }
    return true;
  }

  pid_t pid_ = -1;
  Stream out_;
  Stream err_;
};

// How a command ended.
struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

class CliTest : public ::testing::Test {
 protected:
  Outcome RunCli(std::vector<std::string> arguments,
                 std::vector<std::string> environment = {}) {
    Cli cli({.server = gateway_.server().grpc(),
             .arguments = std::move(arguments),
             .environment = std::move(environment)});
    const int status = cli.Wait();
    return {status, cli.out(), cli.err()};
  }

  std::string Written(const std::string& name, const std::string& text) {
    std::string path = absl::StrCat(gateway_.folder(), "/", name);
    std::ofstream(path) << text;
    return path;
  }

  // What Instagram was asked to send by `arguments`.
  json::value Sent(std::vector<std::string> arguments) {
    const int before = gateway_.SendsReceived();
    const Outcome outcome = RunCli(std::move(arguments));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("state           SENT"));
    EXPECT_EQ(gateway_.SendsReceived(), before + 1);
    json::value last;
    for (const auto& call : gateway_.instagram().graph_calls().Get().calls) {
      if (call.method == "POST" && absl::EndsWith(call.path, "/messages")) {
        last = call.body;
      }
    }
    EXPECT_EQ(last.at("recipient").at("id"), kUser);
    return last.at("message");
  }

  Cli::Options Tail(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"events", "tail"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {.server = gateway_.server().grpc(),
            .arguments = std::move(arguments)};
  }

  void Write(const std::string& text) {
    ASSERT_TRUE(gateway_.instagram().PlayText(kUser, text).ok());
  }

  Gateway gateway_;
};

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

class CliSendTest : public CliTest {
 protected:
  CliSendTest() { gateway_.CreateChannel(); }

  json::value Send(const std::string& kind,
                   const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"send", kind, kChannel, kUser};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Sent(std::move(arguments));
  }
};

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
            HasSubstr("what to do: Do not write to this customer."),
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

TEST_F(CliSendTest, AnswerThatCannotBeWrittenIsFive) {
  Cli cli({.server = gateway_.server().grpc(),
           .arguments = {"send", "text", kChannel, kUser, "Hi"}});
  cli.CloseOut();
  EXPECT_EQ(cli.Wait(), 5);
  EXPECT_EQ(gateway_.SendsReceived(), 1);
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

// ---- Events ----------------------------------------------------------------

TEST_F(CliSendTest, TailGoesOnAfterTheCursorItEndedWith) {
  Write("one");
  Write("two");
  const Outcome first =
      RunCli({"events", "tail", "--from-start", "--count", "1", "--json"});
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
  const Outcome tail =
      RunCli({"events", "tail", "--from-start", "--count", "1"});
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

TEST_F(CliSendTest, TailWarnsOfAChannelThatIsNotThere) {
  const Outcome tail = RunCli({"events", "tail", "--channel", "ch_tset",
                               "--from-start", "--until-caught-up"});
  EXPECT_EQ(tail.status, 0);
  EXPECT_THAT(tail.err, HasSubstr("there is no channel 'ch_tset'"));
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
