// The forms in which one and the same action comes: in which list of which
// entry, without some of its members, or beside an edit numbered 0.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using ::testing::HasSubstr;

class ItemFormTest : public EmulatorTest {
 protected:
  ItemFormTest() { Connect(); }

  Reply Play(std::string_view body) {
    return Control("POST", "/emulator/messages", body);
  }
};

TEST_F(ItemFormTest, UnsupportedMessageHasNothingElse) {
  const Reply reply = Play(R"({"from":"61","unsupported":true})");
  json::object message =
      ItemOf(gateway_.WaitForWebhooks(1)[0]).at("message").as_object();
  EXPECT_EQ(Text(message, "mid"), Text(reply.Json(), "mid"));
  message.erase("mid");
  EXPECT_EQ(json::value(message), *ParseJson(R"({"is_unsupported":true})"));
  EXPECT_EQ(emulator_->users()[0].written, 1u);
}

TEST_F(ItemFormTest, OtherIsAnyMember) {
  Play(R"({"from":"61","other":{"key":"delivery","value":{"mids":["m"]}}})");
  const json::object item = ItemOf(gateway_.WaitForWebhooks(1)[0]);
  EXPECT_EQ(item.at("delivery"), *ParseJson(R"({"mids":["m"]})"));
  EXPECT_EQ(Text(item.at("sender"), "id"), "61");
}

// Each row has the webhooks of one message. A webhook is given by the names of
// the members that its item has.
TEST_F(ItemFormTest, EditZeroComesWithItsMessageOrAlone) {
  const struct {
    const char* when;
    std::vector<std::string> kinds;
  } kCases[] = {{"before", {"message_edit", "message"}},
                {"after", {"message", "message_edit"}},
                {"alone", {"message_edit"}}};
  std::size_t count = 0;
  for (const auto& c : kCases) {
    const Reply reply = Play(absl::StrCat(
        R"({"from":"61","text":"Hello?","edit_zero":")", c.when, "\"}"));
    ASSERT_EQ(reply.status, 200) << reply.body;
    const auto webhooks = gateway_.WaitForWebhooks(count + c.kinds.size());
    for (const std::string& kind : c.kinds) {
      const json::object item = ItemOf(webhooks[count++]);
      ASSERT_TRUE(item.contains(kind)) << c.when;
      EXPECT_EQ(Text(item.at(kind), "mid"), Text(reply.Json(), "mid"));
      if (kind == "message") continue;
      EXPECT_FALSE(item.contains("sender"));
      EXPECT_FALSE(item.contains("recipient"));
      EXPECT_EQ(item.at(kind).at("num_edit").as_int64(), 0);
      EXPECT_FALSE(item.at(kind).as_object().contains("text"));
    }
  }
  EXPECT_EQ(gateway_.webhooks().size(), count);
}

TEST_F(ItemFormTest, StandbyCopyComesUnderBothNames) {
  Play(R"({"from":"61","text":"x","standby":"copy"})");
  const auto webhooks = gateway_.WaitForWebhooks(2);
  const json::object first = EntriesOf(webhooks[0])[0].as_object();
  const json::object second = EntriesOf(webhooks[1])[0].as_object();
  EXPECT_EQ(first.at("messaging"), second.at("standby"));
  EXPECT_FALSE(second.contains("messaging"));
}

TEST_F(ItemFormTest, MembersCanBeLeftOut) {
  Play(R"({"from":"61","postback":{"title":"T","payload":"P"},
           "leave_out":["sender","recipient","timestamp","mid"]})");
  EXPECT_EQ(json::value(ItemOf(gateway_.WaitForWebhooks(1)[0])),
            *ParseJson(R"({"postback":{"title":"T","payload":"P"}})"));
}

TEST_F(ItemFormTest, MessengersWebhookIsAboutThePage) {
  EXPECT_THAT(Play(R"({"from":"61","text":"x","messenger":true})").body,
              HasSubstr("page_id"));
  emulator_->Configure({.page_id = "100200300"});
  EXPECT_EQ(Play(R"({"from":"61","text":"x","messenger":true})").status, 200);
  const http::HttpRequest webhook = gateway_.WaitForWebhooks(1)[0];
  EXPECT_EQ(Text(*ParseJson(webhook.body), "object"), "page");
  EXPECT_EQ(Text(EntriesOf(webhook)[0], "id"), "100200300");
  EXPECT_EQ(Text(ItemOf(webhook).at("recipient"), "id"), "100200300");
  // Their ids are of another space.
  EXPECT_TRUE(emulator_->users().empty());
}

TEST_F(ItemFormTest, CommentOfTheAccountSaysSo) {
  Play(R"({"comment":{"id":"9","text":"Thanks","username":"shop",
           "by_account":true}})");
  const json::value value =
      EntriesOf(gateway_.WaitForWebhooks(1)[0])[0].at("changes").at(0).at(
          "value");
  EXPECT_EQ(value.at("from"),
            *ParseJson(R"({"id":"17841400000000001","username":"shop",
                           "self_ig_scoped_id":"9841400000000001"})"));
}

TEST_F(ItemFormTest, CommentComesInMetasOtherForms) {
  Play(R"({"comment":{"id":"9","text":"Nice","flat":true}})");
  const json::object entry =
      EntriesOf(gateway_.WaitForWebhooks(1)[0])[0].as_object();
  EXPECT_FALSE(entry.contains("changes"));
  EXPECT_EQ(Text(entry, "field"), "comments");
  EXPECT_EQ(Text(entry.at("value"), "id"), "9");
  Play(R"({"comment":{"id":"9","id_as":"comment_id"}})");
  const json::value value =
      EntriesOf(gateway_.WaitForWebhooks(2)[1])[0].at("changes").at(0).at(
          "value");
  EXPECT_EQ(Text(value, "comment_id"), "9");
  EXPECT_FALSE(value.as_object().contains("id"));
}

TEST_F(ItemFormTest, StandbyHasAListOfItsOwn) {
  Play(R"({"from":"61","text":"x","standby":true})");
  const json::value body = *ParseJson(gateway_.WaitForWebhooks(1)[0].body);
  const json::object& entry = body.at("entry").at(0).as_object();
  EXPECT_FALSE(entry.contains("messaging"));
  EXPECT_EQ(entry.at("standby").as_array().size(), 1u);
}

// An app has one webhook URL for all accounts that subscribed to it.
TEST_F(ItemFormTest, ToAnotherAccount) {
  EXPECT_EQ(
      Play(R"({"from":"61","to":"17841400000000009","text":"Hi"})").status,
      200);
  const auto body = *ParseJson(gateway_.WaitForWebhooks(1)[0].body);
  EXPECT_EQ(Text(body.at("entry").at(0), "id"), "17841400000000009");
  EXPECT_EQ(
      Text(body.at("entry").at(0).at("messaging").at(0).at("recipient"), "id"),
      "17841400000000009");
  EXPECT_EQ(Play(R"({"from":"61","to":"shop","text":"Hi"})").status, 400);
}

}  // namespace
}  // namespace linktor::emulator
