#include "server/app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::StatusOr<CommandLine> Read(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "linktor-igd");
  return ReadCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

// Set for one test.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    setenv(name, value, 1);
  }
  ~Environment() { unsetenv(name_); }

 private:
  const char* name_;
};

class ConfigTest : public ::testing::Test {
 protected:
  std::string File(const std::string& content) {
    std::string path = folder_.path() + "/config.toml";
    std::ofstream(path) << content;
    return path;
  }
  TempFolder folder_;
};

TEST_F(ConfigTest, DefaultsAreGood) {
  const auto read = Read({"--data-dir", "d", "--master-key-file", "k"});
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->config.grpc_listen, "127.0.0.1:50051");
  EXPECT_EQ(read->config.webhook_listen, "127.0.0.1:8080");
  EXPECT_EQ(read->config.admin_listen, "127.0.0.1:9090");
  EXPECT_EQ(read->config.graph.facebook, "https://graph.facebook.com");
}

TEST_F(ConfigTest, OptionsWinOverVariablesOverTheFile) {
  const std::string file = File(
      "data_dir = \"from-file\"\nmaster_key_file = \"from-file\"\n"
      "grpc_listen = \"127.0.0.1:1\"\nraw_max_bytes = 5\n");
  const Environment key("LINKTOR_IG_MASTER_KEY_FILE", "from-variable");
  const Environment grpc("LINKTOR_IG_GRPC_LISTEN", "127.0.0.1:2");
  const auto read =
      Read({"--config", file.c_str(), "--grpc-listen", "127.0.0.1:3"});
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->config.data_dir, "from-file");
  EXPECT_EQ(read->config.master_key_file, "from-variable");
  EXPECT_EQ(read->config.grpc_listen, "127.0.0.1:3");
  EXPECT_EQ(read->config.raw_max_bytes, 5);
}

TEST_F(ConfigTest, EveryProblemIsToldWithItsLine) {
  const std::string file =
      File("data_dir = \"d\"\nno_such = 1\nwebhook_threads = \"many\"\n");
  const auto read = Read({"--config", file.c_str()});
  EXPECT_THAT(std::string(read.status().message()),
              AllOf(HasSubstr(":2: there is no setting 'no_such'"),
                    HasSubstr(":3: 'many' is not a value"),
                    HasSubstr("master-key-file is required")));
}

TEST_F(ConfigTest, BadTomlNamesTheLine) {
  const std::string file = File("data_dir = \"d\"\n= 1\n");
  EXPECT_THAT(std::string(Read({"--config", file.c_str()}).status().message()),
              HasSubstr(":2: "));
}

TEST_F(ConfigTest, MissingFileIsAProblem) {
  const std::string missing = folder_.path() + "/none.toml";
  EXPECT_FALSE(Read({"--config", missing.c_str()}).ok());
}

TEST_F(ConfigTest, UnsafeValuesAreRefused) {
  Config config;
  config.data_dir = "d";
  config.master_key_file = "k";
  EXPECT_THAT(CheckConfig(config), IsEmpty());
  config.grpc_listen = "0.0.0.0:50051";
  config.graph.facebook = "http://graph.example.com";
  config.graph.instagram = "http://127.0.0.1:8081";
  config.event_retention = absl::Hours(71);
  // Two of them are the address without keys and without TLS.
  EXPECT_EQ(CheckConfig(config).size(), 4U);
}

struct ReachCase {
  std::vector<const char*> options;
  // A part of each problem that is expected.
  std::vector<const char*> problems;
};

