// Tests what whoever operates the server relies on: "linktor-igd check",
// reading the configuration again, and that causes of trouble leave a line and
// a count.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/webhook/answer.h"
#include "tests/support/gateway.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_socket.h"

namespace linktor::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class CheckTest : public ::testing::Test {
 protected:
  CheckTest() { WriteKey(key_, 'a'); }

  static void WriteKey(const std::string& path, char digit) {
    std::ofstream(path) << std::string(64, digit);
    chmod(path.c_str(), 0600);
  }
  // Runs the check with these options in place of the usual ones, or besides
  // them.
  ProcessEnd Check(const std::map<std::string, std::string>& others = {}) {
    std::map<std::string, std::string> options = {
        {"--data-dir", data_},
        {"--master-key-file", key_},
        {"--grpc-listen", "127.0.0.1:0"},
        {"--webhook-listen", "127.0.0.1:0"},
        {"--admin-listen", "127.0.0.1:0"}};
    for (const auto& [name, value] : others) options[name] = value;
    std::vector<std::string> arguments = {"check"};
    for (const auto& [name, value] : options) {
      arguments.insert(arguments.end(), {name, value});
    }
    return RunServer(arguments);
  }

  TempFolder folder_;
  const std::string data_ = folder_.path() + "/data";
  const std::string key_ = folder_.path() + "/master.key";
};

TEST_F(CheckTest, AFirstStartIsGoodAndNothingIsMade) {
  const ProcessEnd end = Check();
  EXPECT_EQ(end.status, 0) << end.output;
  EXPECT_THAT(end.output, HasSubstr("the configuration is good"));
  EXPECT_FALSE(std::filesystem::exists(data_));
}

TEST_F(CheckTest, AKeyThatOthersMayRead) {
  chmod(key_.c_str(), 0644);
  const ProcessEnd end = Check();
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.output, HasSubstr("chmod 600 " + key_));
}

TEST_F(CheckTest, AnotherMasterKeyThanTheFoldersAndAServerThatRuns) {
  Gateway gateway;
  const std::string own = gateway.folder() + "/master.key";
  chmod(own.c_str(), 0600);
  const std::map<std::string, std::string> of_gateway = {
      {"--data-dir", gateway.folder() + "/data"},
      {"--master-key-file", own},
      {"--grpc-listen", gateway.server().grpc()}};
  // Its port is in use by itself.
  const ProcessEnd same = Check(of_gateway);
  EXPECT_EQ(same.status, 0);
  EXPECT_THAT(same.output, AllOf(HasSubstr("note: grpc-listen: cannot listen"),
                                 HasSubstr("it may be this one")));
  WriteKey(own, 'b');
  const ProcessEnd end = Check(of_gateway);
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.output, HasSubstr("the master key is not the one"));
}

TEST_F(CheckTest, APortInUse) {
  Gateway gateway;
  const ProcessEnd end =
      Check({{"--webhook-listen", gateway.server().webhook()}});
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.output, AllOf(HasSubstr("webhook-listen: "),
                                HasSubstr(gateway.server().webhook())));
}

TEST_F(CheckTest, OneAddressForTwoListeners) {
  const std::string address = ClosedAddress();
  const ProcessEnd end =
      Check({{"--webhook-listen", address}, {"--admin-listen", address}});
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.output, HasSubstr(absl::StrCat(
                              "admin-listen: cannot listen on ", address)));
}

