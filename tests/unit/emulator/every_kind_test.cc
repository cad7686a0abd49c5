// One control call plays each kind of event that a webhook brings: the
// gateway's own parser says which kind came, and its table which there are.

#include <gtest/gtest.h>

#include <set>

#include "server/kinds/table.h"
#include "tests/support/padded_body.h"
#include "tests/support/parse_all.h"
#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

struct KindCase {
  const char* control;
  const char* body;
  const kinds::Kind* kind;
};

// The customer is 61.
const KindCase kKindCases[] = {
    {"messages", R"({"from":"61","text":"Hi"})", &kinds::kMessageReceived},
    {"messages", R"({"from":"61","unsupported":true})",
     &kinds::kMessageReceived},
    {"messages", R"({"from":"61","text":"B","quick_reply":{"payload":"B"}})",
     &kinds::kQuickReply},
    {"messages", R"({"from":"61","text":"Nice","story":{"id":"1"}})",
     &kinds::kStoryReply},
    {"messages", R"({"from":"61","story_mention":{}})", &kinds::kStoryMention},
    {"messages", R"({"from":"61","product_share":{"elements":[{"id":"1"}]}})",
     &kinds::kProductShare},
    {"messages", R"({"from":"61","edit":{"mid":"m","text":"Ho"}})",
     &kinds::kMessageEdited},
    {"messages", R"({"from":"61","unsend":{"mid":"m"}})", &kinds::kUnsend},
    {"messages", R"({"from":"61","read":{"mid":"m"}})", &kinds::kMessageRead},
    {"messages", R"({"from":"61","reaction":{"mid":"m","reaction":"love"}})",
     &kinds::kReaction},
    {"messages", R"({"from":"61","unreact":{"mid":"m"}})", &kinds::kReaction},
    {"messages", R"({"from":"61","postback":{"title":"T","payload":"P"}})",
     &kinds::kPostback},
    {"messages", R"({"from":"61","referral":{"ref":"r"}})", &kinds::kReferral},
    {"messages", R"({"from":"61","optin":{}})", &kinds::kOptin},
    {"messages", R"({"from":"61","handover":{"action":"pass"}})",
     &kinds::kPassThreadControl},
    {"messages", R"({"from":"61","handover":{"action":"take"}})",
     &kinds::kTakeThreadControl},
    {"messages", R"({"from":"61","handover":{"action":"request"}})",
     &kinds::kRequestThreadControl},
    {"messages", R"({"from":"61","handover":{"action":"metadata"}})",
     &kinds::kPassThreadMetadata},
    {"messages", R"({"handover":{"action":"app_roles","roles":{"2":["a"]}}})",
     &kinds::kAppRoles},
    {"messages", R"({"from":"61","feedback":{"mid":"m"}})", &kinds::kFeedback},
    {"messages", R"({"policy_enforcement":{"action":"block"}})",
     &kinds::kPolicyEnforcement},
    {"messages", R"({"from":"61","comment":{"text":"x"}})", &kinds::kComment},
    {"messages", R"({"comment":{"text":"x","by_account":true}})",
     &kinds::kComment},
    {"messages", R"({"from":"61","comment":{"text":"x","flat":true}})",
     &kinds::kComment},
    {"messages", R"({"from":"61","live_comment":{"text":"x"}})",
     &kinds::kLiveComment},
    {"messages", R"({"mention":{"media_id":"1"}})", &kinds::kMention},
    {"messages", R"({"story_insights":{"media_id":"1"}})",
     &kinds::kStoryInsights},
    {"messages", R"({"from":"61","other":{"key":"new","value":{}}})",
     &kinds::kUnknown},
    {"answers", R"({"to":"61","text":"Hi"})", &kinds::kMessageEchoed},
    {"answers", R"({"to":"61","text":"Hi","leave_out":["is_echo"]})",
     &kinds::kMessageEchoed},
    {"answers", R"({"self":true,"text":"Hi"})", &kinds::kMessageEchoed},
    {"answers", R"({"self":true,"postback":{"title":"T","payload":"P"}})",
     &kinds::kPostback},
    {"answers", R"({"to":"61","unsend":{"mid":"m"}})", &kinds::kUnsend},
    {"answers", R"({"to":"61","edit":{"mid":"m","text":"Ho"}})",
     &kinds::kMessageEdited},
    {"answers", R"({"to":"61","reaction":{"mid":"m","reaction":"wow"}})",
     &kinds::kReaction},
};

class EveryKindTest : public EmulatorTest {
 protected:
  EveryKindTest() { Connect(); }
};

TEST_F(EveryKindTest, IsPlayedByOneCall) {
  std::set<const kinds::Kind*> played;
  std::size_t count = 0;
  for (const KindCase& c : kKindCases) {
    const Reply reply =
        Control("POST", std::string("/emulator/") + c.control, c.body);
    ASSERT_EQ(reply.status, 200) << c.body << reply.body;
    const PaddedBody body(gateway_.WaitForWebhooks(++count).back().body);
    const auto items = ParseAll(body.view());
    ASSERT_EQ(items.size(), 1u) << c.body;
    EXPECT_EQ(items[0].fate, kinds::Fate::kEvent) << c.body;
    EXPECT_EQ(items[0].row, c.kind) << c.body << " " << items[0].problem;
    played.insert(items[0].row);
  }
  for (const kinds::Kind* row : kinds::kTable) {
    // The others are what becomes of sends, and come in no webhook.
    if (row->key.empty() && row->field.empty()) continue;
    EXPECT_TRUE(played.contains(row)) << row->type;
  }
}

TEST_F(EveryKindTest, OwnersAnswersAreTheAccounts) {
  for (const KindCase& c : kKindCases) {
    if (std::string(c.control) != "answers") continue;
    Control("POST", "/emulator/answers", c.body);
    const PaddedBody body(gateway_.webhooks().back().body);
    EXPECT_TRUE(ParseAll(body.view())[0].by_account) << c.body;
  }
}

TEST_F(EveryKindTest, EditZeroWaitsForItsMessage) {
  Control("POST", "/emulator/messages",
          R"({"from":"61","text":"Hi","edit_zero":"before"})");
  const PaddedBody body(gateway_.WaitForWebhooks(2)[0].body);
  EXPECT_EQ(TypeOf(ParseAll(body.view())[0]), ItemType::kWaits);
}

TEST_F(EveryKindTest, MessengersItemIsAnIssue) {
  emulator_->Configure({.page_id = "100200300"});
  Control("POST", "/emulator/messages",
          R"({"from":"61","text":"Hi","messenger":true})");
  const PaddedBody body(gateway_.WaitForWebhooks(1)[0].body);
  EXPECT_EQ(TypeOf(ParseAll(body.view())[0]), ItemType::kIssue);
}

}  // namespace
}  // namespace linktor::emulator
