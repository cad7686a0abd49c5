// GET /emulator says what can be done: so each of its commands must work.

#include "emulator/control_help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "emulator/attachment_json.h"
#include "emulator/customer_event.h"
#include "server/base/strings.h"
#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using ::testing::HasSubstr;

struct Command {
  std::string line;
  std::string method = "GET";
  std::string path;
  std::string body;
};

// Finds the commands in the help text. Each of them is on a line of this form:
// "  curl [-X METHOD] <address><path> [-d '<body>']  [# ...]".
std::vector<Command> Commands(const std::string& help,
                              const std::string& address) {
  std::vector<Command> commands;
  for (const absl::string_view line : absl::StrSplit(help, '\n')) {
    absl::string_view rest = line;
    if (!absl::ConsumePrefix(&rest, "  curl ")) continue;
    Command command{.line = std::string(line)};
    const std::vector<std::string> quoted = absl::StrSplit(rest, '\'');
    if (quoted.size() == 3) {
      command.method = "POST";
      command.body = quoted[1];
    }
    if (absl::ConsumePrefix(&rest, "-X ")) {
      const std::pair<std::string, absl::string_view> parts =
          absl::StrSplit(rest, absl::MaxSplits(' ', 1));
      command.method = parts.first;
      rest = parts.second;
    }
    EXPECT_TRUE(absl::ConsumePrefix(&rest, address)) << command.line;
    command.path = std::string(rest.substr(0, rest.find(' ')));
    commands.push_back(std::move(command));
  }
  return commands;
}

class ControlHelpTest : public EmulatorTest {
 protected:
  ControlHelpTest() { Connect(); }
};

TEST_F(ControlHelpTest, IsServedWithOrWithoutASlash) {
  const Reply reply = Control("GET", "/emulator/");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, ControlHelp(emulator_->address()));
  EXPECT_EQ(Control("GET", "/emulator").body, reply.body);
}

TEST_F(ControlHelpTest, EveryCommandWorks) {
  const auto commands =
      Commands(ControlHelp(emulator_->address()), emulator_->address());
  EXPECT_GT(commands.size(), 30u);
  for (const Command& command : commands) {
    // Taps need something to tap; later sends are refused, as the commands
    // before them ask for.
    Graph("POST", "/me/messages", R"({"recipient":{"id":"6101"},"message":{
        "text":"Which?","quick_replies":[{"content_type":"text",
            "title":"Sale Items","payload":"SALE"}]}})");
    const Reply reply = Control(command.method, command.path, command.body);
    EXPECT_EQ(reply.status, 200) << command.line << "\n" << reply.body;
    emulator_->faults().Clear();
  }
}

TEST_F(ControlHelpTest, NamesEveryControlAndKind) {
  const std::string help = ControlHelp(emulator_->address());
  for (const char* name : {"/messages",
                           "/taps",
                           "/users",
                           "/config",
                           "/faults",
                           "/graph-calls",
                           "/webhooks",
                           "/redeliver",
                           "/verify",
                           "story_mention",
                           "product_share",
                           "postback",
                           "unreact",
                           "read",
                           "edit",
                           "unsend",
                           "feedback",
                           "optin",
                           "handover",
                           "app_roles",
                           "comment",
                           "live_comment",
                           "unsupported",
                           "\"other\"",
                           "edit_zero",
                           "leave_out",
                           "\"standby\":\"copy\"",
                           "by_account",
                           "messenger",
                           "/answers",
                           "\"self\"",
                           "/tests",
                           "/accounts/",
                           "other_tokens",
                           "?account=",
                           "/delivery",
                           "redeliver",
                           "give_up_after_ms",
                           "batch",
                           "gather_ms",
                           "reorder",
                           "duplicate_percent",
                           "seed",
                           "\"hold\"",
                           "ahead_ms",
                           "mention",
                           "story_insights",
                           "policy_enforcement",
                           "quick_reply",
                           "accept_then_close",
                           "close",
                           "delay",
                           "status",
                           "graph_error",
                           "hold_echoes",
                           "last_message_age_s",
                           "access_to_messages",
                           "page_id"}) {
    EXPECT_THAT(help, HasSubstr(name));
  }
}

TEST_F(ControlHelpTest, NamesEveryTypeOfAttachmentAndEveryMemberLeftOut) {
  const std::string help = ControlHelp(emulator_->address());
  for (const std::string_view type : AttachmentTypes()) {
    EXPECT_THAT(help, HasSubstr(std::string(type)));
  }
  for (const std::string_view member : kLeaveOut) {
    EXPECT_THAT(help, HasSubstr(std::string(member)));
  }
}

}  // namespace
}  // namespace linktor::emulator
