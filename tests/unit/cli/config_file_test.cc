#include "client/cli/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "client/cli/connection.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/cli/helpers.h"

namespace linktor::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPath[] = "/etc/ig/c.toml";

std::string ProblemOf(const std::string& toml) {
  return std::string(ParseConfigFile(toml, kPath).status().message());
}

TEST(ParseConfigFileTest, TakesEverySetting) {
  const auto file = ParseConfigFile(R"(
default = "prod"
[servers.prod]
address = "gateway.example.com:50051"
tls = true
ca = "/etc/ca.pem"
cert = "prod.pem"
key = "keys/prod.pem"
tls_name = "gateway"
api_key_file = "prod.key"
send_key_unencrypted = false
[servers.test]
address = "unix:/run/ig.sock"
)",
                                    kPath);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->default_server, "prod");
  const ConnectionOptions& prod = file->servers.at("prod");
  EXPECT_EQ(prod.server, "gateway.example.com:50051");
  EXPECT_EQ(prod.tls, true);
  EXPECT_EQ(prod.ca, "/etc/ca.pem");
  EXPECT_EQ(prod.cert, "/etc/ig/prod.pem");
  EXPECT_EQ(prod.key, "/etc/ig/keys/prod.pem");
  EXPECT_EQ(prod.tls_name, "gateway");
  EXPECT_EQ(prod.api_key_file, "/etc/ig/prod.key");
  EXPECT_EQ(prod.send_key_unencrypted, false);
  EXPECT_EQ(file->servers.at("test").server, "unix:/run/ig.sock");
}

TEST(ParseConfigFileTest, ProblemsHaveFileAndLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"colour = 1", "c.toml:1: the file has no setting 'colour'"},
      {"[servers.a]\naddress = \"h:1\"\nport = 1",
       "c.toml:3: [servers.a] has no setting 'port'"},
      {"[servers.a]\naddress = 1",
       "c.toml:2: address must be a text in quotation marks"},
      {"[servers.a]\naddress = \"h:1\"\ntls = \"yes\"",
       "c.toml:3: tls must be true or false"},
      {"[servers.a]\naddress = \"h:1\"\nca = \"\"", "c.toml:3: ca is empty"},
      {"\n[servers.a]\ntls = true", "c.toml:2: [servers.a] needs an address"},
      {"[servers.a]\naddress = \"h\"", "c.toml:2: 'h' is not HOST:PORT"},
      {"default = \"a\"", "c.toml:1: default names no [servers.NAME]"},
      {"default = 1", "c.toml:1: default must be a text"},
      {"servers = 1", "c.toml:1: servers must be tables"},
      {"servers.a = 1", "c.toml:1: [servers.a] must be a table"},
      {"[servers.\"a:1\"]\naddress = \"h:1\"", "c.toml:1: [servers.a:1]: the "},
      {"[servers.a", "c.toml:1: "},
  };
  for (const auto& [toml, problem] : cases) {
    EXPECT_THAT(ProblemOf(toml), HasSubstr(problem)) << toml;
  }
}

TEST(ParseConfigFileTest, EveryProblemIsTold) {
  EXPECT_THAT(ProblemOf("a = 1\nb = 2"),
              AllOf(HasSubstr("c.toml:1: "), HasSubstr("c.toml:2: ")));
}

// The file is shown around; and what stands there by mistake is not shown.
TEST(ParseConfigFileTest, KeyItselfIsRefusedAndNotRepeated) {
  for (const char* toml :
       {"api_key = \"lig_secret\"",
        "[servers.a]\napi_key = \"lig_secret\"\naddress = \"h:1\""}) {
    EXPECT_THAT(ProblemOf(toml),
                AllOf(HasSubstr("name that file with api_key_file"),
                      Not(HasSubstr("lig_secret"))));
  }
}

TEST(DefaultConfigPathTest, BelowXdgElseBelowHome) {
  EXPECT_EQ(
      DefaultConfigPath(Variables({{"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}})),
      "/x/linktor-ig/config.toml");
  EXPECT_EQ(
      DefaultConfigPath(Variables({{"XDG_CONFIG_HOME", "x"}, {"HOME", "/h"}})),
      "/h/.config/linktor-ig/config.toml");
  EXPECT_EQ(DefaultConfigPath(Variables({})), "");
}

// ---- Files -----------------------------------------------------------------

class LoadConnectionTest : public ::testing::Test {
 protected:
  std::string Written(const std::string& name, const std::string& text) {
    std::string path = folder_.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  TempFolder folder_;
};

TEST_F(LoadConnectionTest, NoDefaultFileIsNoError) {
  const auto none = LoadConnection({}, Variables({{"HOME", folder_.path()}}));
  ASSERT_THAT(none, IsOk());
  EXPECT_EQ(none->address, kDefaultAddress);
  EXPECT_EQ(none->config_path,
            folder_.path() + "/.config/linktor-ig/config.toml");
  EXPECT_THAT(LoadConnection({}, Variables({})), IsOk());
}

TEST_F(LoadConnectionTest, FileThatIsNamedMustExist) {
  const std::string none = folder_.path() + "/none";
  EXPECT_THAT(
      LoadConnection({.config = none}, Variables({})).status().message(),
      HasSubstr("/none: No such file"));
  EXPECT_FALSE(
      LoadConnection({}, Variables({{"LINKTOR_IG_CLI_CONFIG", none}})).ok());
}

TEST_F(LoadConnectionTest, OptionNamesTheFileBeforeTheVariable) {
  const std::string option =
      Written("o", "default = \"a\"\n[servers.a]\naddress = \"o:1\"");
  const std::string variable =
      Written("v", "default = \"a\"\n[servers.a]\naddress = \"v:1\"");
  const Environment environment =
      Variables({{"LINKTOR_IG_CLI_CONFIG", variable}});
  EXPECT_EQ(LoadConnection({.config = option}, environment)->address, "o:1");
  EXPECT_EQ(LoadConnection({}, environment)->address, "v:1");
}

// gRPC would tell each of these as a server that is away.
TEST_F(LoadConnectionTest, FilesOfTlsAreLookedInto) {
  const std::string wrong = Written("wrong", "no PEM");
  const auto problem = [](const Connection& connection) {
    return std::string(OpenClient(connection, "").status().message());
  };
  EXPECT_THAT(problem({.address = "h:1", .tls = true, .ca = wrong}),
              HasSubstr("wrong is not a PEM file with \"-----BEGIN CERT"));
  EXPECT_THAT(
      problem({.address = "h:1", .tls = true, .cert = wrong, .key = wrong}),
      HasSubstr("-----BEGIN CERTIFICATE-----"));
  const std::string cert = Written("cert", "-----BEGIN CERTIFICATE-----");
  EXPECT_THAT(
      problem({.address = "h:1", .tls = true, .cert = cert, .key = wrong}),
      HasSubstr("PRIVATE KEY"));
  EXPECT_THAT(
      problem({.address = "h:1", .tls = true, .ca = folder_.path() + "/none"}),
      HasSubstr("/none: No such file"));
}

}  // namespace
}  // namespace linktor::cli
