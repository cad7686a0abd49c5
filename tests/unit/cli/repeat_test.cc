#include "client/cli/repeat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "client/cli/text.h"

namespace linktor::cli {
namespace {

// What bash makes of a word as it is shown; sh need not know $'…'.
std::string Read(const std::string& shown) {
  const std::string command = "bash -c " + ShellWord("printf %s " + shown);
  std::FILE* pipe = popen(command.c_str(), "r");
  std::string out;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) out += static_cast<char>(c);
  pclose(pipe);
  return out;
}

TEST(ShellWordTest, IsReadBackByAShell) {
  for (const char* word :
       {"plain", "", "two words", "it's", "$HOME `id` $(id)", "a\"b\\c", "*",
        "~", "a;b|c&d", "!x", "Olá 👋", "#", "-x"}) {
    EXPECT_EQ(Read(ShellWord(word)), word) << ShellWord(word);
  }
}

TEST(ShellWordTest, ControlCharactersAreReadBackAndDriveNoTerminal) {
  for (const char* word : {"two\nlines", "\x1b[2J", "tab\t1", "\u202egnp",
                           "\xff\xfe", "\x07'\\"}) {
    const std::string shown = ShellWord(word);
    EXPECT_EQ(EscapeControls(shown), shown);
    EXPECT_EQ(Read(shown), word) << shown;
  }
}

TEST(RepeatCommandTest, AddsTheRequestId) {
  EXPECT_EQ(RepeatCommand({"send", "text", "ch", "61", "Hi there"}, "cli-1"),
            "linktor-ig send text ch 61 'Hi there' --request-id cli-1");
}

TEST(RepeatCommandTest, AddsItBeforeTheDashes) {
  EXPECT_EQ(RepeatCommand({"send", "text", "ch", "61", "--", "-10 %"}, "cli-1"),
            "linktor-ig send text ch 61 --request-id cli-1 -- '-10 %'");
  // Behind the dashes it is a text.
  EXPECT_EQ(RepeatCommand({"send", "text", "--", "--request-id"}, "cli-1"),
            "linktor-ig send text --request-id cli-1 -- --request-id");
}

TEST(RepeatCommandTest, LeavesOneThatIsGiven) {
  EXPECT_EQ(RepeatCommand({"send", "heart", "--request-id", "o-1"}, "o-1"),
            "linktor-ig send heart --request-id o-1");
  EXPECT_EQ(RepeatCommand({"send", "heart", "--request-id=o-1"}, "o-1"),
            "linktor-ig send heart --request-id=o-1");
}

}  // namespace
}  // namespace linktor::cli
