#include "client/cli/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/cli/helpers.h"

namespace linktor::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kRemote[] = "gateway.example.com:50051";

// A file with two servers, of which `prod` has everything.
ConfigFile TwoServers(const std::string& chosen = "") {
  return {.path = "/etc/c.toml",
          .exists = true,
          .default_server = chosen,
          .servers = {{"prod",
                       {.server = "prod:1",
                        .ca = "/etc/file-ca",
                        .cert = "/etc/file-cert",
                        .key = "/etc/file-key",
                        .tls_name = "file-name",
                        .api_key_file = "/etc/file.key"}},
                      {"test", {.server = "127.0.0.1:2"}}}};
}

// ---- Which server ----------------------------------------------------------

struct ServerCase {
  const char* what;
  std::optional<std::string> option, variable;
  std::string chosen;
  std::string address, entry;
};

TEST(ResolveTest, ServerByOptionThenVariableThenDefault) {
  const ServerCase cases[] = {
      {"nothing", {}, {}, "", kDefaultAddress, ""},
      {"default of the file", {}, {}, "prod", "prod:1", "prod"},
      {"variable over default", {}, "test", "prod", "127.0.0.1:2", "test"},
      {"option over variable", "prod", "test", "", "prod:1", "prod"},
      {"address over default", "[::1]:9", {}, "prod", "[::1]:9", ""},
      {"socket", "unix:/run/ig.sock", {}, "", "unix:/run/ig.sock", ""},
      {"address in variable", {}, "10.0.0.1:9", "prod", "10.0.0.1:9", ""},
  };
  for (const ServerCase& one : cases) {
    const auto connection =
        Resolve({.server = one.option}, {.server = one.variable},
                TwoServers(one.chosen));
    ASSERT_THAT(connection, IsOk()) << one.what;
    EXPECT_EQ(connection->address, one.address) << one.what;
    EXPECT_EQ(connection->entry, one.entry) << one.what;
  }
}

TEST(ResolveTest, AUrlIsNoAddress) {
  EXPECT_EQ(SentenceOf(Resolve({.server = "http://gw:1"}, {}, {}).status()),
            "--server: 'http://gw:1' is a URL: leave out http://");
  EXPECT_EQ(SentenceOf(Resolve({.server = "https://gw:1"}, {}, {}).status()),
            "--server: 'https://gw:1' is a URL: leave out https:// and give "
            "--tls");
}

TEST(ResolveTest, UnknownNameIsToldWithThoseThereAre) {
  EXPECT_EQ(SentenceOf(Resolve({.server = "prdo"}, {}, TwoServers()).status()),
            "--server: 'prdo' is not HOST:PORT or unix:PATH, and there is no "
            "server of that name; /etc/c.toml has prod, test");
  EXPECT_THAT(
      SentenceOf(
          Resolve({}, {.server = "x"}, {.path = "/etc/c.toml"}).status()),
      AllOf(HasSubstr("LINKTOR_IG_SERVER: 'x'"),
            HasSubstr("there is no configuration file /etc/c.toml")));
  EXPECT_THAT(SentenceOf(Resolve({.server = "x"}, {},
                                 {.path = "/etc/c.toml", .exists = true})
                             .status()),
              HasSubstr("/etc/c.toml names none"));
}

TEST(ResolveTest, AddressMustBeOne) {
  for (const char* address :
       {":1", "host:", "host:0", "host:65536", "host:x", "unix:", ":"}) {
    EXPECT_THAT(SentenceOf(Resolve({.server = address}, {}, {}).status()),
                HasSubstr("--server: '"))
        << address;
  }
}

// It is the variable of a script, which would silently choose another server.
TEST(ResolveTest, EmptyOptionIsAnError) {
  EXPECT_EQ(
      SentenceOf(Resolve({.server = ""}, {}, TwoServers("prod")).status()),
      "--server is empty");
  EXPECT_EQ(SentenceOf(Resolve({.api_key_file = ""}, {}, {}).status()),
            "--api-key-file is empty");
}

// ---- TLS -------------------------------------------------------------------

