// The tests of Meta's dashboard.

#include "emulator/test_button.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "tests/support/padded_body.h"
#include "tests/support/parse_all.h"
#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using ::testing::HasSubstr;

class TestButtonTest : public EmulatorTest {
 protected:
  TestButtonTest() { Connect(); }

  Reply Press(std::string_view body) {
    return Control("POST", "/emulator/tests", body);
  }
};

TEST_F(TestButtonTest, EveryFieldIsUnderstoodAndOfNoAccount) {
  std::size_t count = 0;
  for (const std::string_view field : DashboardTestFields()) {
    const Reply reply =
        Press(absl::StrCat(R"({"field":")", ToAbsl(field), "\"}"));
    ASSERT_EQ(reply.status, 200) << reply.body;
    const PaddedBody body(gateway_.WaitForWebhooks(++count).back().body);
    const auto items = ParseAll(body.view());
    ASSERT_EQ(items.size(), 1u) << field;
    EXPECT_NE(TypeOf(items[0]), ItemType::kUnknown) << field;
    EXPECT_NE(TypeOf(items[0]), ItemType::kIssue) << field;
    EXPECT_EQ(items[0].entry_id, "0") << field;
  }
}

TEST_F(TestButtonTest, TimesAreSecondsAsText) {
  Press(R"({"field":"messages"})");
  const json::object entry =
      EntriesOf(gateway_.WaitForWebhooks(1)[0])[0].as_object();
  EXPECT_LT(entry.at("time").to_number<std::int64_t>(), 100'000'000'000);
  const json::value& change = entry.at("changes").at(0);
  EXPECT_EQ(Text(change, "field"), "messages");
  EXPECT_EQ(Text(change.at("value"), "timestamp"), "1527459824");
  EXPECT_EQ(Text(change.at("value").at("message"), "mid"), "random_mid");
}

TEST_F(TestButtonTest, ComesInThreeForms) {
  Press(R"({"field":"messages","form":"messaging"})");
  Press(R"({"field":"standby","form":"messaging"})");
  Press(R"({"field":"messages","form":"bare"})");
  const auto webhooks = gateway_.WaitForWebhooks(3);
  EXPECT_EQ(Text(ItemOf(webhooks[0]).at("message"), "text"), "random_text");
  EXPECT_TRUE(EntriesOf(webhooks[1])[0].as_object().contains("standby"));
  const json::value bare = *ParseJson(webhooks[2].body);
  EXPECT_EQ(Text(bare, "field"), "messages");
  EXPECT_FALSE(bare.as_object().contains("entry"));
}

TEST_F(TestButtonTest, CanBeAboutARealAccount) {
  Press(R"({"field":"comments","entry_id":"17841400000000001"})");
  EXPECT_EQ(Text(EntriesOf(gateway_.WaitForWebhooks(1)[0])[0], "id"), kAccount);
}

TEST_F(TestButtonTest, MalformedOnesGetASentence) {
  const struct {
    const char* body;
    const char* says;
  } kCases[] = {
      {"{}", "field"},
      {R"({"field":"likes"})", "message_reactions"},
      {R"({"field":"comments","form":"messaging"})", "no messaging items"},
      {R"({"field":"messages","form":"flat"})", "form"},
      {R"({"field":"messages","entry_id":"me"})", "entry_id"},
  };
  for (const auto& c : kCases) {
    const Reply reply = Press(c.body);
    EXPECT_EQ(reply.status, 400) << c.body;
    EXPECT_THAT(Text(reply.Json(), "error"), HasSubstr(c.says)) << c.body;
  }
  EXPECT_EQ(Press(R"({"field":"messages","account":"9"})").status, 404);
  EXPECT_EQ(Control("GET", "/emulator/tests").status, 405);
  EXPECT_TRUE(gateway_.webhooks().empty());
}

}  // namespace
}  // namespace linktor::emulator
