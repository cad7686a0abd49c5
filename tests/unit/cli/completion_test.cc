#include "client/cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "client/cli/commands.h"

namespace linktor::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CompletionTest : public ::testing::Test {
 protected:
  CompletionTest() : app_("what", "linktor-ig") {
    app_.fallthrough();
    AddCommands({app_, session_, run_});
  }

  std::vector<std::string> Words(const std::vector<std::string>& words) {
    std::vector<std::string> out;
    for (const Candidate& one : Candidates(app_, words, {"prod", "test"})) {
      out.push_back(one.word);
    }
    return out;
  }

  Session session_{[](const std::string&) { return std::nullopt; }};
  ::linktor::cli::Run run_;
  CLI::App app_;
};

TEST_F(CompletionTest, Commands) {
  EXPECT_THAT(Words({""}), AllOf(Contains("send"), Contains("completion")));
  EXPECT_THAT(Words({"c"}),
              ElementsAre("channels", "conversations", "completion"));
  EXPECT_THAT(Words({"events", ""}), ElementsAre("tail", "list"));
  EXPECT_THAT(Words({"--json", "--server", "prod", "ev"}),
              ElementsAre("events"));
  EXPECT_THAT(Words({"send", "text", "send", ""}), IsEmpty());
}

TEST_F(CompletionTest, CommandsHaveTheirMeaning) {
  EXPECT_THAT(Candidates(app_, {"ic"}, {}),
              ElementsAre(Candidate{"ice-breakers",
                                    "questions that Instagram offers to people "
                                    "who have not written yet"}));
}

TEST_F(CompletionTest, OptionsOfTheCommandAndOfTheProgram) {
  EXPECT_THAT(Words({"events", "tail", "--t"}),
              ElementsAre("--tls", "--tls-name", "--timeout", "--type"));
  EXPECT_THAT(Words({"messages", "get", "ch", "--m"}), ElementsAre("--mid"));
  EXPECT_THAT(Words({"send", "text", "--", "--j"}), IsEmpty());
  EXPECT_THAT(Words({"channels", "list", "--type"}), IsEmpty());
}

TEST_F(CompletionTest, ValuesOfOptions) {
  EXPECT_THAT(Words({"events", "tail", "--type", "message."}),
              AllOf(Contains("message.*"), Contains("message.received"),
                    Not(Contains("instagram.*"))));
  EXPECT_THAT(Words({"events", "tail", "--type=instagram.p"}),
              ElementsAre("--type=instagram.policy_enforcement",
                          "--type=instagram.postback",
                          "--type=instagram.product_share"));
  EXPECT_THAT(Words({"--server", ""}), ElementsAre("prod", "test"));
  EXPECT_THAT(Words({"keys", "create", "--permission", "send"}),
              ElementsAre("send"));
  EXPECT_THAT(Words({"channels", "create", "--app-secret-file", "x"}),
              ElementsAre(":files"));
  EXPECT_THAT(Words({"channels", "update", "ch", "--name", ""}), IsEmpty());
}

// bash makes three words of "--type=x".
TEST_F(CompletionTest, ValuesBehindAnEqualsSignOfItsOwn) {
  EXPECT_THAT(Words({"events", "tail", "--type", "=", "instagram.q"}),
              ElementsAre("instagram.quick_reply"));
  EXPECT_THAT(Words({"--server", "="}), ElementsAre("prod", "test"));
}

TEST_F(CompletionTest, ValuesOfArguments) {
  EXPECT_THAT(
      Words({"errors", "CURSOR_"}),
      ElementsAre("CURSOR_INVALID", "CURSOR_EXPIRED", "CURSOR_REWOUND"));
  EXPECT_THAT(Words({"messages", "resolve", "ch", "msg", ""}),
              ElementsAre("sent", "not-sent"));
  EXPECT_THAT(Words({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(Words({"send", "json", "ch", "61", ""}), ElementsAre(":files"));
}

// Whatever has a set of values, or is a file, is completed: a name that no
// option has any more would complete nothing, and nobody would notice.
TEST_F(CompletionTest, EveryOptionThatTakesAFileCompletesFiles) {
  const auto any = [](const CLI::App*) { return true; };
  int files = 0;
  for (const auto* group : app_.get_subcommands(any)) {
    for (const auto* command : group->get_subcommands(any)) {
      for (const auto* option :
           command->get_options([](const CLI::Option*) { return true; })) {
        const std::string name = option->get_single_name();
        if (!option->nonpositional() || !name.ends_with("file")) continue;
        ++files;
        EXPECT_THAT(Words({group->get_name(), command->get_name(),
                           absl::StrCat("--", name), ""}),
                    ElementsAre(":files"))
            << name;
      }
    }
  }
  EXPECT_GE(files, 8);
}

TEST_F(CompletionTest, LinesHaveATabAndOneLineOfMeaning) {
  EXPECT_EQ(ToLines({{"a", "first\nsecond"}, {"b", ""}}), "a\tfirst\nb\t\n");
}

TEST_F(CompletionTest, ProgramAnswersTheScripts) {
  const Environment none = [](const std::string&) { return std::nullopt; };
  EXPECT_EQ(Completed(app_, {"complete", "events", "ta"}, none),
            "tail\tprint events as they come, until Ctrl-C\n");
  EXPECT_EQ(Completed(app_, {"send", "complete"}, none), std::nullopt);
}

TEST_F(CompletionTest, EveryShellHasItsScript) {
  for (const std::string& shell : Shells()) {
    EXPECT_THAT(CompletionScript(shell), HasSubstr(kCompleteWord)) << shell;
    EXPECT_THAT(CompletionScript(shell), HasSubstr(kFilesWord)) << shell;
  }
  EXPECT_EQ(CompletionScript("tcsh"), "");
}

}  // namespace
}  // namespace linktor::cli