TEST(ResolveTest, EveryTlsSettingImpliesTls) {
  for (const ConnectionOptions& given :
       {ConnectionOptions{.tls = true}, ConnectionOptions{.ca = "ca"},
        ConnectionOptions{.cert = "c", .key = "k"},
        ConnectionOptions{.tls_name = "n"}}) {
    EXPECT_TRUE(Resolve(given, {}, {})->tls);
    EXPECT_TRUE(Resolve({}, given, {})->tls);
  }
  EXPECT_FALSE(Resolve({}, {}, {})->tls);
}

TEST(ResolveTest, OptionsWinOverVariablesAndThoseOverTheFile) {
  const ConnectionOptions variables{
      .server = "prod", .ca = "v-ca", .tls_name = "v-name"};
  const auto connection = Resolve({.ca = "o-ca"}, variables, TwoServers());
  ASSERT_THAT(connection, IsOk());
  EXPECT_EQ(connection->ca, "o-ca");
  EXPECT_EQ(connection->tls_name, "v-name");
  EXPECT_EQ(connection->cert, "/etc/file-cert");
  EXPECT_EQ(connection->key, "/etc/file-key");
}

// A certificate of one source and a key of another would not fit.
TEST(ResolveTest, CertificateAndKeyComeFromOneSource) {
  const auto connection =
      Resolve({.server = "prod", .cert = "c", .key = "k"}, {}, TwoServers());
  ASSERT_THAT(connection, IsOk());
  EXPECT_EQ(connection->cert + connection->key, "ck");
  EXPECT_THAT(
      SentenceOf(
          Resolve({.server = "prod", .cert = "c"}, {}, TwoServers()).status()),
      HasSubstr("--cert needs --key beside it"));
  EXPECT_THAT(SentenceOf(Resolve({}, {.key = "k"}, {}).status()),
              HasSubstr("LINKTOR_IG_KEY needs LINKTOR_IG_CERT beside it"));
}

TEST(ResolveTest, NoTlsSwitchesOffWhatWeakerSourcesSay) {
  const auto connection =
      Resolve({.server = "prod", .tls = false, .send_key_unencrypted = true},
              {.ca = "v-ca"}, TwoServers());
  ASSERT_THAT(connection, IsOk());
  EXPECT_FALSE(connection->tls);
  EXPECT_THAT(connection->ca + connection->cert + connection->tls_name,
              IsEmpty());
}

TEST(ResolveTest, ContradictionWithinOneSourceIsAnError) {
  EXPECT_THAT(SentenceOf(Resolve({.tls = false, .ca = "ca"}, {}, {}).status()),
              HasSubstr("--ca is for TLS, which --tls switches off"));
  ConfigFile file = TwoServers("test");
  file.servers["test"].tls = false;
  file.servers["test"].tls_name = "n";
  EXPECT_THAT(SentenceOf(Resolve({}, {}, file).status()),
              HasSubstr("[servers.test] in /etc/c.toml: tls_name is for TLS"));
}

// ---- The API key -----------------------------------------------------------

TEST(ResolveTest, KeyByOptionThenVariableThenFile) {
  const ConnectionOptions prod{.server = "prod"};
  const auto of_file = Resolve(prod, {}, TwoServers());
  EXPECT_EQ(of_file->api_key.file, "/etc/file.key");
  EXPECT_EQ(of_file->api_key.description,
            "/etc/file.key (api_key_file of [servers.prod] in /etc/c.toml)");
  const auto of_variable = Resolve(prod, {.api_key = "lig_v"}, TwoServers());
  EXPECT_EQ(of_variable->api_key.value, "lig_v");
  EXPECT_THAT(of_variable->api_key.file, IsEmpty());
  EXPECT_EQ(of_variable->api_key.description, "LINKTOR_IG_API_KEY");
  EXPECT_EQ(Resolve(prod, {.api_key_file = "v.key"}, TwoServers())
                ->api_key.description,
            "v.key (LINKTOR_IG_API_KEY_FILE)");
  const auto of_option = Resolve({.server = "prod", .api_key_file = "o.key"},
                                 {.api_key = "lig_v"}, TwoServers());
  EXPECT_EQ(of_option->api_key.file, "o.key");
  EXPECT_THAT(of_option->api_key.value, IsEmpty());
  EXPECT_FALSE(Resolve({}, {}, TwoServers())->api_key.exists());
}

