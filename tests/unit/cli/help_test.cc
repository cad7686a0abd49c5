// The command line as a whole: what is understood, and what is said of what is
// not. No command runs.

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
    app_.add_flag("--json");
    const Program program{app_, session_, run_};
    AddChannels(program);
    AddSend(program);
    AddMessages(program);
    AddConversations(program);
    AddIceBreakers(program);
    AddEvents(program);
    AddErrors(program);
  }

  // Empty when it was understood, and there is something to run.
  std::string Problem(std::vector<std::string> words) {
    std::reverse(words.begin(), words.end());
    try {
      app_.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
      return ExplainUsage(app_, error.what());
    }
    return run_ ? "" : "nothing to run";
  }

  Session session_;
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
      {"ice-breakers", "set", "ch", "A=A", "B=B"},
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
}

// --help of each command is where people learn it.
TEST_F(CommandLineTest, EveryCommandHasAnExampleOfItself) {
  const auto any = [](const CLI::App*) { return true; };
  for (const auto* group : app_.get_subcommands(any)) {
    for (const auto* command : group->get_subcommands(any)) {
      if (command->get_name().empty()) continue;
      EXPECT_THAT(command->help(),
                  HasSubstr(absl::StrCat("linktor-ig ", group->get_name(), " ",
                                         command->get_name())));
    }
  }
}

TEST_F(CommandLineTest, OverviewTeachesWordsAndExitCodes) {
  EXPECT_THAT(Overview(), HasSubstr("IGSID"));
  for (const char* code :
       {"  0  ", "  1  ", "  2  ", "  3  ", "  4  ", "  5  "}) {
    EXPECT_THAT(ExitCodes(), HasSubstr(code));
  }
}

}  // namespace
}  // namespace linktor::cli