// What other machines can reach needs protection, or a word that it needs none.
TEST_F(ConfigTest, WhatOtherMachinesCanReach) {
  const ReachCase cases[] = {
      {{"--grpc-listen", "0.0.0.0:1"}, {"--auth keys", "--grpc-tls-cert"}},
      {{"--grpc-listen", "[::]:1"}, {"--auth keys", "--grpc-tls-cert"}},
      {{"--grpc-listen", "10.0.0.1:1", "--auth", "keys"}, {"--grpc-tls-cert"}},
      {{"--grpc-listen", "10.0.0.1:1", "--auth", "keys", "--grpc-tls-cert", "c",
        "--grpc-tls-key", "k"},
       {}},
      {{"--grpc-listen", "10.0.0.1:1", "--auth", "keys",
        "--allow-grpc-without-tls"},
       {}},
      {{"--grpc-listen", "10.0.0.1:1", "--allow-grpc-without-keys",
        "--allow-grpc-without-tls"},
       {}},
      {{"--grpc-listen", "localhost:1"}, {}},
      {{"--grpc-listen", "[::1]:1"}, {}},
      {{"--grpc-listen", "unix:/run/gateway.sock"}, {}},
      {{"--grpc-listen", "unix:"}, {"path of the socket"}},
      {{"--webhook-listen", "0.0.0.0:1"}, {"--webhook-tls-cert"}},
      {{"--webhook-listen", "0.0.0.0:1", "--webhook-tls-cert", "c",
        "--webhook-tls-key", "k"},
       {}},
      {{"--webhook-listen", "0.0.0.0:1", "--allow-webhook-without-tls"}, {}},
      {{"--admin-listen", "0.0.0.0:1"}, {"--allow-admin-from-other-machines"}},
      {{"--admin-listen", "0.0.0.0:1", "--allow-admin-from-other-machines"},
       {}},
      {{"--grpc-tls-cert", "c"}, {"grpc-tls-cert and grpc-tls-key belong"}},
      {{"--webhook-tls-key", "k"}, {"belong together"}},
      {{"--grpc-tls-client-ca", "a"}, {"grpc-tls-client-ca needs"}},
      {{"--bootstrap-key-file", "f"}, {"bootstrap-key-file needs auth"}},
      {{"--max-calls-per-key", "0"}, {"max-calls-per-key must be positive"}},
  };
  for (const ReachCase& one : cases) {
    std::vector<const char*> options = {"--data-dir", "d", "--master-key-file",
                                        "k"};
    options.insert(options.end(), one.options.begin(), one.options.end());
    const auto read = Read(options);
    const std::string message(read.status().message());
    SCOPED_TRACE(one.options[0] + std::string(" ") + one.options[1]);
    EXPECT_EQ(read.ok(), one.problems.empty()) << message;
    for (const char* problem : one.problems) {
      EXPECT_THAT(message, HasSubstr(problem));
    }
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n') + 1,
              std::max<std::ptrdiff_t>(
                  static_cast<std::ptrdiff_t>(one.problems.size()), 1))
        << message;
  }
}

TEST_F(ConfigTest, WaiversAreLinesOfTheFileToo) {
  const std::string file = File(
      "data_dir = \"d\"\nmaster_key_file = \"k\"\nauth = \"keys\"\n"
      "grpc_listen = \"0.0.0.0:1\"\nallow_grpc_without_tls = true\n");
  const auto read = Read({"--config", file.c_str()});
  ASSERT_THAT(read, IsOk());
  EXPECT_TRUE(read->config.access.keys);
  EXPECT_TRUE(read->config.access.allow_grpc_without_tls);
}

// What looks like a loopback address is a user there: tokens would go to the
// other side of the "@", unencrypted.
TEST_F(ConfigTest, GraphUrlsHaveNoUser) {
  for (const char* url :
       {"http://127.0.0.1@example.com", "http://[::1]@example.com:80",
        "http://127.0.0.1:8081@example.com", "https://user:pw@example.com"}) {
    Config config;
    config.data_dir = "d";
    config.master_key_file = "k";
    config.graph.facebook = url;
    EXPECT_EQ(CheckConfig(config).size(), 1U) << url;
  }
}

// A name that begins like a loopback address is another machine's.
TEST_F(ConfigTest, GraphUrlIsNoLoopbackBecauseItBeginsLikeOne) {
  for (const char* url :
       {"http://127.0.0.1.example.com", "http://127.0.0.1Bexample.com",
        "http://127.0.0.1example.com/v1", "http://[::1].example.com"}) {
    Config config;
    config.data_dir = "d";
    config.master_key_file = "k";
    config.graph.instagram = url;
    EXPECT_EQ(CheckConfig(config).size(), 1U) << url;
  }
}