TEST(ResolveTest, TwoVariablesForTheKeyAreAnError) {
  const absl::Status status =
      Resolve({}, {.api_key_file = "f", .api_key = "lig_secret"}, {}).status();
  EXPECT_THAT(SentenceOf(status), AllOf(HasSubstr("unset one of them"),
                                        Not(HasSubstr("lig_secret"))));
}

TEST(ResolveTest, KeyIsNotSentUnencryptedToAnotherMachine) {
  const ConnectionOptions key{.api_key = "lig_secret"};
  const absl::Status refused = Resolve({.server = kRemote}, key, {}).status();
  EXPECT_THAT(
      SentenceOf(refused),
      AllOf(HasSubstr("LINKTOR_IG_API_KEY would travel unencrypted to "
                      "gateway.example.com:50051"),
            HasSubstr("--send-key-unencrypted"), Not(HasSubstr("lig_secret"))));
  EXPECT_THAT(Resolve({.server = kRemote, .tls = true}, key, {}), IsOk());
  EXPECT_THAT(Resolve({.server = kRemote}, {}, {}), IsOk());
  EXPECT_THAT(Resolve({.server = "127.0.0.1:1"}, key, {}), IsOk());
  EXPECT_THAT(
      Resolve({.server = kRemote, .send_key_unencrypted = true}, key, {}),
      IsOk());
  ConfigFile file = TwoServers();
  file.servers["plain"] = {.server = kRemote, .send_key_unencrypted = true};
  EXPECT_THAT(Resolve({.server = "plain"}, key, file), IsOk());
}

// ---- The environment -------------------------------------------------------

TEST(FromEnvironmentTest, EverySettingHasItsVariable) {
  std::map<std::string, std::string> variables;
  for (const auto& setting : kTextSettings) {
    variables[setting.variable] = setting.variable;
  }
  for (const auto& setting : kFlagSettings) variables[setting.variable] = "Yes";
  const auto given = FromEnvironment(Variables(variables));
  ASSERT_THAT(given, IsOk());
  for (const auto& setting : kTextSettings) {
    EXPECT_EQ(*given.*setting.field, setting.variable);
  }
  for (const auto& setting : kFlagSettings) {
    EXPECT_EQ(*given.*setting.field, true) << setting.variable;
  }
}

TEST(FromEnvironmentTest, EmptyCountsAsAbsent) {
  const auto given = FromEnvironment(
      Variables({{"LINKTOR_IG_SERVER", ""}, {"LINKTOR_IG_TLS", ""}}));
  ASSERT_THAT(given, IsOk());
  EXPECT_FALSE(given->server.has_value());
  EXPECT_FALSE(given->tls.has_value());
}

TEST(FromEnvironmentTest, FlagIsYesOrNo) {
  for (const char* no : {"0", "false", "NO", "off"}) {
    EXPECT_EQ(FromEnvironment(Variables({{"LINKTOR_IG_TLS", no}}))->tls, false);
  }
  EXPECT_EQ(
      SentenceOf(
          FromEnvironment(Variables({{"LINKTOR_IG_TLS", "ja"}})).status()),
      "LINKTOR_IG_TLS: 'ja' is neither yes nor no");
}

TEST(NeedsConfigFileTest, UnlessAnAddressIsGiven) {
  EXPECT_TRUE(NeedsConfigFile({}, {}));
  EXPECT_TRUE(NeedsConfigFile({.server = "prod"}, {.server = "h:1"}));
  EXPECT_FALSE(NeedsConfigFile({.server = "h:1"}, {.server = "prod"}));
  EXPECT_FALSE(NeedsConfigFile({}, {.server = "unix:/x"}));
  // One that is named is read, so that what is wrong in it is told.
  EXPECT_TRUE(NeedsConfigFile({.server = "h:1", .config = "c"}, {}));
  EXPECT_TRUE(NeedsConfigFile({.server = "h:1"}, {.config = "c"}));
}

}  // namespace
}  // namespace linktor::cli