TEST_F(CheckTest, AUnixSocket) {
  const std::string path = folder_.path() + "/grpc.sock";
  EXPECT_EQ(Check({{"--grpc-listen", "unix:" + path}}).status, 0);
  EXPECT_FALSE(std::filesystem::exists(path));
  std::ofstream(path) << "x";
  const ProcessEnd no_socket = Check({{"--grpc-listen", "unix:" + path}});
  EXPECT_EQ(no_socket.status, 2);
  EXPECT_THAT(no_socket.output, HasSubstr("exists and is no socket"));
  const ProcessEnd no_folder =
      Check({{"--grpc-listen", "unix:" + folder_.path() + "/no/grpc.sock"}});
  EXPECT_EQ(no_folder.status, 2);
  EXPECT_THAT(no_folder.output, HasSubstr("No such file or directory"));
  Gateway gateway({"--grpc-listen", "unix:" + path + "2"});
  const ProcessEnd used = Check({{"--grpc-listen", "unix:" + path + "2"}});
  EXPECT_EQ(used.status, 2);
  EXPECT_THAT(used.output, HasSubstr("another server listens on unix:" + path));
}

TEST_F(CheckTest, AFolderThatIsAFile) {
  std::ofstream(data_) << "x";
  const ProcessEnd end = Check();
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.output, HasSubstr("is no folder"));
}

TEST_F(CheckTest, AMissingConfigurationFileIsTheOnlyComplaint) {
  const ProcessEnd end =
      RunServer({"check", "--config", folder_.path() + "/no.toml"});
  EXPECT_EQ(end.status, 2);
  EXPECT_EQ(end.output, absl::StrCat("there is no configuration file ",
                                     folder_.path(), "/no.toml\n"));
}

TEST_F(CheckTest, ABadValueIsAnsweredWithTheGoodOnes) {
  const ProcessEnd end = Check({{"--log-level", "loud"}, {"--auth", "maybe"}});
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.output,
              AllOf(HasSubstr("it takes debug, info, warning or error"),
                    HasSubstr("it takes none or keys")));
}

class ReloadTest : public ::testing::Test {
 protected:
  ReloadTest() {
    Write("log_level = \"info\"\n");
    gateway_ =
        std::make_unique<Gateway>(std::vector<std::string>{"--config", file_});
    gateway_->CreateChannel();
  }

  void Write(const std::string& text) const { std::ofstream(file_) << text; }
  // Sends SIGHUP and waits for what it leaves in the log.
  std::string Reload(const std::string& line) {
    const std::size_t before = gateway_->server().output().size();
    EXPECT_EQ(kill(gateway_->server().pid(), SIGHUP), 0);
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::seconds(10);
    std::string said;
    while (std::chrono::steady_clock::now() < end) {
      said = gateway_->server().output().substr(before);
      if (said.find(line) != std::string::npos) return said;
      std::this_thread::yield();
    }
    ADD_FAILURE() << "no line: " << line << "\n" << said;
    return said;
  }

  TempFolder folder_;
  const std::string file_ = folder_.path() + "/config.toml";
  std::unique_ptr<Gateway> gateway_;
};

TEST_F(ReloadTest, TakesWhatItCanAndNamesWhatNeedsARestart) {
  ASSERT_EQ(gateway_->Post(Gateway::TextBody("m1", "a")), 200);
  EXPECT_THAT(gateway_->server().output(),
              Not(HasSubstr("\"level\":\"debug\"")));
  Write(
      "log_level = \"debug\"\nsends_per_user_hour = 1\nmax_subscribers = 7\n");
  const std::string said = Reload("the configuration was read again");
  EXPECT_THAT(said,
              AllOf(HasSubstr("\"taken\":\"log-level, sends-per-user-hour\""),
                    HasSubstr("\"need_restart\":\"max-subscribers\"")));
  ASSERT_EQ(gateway_->Post(Gateway::TextBody("m2", "b")), 200);
  EXPECT_THAT(gateway_->server().output(),
              HasSubstr("\"level\":\"debug\",\"event\":\"webhook\""));
  grpc::Status status;
  gateway_->Send("first", "r1", status);
  EXPECT_TRUE(status.ok());
  gateway_->Send("second", "r2", status);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "RATE_LIMITED");
  // A change that waits for a restart is told again.
  EXPECT_THAT(Reload("the configuration was read again"),
              AllOf(HasSubstr("\"taken\":\"\""),
                    HasSubstr("\"need_restart\":\"max-subscribers\"")));
}