TEST_F(ConfigTest, CommandsTakeTheServersOptionsOnEitherSide) {
  const std::vector<const char*> options = {"--data-dir", "d",
                                            "--master-key-file", "k"};
  const auto with = [&](std::vector<const char*> command, bool first) {
    std::vector<const char*> all = options;
    all.insert(first ? all.begin() : all.end(), command.begin(), command.end());
    return Read(all);
  };
  for (const bool first : {false, true}) {
    const auto backup = with({"backup", "--to", "b"}, first);
    ASSERT_THAT(backup, IsOk());
    EXPECT_EQ(backup->command, Command::kBackup);
    EXPECT_EQ(backup->to, "b");
    EXPECT_EQ(backup->config.data_dir, "d");
    EXPECT_EQ(backup->config.master_key_file, "k");
    const auto restore = with({"restore", "--from", "b"}, first);
    ASSERT_THAT(restore, IsOk());
    EXPECT_EQ(restore->command, Command::kRestore);
    EXPECT_EQ(restore->from, "b");
    EXPECT_EQ(with({"check"}, first)->command, Command::kCheck);
  }
  EXPECT_EQ(Read(options)->command, Command::kServe);
  EXPECT_TRUE(with({"check", "backup", "--to", "b"}, true)->done);
  EXPECT_TRUE(with({"backup", "--from", "b"}, true)->done);
}

TEST_F(ConfigTest, BadOptionsEndWithASentence) {
  const auto read = Read({"--no-such-option"});
  ASSERT_THAT(read, IsOk());
  EXPECT_TRUE(read->done);
  EXPECT_NE(read->exit_code, 0);
  EXPECT_THAT(read->message, HasSubstr("--no-such-option"));
}

TEST_F(ConfigTest, RetentionTakesDaysAndDurations) {
  const auto read =
      Read({"--data-dir", "d", "--master-key-file", "k", "--event-retention",
            "10d", "--raw-retention", "36h"});
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->config.event_retention, absl::Hours(240));
  EXPECT_EQ(read->config.raw_retention, absl::Hours(36));
}

TEST_F(ConfigTest, MessagesOutliveTheirEvents) {
  Config config;
  config.data_dir = "d";
  config.master_key_file = "k";
  config.message_retention = config.event_retention - absl::Seconds(1);
  EXPECT_THAT(CheckConfig(config),
              ::testing::ElementsAre(
                  HasSubstr("message-retention must not be shorter")));
}

TEST_F(ConfigTest, GraceOfAMessageHasBounds) {
  Config config;
  config.data_dir = "d";
  config.master_key_file = "k";
  for (const absl::Duration wrong :
       {absl::Seconds(119), absl::Hours(72) + absl::Seconds(1)}) {
    config.message_grace = wrong;
    EXPECT_THAT(CheckConfig(config),
                ::testing::ElementsAre(
                    HasSubstr("message-grace must be from 2m to 72h")));
  }
}

TEST_F(ConfigTest, AMissingFileIsTheOnlyComplaint) {
  EXPECT_EQ(Read({"--config", "/no/such.toml", "--log-level", "loud"})
                .status()
                .message(),
            "there is no configuration file /no/such.toml");
}

TEST_F(ConfigTest, ABadValueIsAnsweredWithTheGoodOnes) {
  const std::string file = File("data_dir = \"d\"\nraw_retention = \"long\"\n");
  EXPECT_THAT(std::string(Read({"--config", file.c_str(), "--auth", "maybe",
                                "--max-connections", "many",
                                "--trusted-proxies", "10.0.0.0/99"})
                              .status()
                              .message()),
              AllOf(HasSubstr("'maybe' is not a value for auth; it takes none "
                              "or keys"),
                    HasSubstr("it takes a whole number"),
                    HasSubstr("it takes addresses such as 10.0.0.0/8"),
                    HasSubstr("it takes a duration such as 90d")));
}

TEST_F(ConfigTest, ChangesAreTakenOrWait) {
  const std::string before =
      File("data_dir = \"d\"\nmaster_key_file = \"k\"\nlog_level = \"info\"\n");
  const auto first = Read({"--config", before.c_str()});
  ASSERT_THAT(first, IsOk());
  const std::string after =
      File("data_dir = \"e\"\nmaster_key_file = \"k\"\nraw_max_bytes = 5\n");
  const auto second = Read({"--config", after.c_str()});
  ASSERT_THAT(second, IsOk());
  const ConfigChanges changes = CompareConfigs(*first, *second);
  EXPECT_THAT(changes.taken,
              ::testing::ElementsAre("log-level", "raw-max-bytes"));
  EXPECT_THAT(changes.waiting, ::testing::ElementsAre("data-dir"));
  EXPECT_THAT(CompareConfigs(*second, *second).taken, IsEmpty());
}

}  // namespace
}  // namespace linktor::app
