// Nothing that is secret or private leaves the server where it should not: what
// lies in the data folder, and what is said in the log, metrics and errors.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/integration/access_fixture.h"
#include "tests/support/sanitized.h"

namespace linktor::testing {
namespace {

constexpr char kReceived[] = "CANARY-received-text";
constexpr char kSent[] = "CANARY-sent-text";
constexpr char kNewToken[] = "CANARY-access-token";
constexpr char kNewSecret[] = "CANARY-app-secret";
constexpr char kNewVerifyToken[] = "CANARY-verify-token";

class SecretsTest : public AccessTest {
 protected:
  SecretsTest() : AccessTest({"--log-level", "debug"}) {}

  // Does a little of everything, and some of it wrongly, with canaries in all
  // places. What callers were told is in `said_`.
  void Work() {
    const auto created = admin().CreateKey(AllPermissions());
    secrets_ = {kReceived,
                kSent,
                kNewToken,
                kNewSecret,
                kNewVerifyToken,
                kAppSecret,
                kVerifyToken,
                kToken,
                created.secret(),
                FirstLine(bootstrap_file()),
                FirstLine(gateway_.folder() + "/master.key")};
    const KeyedClient client = Client(created.secret());
    v1::SetChannelCredentialsRequest credentials;
    credentials.set_channel_id(kChannel);
    credentials.set_access_token(kNewToken);
    credentials.set_add_app_secret(kNewSecret);
    credentials.set_verify_token(kNewVerifyToken);
    v1::SetChannelCredentialsResponse changed;
    Note(client.channels().SetChannelCredentials(client.Context().get(),
                                                 credentials, &changed));
    said_ += changed.DebugString();
    ASSERT_EQ(gateway_.Post(Gateway::TextBody("m1", kReceived)), 200);
    ASSERT_EQ(gateway_.Post(Gateway::TextBody("m2", kReceived), "wrong"), 401);
    v1::SendMessageRequest send;
    send.set_channel_id(kChannel);
    send.set_to(kUser);
    send.mutable_content()->set_text(kSent);
    v1::SendMessageResponse sent;
    Note(client.messaging().SendMessage(client.Context().get(), send, &sent));
    send.set_to("not a number");
    Note(client.messaging().SendMessage(client.Context().get(), send, &sent));
    // A key with a slip in it is as secret as the right one.
    std::string wrong = created.secret();
    wrong[30] = wrong[30] == 'x' ? 'y' : 'x';
    secrets_.push_back(wrong);
    v1::ListChannelsResponse listed;
    const KeyedClient stranger = Client(wrong);
    Note(stranger.channels().ListChannels(stranger.Context().get(), {},
                                          &listed));
    const http::HttpResult metrics =
        gateway_.Http({.method = "GET",
                       .url = absl::StrCat("http://", gateway_.server().admin(),
                                           "/metrics")});
    said_ += metrics.body;
  }
  void Note(const grpc::Status& status) {
    said_ += status.error_message() + status.error_details();
  }
  void ExpectNone(const std::string& text, const std::string& where) {
    for (const std::string& secret : secrets_) {
      EXPECT_EQ(text.find(secret), std::string::npos)
          << secret << " in " << where;
    }
  }

  std::vector<std::string> secrets_;
  std::string said_;
};

TEST_F(SecretsTest, StayOutOfDiskLogMetricsAndErrors) {
  Work();
  gateway_.server().Kill();  // with the WAL as it is
  ExpectNone(said_, "what callers were told");
  ExpectNone(gateway_.server().output(), "the log");
  int files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(
           gateway_.folder() + "/data")) {
    if (!file.is_regular_file()) continue;
    ++files;
    std::ifstream stream(file.path(), std::ios::binary);
    std::stringstream content;
    content << stream.rdbuf();
    ExpectNone(content.str(), file.path());
  }
  EXPECT_GE(files, 2);
}

// The test would see the audit line of a change, so that it looks in the right
// place.
TEST_F(SecretsTest, ChangesAreAudited) {
  Work();
  EXPECT_THAT(gateway_.server().output(),
              ::testing::HasSubstr("\"method\":\"SetChannelCredentials\""));
}

TEST_F(SecretsTest, ACrashLeavesNoCore) {
  if (kSanitized) GTEST_SKIP() << "sanitizers handle crashes themselves";
  rlimit unlimited{};
  ASSERT_EQ(getrlimit(RLIMIT_CORE, &unlimited), 0);
  unlimited.rlim_cur = unlimited.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_CORE, &unlimited), 0);
  // The limit shows that the server lowered what it inherited.
  std::ifstream limits(
      absl::StrCat("/proc/", gateway_.server().pid(), "/limits"));
  std::stringstream text;
  text << limits.rdbuf();
  EXPECT_THAT(text.str(),
              ::testing::ContainsRegex("Max core file size +0 +0 +bytes"));
  ASSERT_EQ(kill(gateway_.server().pid(), SIGABRT), 0);
  int status = 0;
  ASSERT_EQ(waitpid(gateway_.server().pid(), &status, 0),
            gateway_.server().pid());
  gateway_.server().Forget();
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(WCOREDUMP(status));
}

}  // namespace
}  // namespace linktor::testing