TEST_F(ReloadTest, ABadFileLeavesTheOldConfigurationInForce) {
  Write("sends_per_user_hour = 1\n");
  Reload("the configuration was read again");
  Write("log_level = \"loud\"\nsends_per_user_hour = 9\n");
  EXPECT_THAT(Reload("was not taken"),
              HasSubstr("it takes debug, info, warning or error"));
  std::filesystem::remove(file_);
  EXPECT_THAT(Reload("was not taken"), HasSubstr("no configuration file"));
  grpc::Status status;
  gateway_->Send("first", "r1", status);
  EXPECT_TRUE(status.ok()) << status.error_message();
  gateway_->Send("second", "r2", status);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "RATE_LIMITED");
}

TEST(FirstLineTest, NamesVersionAndAddresses) {
  Gateway gateway;
  const std::string log = gateway.server().output();
  EXPECT_THAT(log.substr(0, log.find('\n')),
              AllOf(ContainsRegex("\"event\":\"starting\",\"version\":\"[0-9]"),
                    HasSubstr("\"webhook_listen\":\"127.0.0.1:0\"")));
  EXPECT_THAT(gateway.server().output(),
              AllOf(ContainsRegex("\"event\":\"serving\",\"version\":\"[0-9]"),
                    HasSubstr(gateway.server().grpc()),
                    HasSubstr(gateway.server().webhook()),
                    HasSubstr(gateway.server().admin())));
}

// Each test brings about a cause of trouble, and reads the line that it leaves
// and the metric that it moves.
class CauseTest : public ::testing::Test {
 protected:
  CauseTest() { gateway_.CreateChannel(); }

  std::string Metrics() {
    return gateway_
        .Http({.method = "GET",
               .url = absl::StrCat("http://", gateway_.server().admin(),
                                   "/metrics")})
        .body;
  }
  void ExpectCause(const std::string& line, const std::string& sample) {
    EXPECT_THAT(gateway_.server().output(), ContainsRegex(line));
    EXPECT_THAT(Metrics(), HasSubstr("\n" + sample + "\n"));
  }
  void Fault(const std::string& json) {
    const http::HttpResult result =
        gateway_.Http({.method = "POST",
                       .url = gateway_.instagram().url() + "/emulator/faults",
                       .headers = {{"Content-Type", "application/json"}},
                       .body = json});
    ASSERT_EQ(result.status_code, 200) << result.body;
  }

  Gateway gateway_;
};

TEST_F(CauseTest, WrongSignature) {
  EXPECT_EQ(gateway_.Post(Gateway::TextBody("m1", "a"), "wrong"), 401);
  ExpectCause(
      "\"level\":\"warning\",\"event\":\"webhook answered\",\"channel\":"
      "\"ch_test\",\"status\":\"401\",\"reason\":\"signature_wrong\"",
      "linktor_webhook_answers_total{reason=\"signature_wrong\",status="
      "\"401\"} 1");
}

TEST_F(CauseTest, ManyWrongSignaturesAreOneLine) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(gateway_.Post(Gateway::TextBody("m1", "a"), "wrong"), 401);
  }
  const std::string log = gateway_.server().output();
  const std::size_t first = log.find("signature_wrong");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(log.find("signature_wrong", first + 1), std::string::npos);
}

TEST_F(CauseTest, AccountWithoutAChannel) {
  std::string body = Gateway::TextBody("m1", "a");
  const std::string account = kAccount;
  for (std::size_t at = body.find(account); at != std::string::npos;
       at = body.find(account)) {
    body.replace(at, account.size(), "17841499999999999");
  }
  EXPECT_EQ(gateway_.Post(body), 200);
  ExpectCause(
      "item of an account without a channel\",\"entry_id\":"
      "\"17841499999999999\"",
      "linktor_webhook_foreign_items_total 1");
}

