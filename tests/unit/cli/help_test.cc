// This tests the command line as a whole: what is understood, and what is said
// of the rest. No command runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/cli/commands.h"

namespace linktor::cli {
namespace {

using ::testing::HasSubstr;

class CommandLineTest : public ::testing::Test {
 protected:
  CommandLineTest() : app_("what", "linktor-ig") {
    app_.fallthrough();
    app_.require_subcommand(1);
    AddCommands({app_, session_, run_});
  }

  // Returns nothing when it was understood, and there is something to run.
  std::string Problem(std::vector<std::string> words) {
    std::reverse(words.begin(), words.end());
    try {
      app_.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
      return ExplainUsage(app_, error.what());
    }
    return run_ ? "" : "nothing to run";
  }

  Session session_{[](const std::string&) { return std::nullopt; }};
  ::linktor::cli::Run run_;
  CLI::App app_;
};

TEST_F(CommandLineTest, Understood) {
  const std::vector<std::vector<std::string>> lines = {
      {"channels", "list"},
      {"channels", "list", "--json"},
      {"--json", "channels", "get", "ch"},
      {"send", "text", "ch", "61", "channels"},
      {"send", "text", "ch", "61", "Hi", "--quick-reply", "A=A",
       "--quick-reply", "B=B"},
      {"send", "text", "ch", "61", "--", "-10 % today"},
      {"events", "tail", "--type", "message.*", "--type", "instagram.*"},
      {"messages", "get", "ch", "--mid", "m"},
      {"messages", "refresh-media", "ch", "--id", "msg_1"},
      {"users", "get", "ch", "61", "--refresh"},
      {"deliveries", "redrive", "dlv_1", "dlv_2"},
      {"ice-breakers", "set", "ch", "A=A", "B=B"},
      {"keys", "create", "--permission", "send,read-events", "--name", "n"},
      {"keys", "list", "--server", "prod", "--ca", "ca.pem"},
      {"--no-tls", "--server", "unix:/x", "--api-key-file", "f", "keys", "get",
       "0123456789abcdef"},
      {"completion", "zsh"},
      {"errors"},
      {"errors", "DRAINING"},
  };
  for (const auto& line : lines)
    EXPECT_EQ(Problem(line), "") << line[1 % line.size()];
}

TEST_F(CommandLineTest, MisspeltCommandIsGuessed) {
  EXPECT_EQ(Problem({"sned"}),
            "linktor-ig has no command 'sned'; did you mean 'send'?");
  EXPECT_EQ(Problem({"send", "txt", "ch"}),
            "linktor-ig send has no command 'txt'; did you mean 'text'?");
  EXPECT_EQ(Problem({"send", "fax"}), "linktor-ig send has no command 'fax'");
}

TEST_F(CommandLineTest, MissingCommandIsListed) {
  EXPECT_THAT(Problem({}), HasSubstr("linktor-ig needs a command: channels, "));
  EXPECT_THAT(Problem({"events"}),
              HasSubstr("linktor-ig events needs a command: tail"));
}

TEST_F(CommandLineTest, WrongArgumentsAreNamed) {
  EXPECT_THAT(Problem({"send", "text", "ch"}), HasSubstr("USER"));
  EXPECT_THAT(Problem({"messages", "get", "ch"}), HasSubstr("--request-id"));
  EXPECT_THAT(Problem({"messages", "resolve", "ch", "msg", "maybe"}),
              HasSubstr("{sent,not-sent}"));
  EXPECT_THAT(Problem({"events", "tail", "--from-start", "--after", "A"}),
              HasSubstr("--from-start"));
  EXPECT_THAT(Problem({"events", "tail", "--count", "0"}),
              HasSubstr("--count"));
  EXPECT_THAT(Problem({"keys", "create", "--permission", "sned"}),
              HasSubstr("'sned' is none of read-events, "));
  EXPECT_THAT(Problem({"keys", "create"}), HasSubstr("--permission"));
}

// A flag that is not given leaves the choice to the environment and the file.
TEST_F(CommandLineTest, OptionsThatAreNotGivenAreAbsent) {
  EXPECT_EQ(Problem({"channels", "list"}), "");
  for (const auto& setting : kTextSettings) {
    EXPECT_FALSE((session_.options().connection.*setting.field).has_value());
  }
  for (const auto& setting : kFlagSettings) {
    EXPECT_FALSE((session_.options().connection.*setting.field).has_value());
  }
}

TEST_F(CommandLineTest, EverySettingHasItsOption) {
  for (const auto& setting : kTextSettings) {
    if (setting.option == nullptr) continue;
    EXPECT_EQ(Problem({"channels", "list", setting.option, "x"}), "");
    EXPECT_EQ(session_.options().connection.*setting.field, "x");
  }
  for (const auto& setting : kFlagSettings) {
    EXPECT_EQ(Problem({"channels", "list", setting.option}), "");
    EXPECT_EQ(session_.options().connection.*setting.field, true);
  }
  EXPECT_EQ(Problem({"channels", "list", "--no-tls"}), "");
  EXPECT_EQ(session_.options().connection.tls, false);
}

// A secret on the command line would be seen in ps.
TEST_F(CommandLineTest, NoOptionTakesASecret) {
  const auto* create =
      app_.get_subcommand("channels")->get_subcommand("create");
  for (const char* name :
       {"--access-token", "--app-secret", "--verify-token"}) {
    EXPECT_EQ(create->get_option_no_throw(name), nullptr) << name;
    EXPECT_NE(create->get_option_no_throw(absl::StrCat(name, "-file")),
              nullptr);
  }
  EXPECT_EQ(app_.get_option_no_throw("--api-key"), nullptr);
  EXPECT_NE(app_.get_option_no_throw("--api-key-file"), nullptr);
}

// People learn a command from its --help.
TEST_F(CommandLineTest, EveryCommandHasAnExampleOfItself) {
  const auto any = [](const CLI::App*) { return true; };
  for (const auto* group : app_.get_subcommands(any)) {
    for (const auto* command : group->get_subcommands(any)) {
      if (command->get_name().empty()) continue;
      EXPECT_THAT(command->help(),
                  HasSubstr(absl::StrCat("linktor-ig ", group->get_name(), " ",
                                         command->get_name())));
    }
    const std::string help = group->help();
    const std::size_t example = help.find("\nExample:\n  ");
    ASSERT_NE(example, std::string::npos) << group->get_name();
    EXPECT_THAT(help.substr(example),
                HasSubstr(absl::StrCat("linktor-ig ", group->get_name(), " ")));
  }
}

TEST_F(CommandLineTest, OverviewTeachesWordsAndExitCodes) {
  EXPECT_THAT(Overview(), HasSubstr("IGSID"));
  for (const char* code :
       {"  0  ", "  1  ", "  2  ", "  3  ", "  4  ", "  5  "}) {
    EXPECT_THAT(Footer(), HasSubstr(code));
  }
  EXPECT_THAT(Footer(), HasSubstr("only with the same --request-id"));
}

TEST_F(CommandLineTest, HelpTeachesServersAndKeys) {
  for (const auto& setting : kTextSettings) {
    if (setting.option != nullptr) {
      EXPECT_THAT(app_.help(), HasSubstr(setting.option));
    }
    if (setting.entry != nullptr) {
      EXPECT_THAT(Footer(), HasSubstr(setting.entry));
    }
  }
  EXPECT_THAT(Overview(), HasSubstr("API key"));
  for (const char* part :
       {"LINKTOR_IG_SERVER", "LINKTOR_IG_TLS", "LINKTOR_IG_CA",
        "LINKTOR_IG_CERT, _KEY", "LINKTOR_IG_API_KEY_FILE",
        "LINKTOR_IG_API_KEY\n", "config.toml", "[servers.prod]", "unix:PATH",
        "LINKTOR_IG_CLI_CONFIG", "LINKTOR_IG_TLS_NAME"}) {
    EXPECT_THAT(Footer(), HasSubstr(part));
  }
  const std::string keys = app_.get_subcommand("keys")->help();
  EXPECT_THAT(keys, HasSubstr("manage-access"));
  EXPECT_THAT(keys, HasSubstr("--api-key-file FILE"));
  EXPECT_THAT(keys, HasSubstr("lig_<id>_<secret>"));
}

}  // namespace
}  // namespace linktor::cli