TEST_F(CauseTest, TokenThatMetaRefuses) {
  Fault(R"({"on":"messages","kind":"graph_error","status":401,"code":190,)"
        R"("subcode":463})");
  grpc::Status status;
  gateway_.Send("hello", "r1", status);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "ACCESS_TOKEN_EXPIRED");
  ExpectCause(
      "\"event\":\"call to Meta failed\",\"channel\":\"ch_test\","
      "\"operation\":\"send\",\"reason\":\"ACCESS_TOKEN_EXPIRED\","
      "\"graph_code\":\"190\",\"graph_subcode\":\"463\"[^\n]*\"fbtrace_id\"[^"
      "\n]*"
      "\"message_id\":\"msg_",
      "linktor_channels{token=\"refused\"} 1");
  EXPECT_THAT(Metrics(),
              AllOf(HasSubstr("linktor_graph_calls_total{operation=\"send\","
                              "result=\"190\"} 1"),
                    HasSubstr("linktor_sends_total{reason="
                              "\"ACCESS_TOKEN_EXPIRED\",state=\"failed\"} 1")));
  gateway_.Send("hello", "r2", status);
  EXPECT_TRUE(status.ok());
  ExpectCause("Meta takes the access token again",
              "linktor_channels{token=\"good\"} 1");
}

TEST_F(CauseTest, SendWhoseEndNobodyKnows) {
  Fault(R"({"on":"messages","kind":"accept_then_close"})");
  grpc::Status status;
  gateway_.Send("hello", "r1", status);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "SEND_OUTCOME_UNKNOWN");
  EXPECT_THAT(gateway_.server().output(),
              HasSubstr("\"reason\":\"SEND_OUTCOME_UNKNOWN\""));
  EXPECT_THAT(Metrics(), HasSubstr("linktor_graph_calls_total{operation="
                                   "\"send\",result=\"no_answer\"} 1"));
}

// Brings about every answer of the webhook URL, and reads its line and count.
TEST(WebhookAnswerTest, EachLeavesALineAndACount) {
  Gateway gateway({"--log-level", "debug"});
  gateway.CreateChannel();
  auto bare = Gateway::DefaultChannel();
  bare.mutable_channel()->set_id("ch_bare");
  bare.mutable_channel()->set_instagram_account_id("17841400000000009");
  bare.mutable_channel()->set_page_id("100200300400509");
  bare.mutable_credentials()->clear_app_secrets();
  gateway.CreateChannel(bare);
  const std::string url = absl::StrCat("http://", gateway.server().webhook(),
                                       "/webhooks/instagram/", kChannel);
  const std::string body = Gateway::TextBody("m1", "a");
  const auto with_signature = [&](const std::string& value) {
    http::HttpCall call{.method = "POST", .url = url, .body = body};
    if (!value.empty()) call.headers = {{"X-Hub-Signature-256", value}};
    return gateway.Http(call).status_code;
  };
  const auto get = [&](const std::string& query) {
    return gateway.Http({.method = "GET", .url = url + query}).status_code;
  };
  const std::map<std::string, std::function<int()>> provoked = {
      {"stored", [&] { return gateway.Post(body); }},
      {"verified",
       [&] {
         return get(absl::StrCat("?hub.mode=subscribe&hub.challenge=1&",
                                 "hub.verify_token=", kVerifyToken));
       }},
      {"no_such_webhook", [&] { return gateway.Post(body, "x", "ch_none"); }},
      {"method",
       [&] { return gateway.Http({.method = "PUT", .url = url}).status_code; }},
      {"verification_incomplete", [&] { return get(""); }},
      {"verify_token",
       [&] {
         return get("?hub.mode=subscribe&hub.challenge=1&hub.verify_token=x");
       }},
      {"signature_missing", [&] { return with_signature(""); }},
      {"signature_malformed", [&] { return with_signature("sha1=00"); }},
      {"signature_wrong", [&] { return gateway.Post(body, "wrong"); }},
      {"no_app_secret", [&] { return gateway.Post(body, "x", "ch_bare"); }},
      {"not_stored", [&] {
         sqlite3* database = nullptr;
         const std::string path = gateway.folder() + "/data/gateway.db";
         EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
         EXPECT_EQ(sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr,
                                nullptr),
                   SQLITE_OK);
         const int status = gateway.Post(Gateway::TextBody("m2", "b"));
         sqlite3_close(database);
         return status;
       }}};
  for (const webhook::WebhookAnswer& answer : webhook::WebhookAnswers()) {
    SCOPED_TRACE(answer.reason);
    ASSERT_TRUE(provoked.contains(answer.reason));
    EXPECT_EQ(provoked.at(answer.reason)(), answer.status);
    const std::string metrics =
        gateway
            .Http({.method = "GET",
                   .url = absl::StrCat("http://", gateway.server().admin(),
                                       "/metrics")})
            .body;
    EXPECT_THAT(metrics,
                HasSubstr(absl::StrCat(
                    "\nlinktor_webhook_answers_total{reason=\"", answer.reason,
                    "\",status=\"", answer.status, "\"} 1\n")));
    const std::string log = gateway.server().output();
    const std::string fields = absl::StrCat(
        R"("status":")", answer.status, R"(","reason":")", answer.reason, "\"");
    EXPECT_THAT(log, ContainsRegex("\"event\":\"webhook\"[^\n]*" + fields));
    if (answer.level != LogLevel::kDebug) {
      EXPECT_THAT(
          log, ContainsRegex("\"event\":\"webhook answered\"[^\n]*" + fields));
    }
  }
}

// Meta's texts may quote what people wrote.
TEST_F(CauseTest, NoTextOfMetasIsInTheLog) {
  Fault(R"({"on":"messages","kind":"graph_error","code":100,)"
        R"("message":"CANARY-in-an-error"})");
  grpc::Status status;
  gateway_.Send("hello", "r1", status);
  EXPECT_THAT(status.error_message(), HasSubstr("CANARY-in-an-error"));
  EXPECT_THAT(gateway_.server().output(), Not(HasSubstr("CANARY")));
  EXPECT_THAT(Metrics(), Not(HasSubstr("CANARY")));
}

// Meta's text in another language says nothing to the table of errors; it is
// asked for in English.
TEST_F(CauseTest, ErrorsAreAskedForInEnglish) {
  Fault(R"({"on":"messages","kind":"graph_error","status":403,"code":200,)"
        R"("message":"(#200) The account owner has disabled access to )"
        R"(Instagram Direct messages","localized_message":)"
        R"("(#200) O acesso foi desativado","type":"OAuthException"})");
  grpc::Status status;
  gateway_.Send("hello", "r1", status);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "MESSAGING_DISABLED");
}

TEST_F(CauseTest, CallsAreProvedByTheAppSecret) {
  const http::HttpResult set =
      gateway_.Http({.method = "PUT",
                     .url = gateway_.instagram().url() + "/emulator/config",
                     .headers = {{"Content-Type", "application/json"}},
                     .body = R"({"require_app_secret":true})"});
  ASSERT_EQ(set.status_code, 200) << set.body;
  // Another app's secret comes first; the proof is by the one that signs.
  // Nothing has been signed before: an echo would tell which one it is.
  v1::SetChannelCredentialsRequest request;
  request.set_channel_id(kChannel);
  request.set_add_app_secret("another-app-secret");
  v1::SetChannelCredentialsResponse response;
  ASSERT_TRUE(gateway_.channels()
                  .SetChannelCredentials(Context().get(), request, &response)
                  .ok());
  grpc::Status status;
  gateway_.Send("hello", "r2", status);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "APP_SECRET_REFUSED");
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("m1", "a")), 200);
  gateway_.Send("hello", "r3", status);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

}  // namespace
}  // namespace linktor::testing
