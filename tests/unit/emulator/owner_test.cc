// What the account's owner does in the Instagram app.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using ::testing::HasSubstr;

class OwnerTest : public EmulatorTest {
 protected:
  OwnerTest() { Connect(); }

  Reply Answer(std::string_view body) {
    return Control("POST", "/emulator/answers", body);
  }
  // The item that comes of it.
  json::object Item(std::string_view body) {
    const Reply reply = Answer(body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return ItemOf(gateway_.WaitForWebhooks(1)[0]);
  }
};

TEST_F(OwnerTest, AnswerIsAnEchoThatBelongsToNoCall) {
  const Reply reply = Answer(R"({"to":"61","text":"Until six.",
      "timestamp":1700000000123,"reply_to":{"mid":"m_1"}})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const std::string mid = Text(reply.Json(), "mid");
  EXPECT_EQ(
      json::value(ItemOf(gateway_.WaitForWebhooks(1)[0])),
      json::value(json::object{
          {"sender", json::object{{"id", kAccount}}},
          {"recipient", json::object{{"id", "61"}}},
          {"timestamp", 1700000000123},
          {"message", json::object{{"mid", mid},
                                   {"text", "Until six."},
                                   {"reply_to", json::object{{"mid", "m_1"}}},
                                   {"is_echo", true}}}}));
  EXPECT_TRUE(emulator_->graph_calls().Get().calls.empty());
}

TEST_F(OwnerTest, AnswerIsReceivedAndOpensNoWindow) {
  emulator_->Configure({.strict = true});
  const Reply reply = Answer(R"({"to":"61","text":"Hello?"})");
  const User user = *emulator_->FindUser("61");
  EXPECT_EQ(user.received, 1u);
  EXPECT_EQ(user.written, 0u);
  EXPECT_EQ(user.last_received_mid, Text(reply.Json(), "mid"));
  EXPECT_FALSE(user.last_message.has_value());
}

TEST_F(OwnerTest, FlagCanBeMissing) {
  const json::object item =
      Item(R"({"to":"61","text":"Sorry","leave_out":["is_echo"]})");
  EXPECT_EQ(Text(item.at("sender"), "id"), kAccount);
  EXPECT_FALSE(item.at("message").as_object().contains("is_echo"));
}

TEST_F(OwnerTest, AnswersAStoryAndSendsPictures) {
  const json::object item = Item(R"({"to":"61","story":{"id":"s1"},
      "attachments":[{"type":"image","url":"https://a/1"}]})");
  EXPECT_EQ(Text(item.at("message").at("reply_to").at("story"), "id"), "s1");
  EXPECT_EQ(
      item.at("message").at("attachments"),
      *ParseJson(R"([{"type":"image","payload":{"url":"https://a/1"}}])"));
}

TEST_F(OwnerTest, ChangesTakesBackAndReacts) {
  const struct {
    const char* body;
    const char* kind;
    const char* value;
  } kCases[] = {
      {R"({"to":"61","edit":{"mid":"m","text":"x","num_edit":2}})",
       "message_edit", R"({"mid":"m","text":"x","num_edit":2})"},
      {R"({"to":"61","unsend":{"mid":"m"}})", "message",
       R"({"mid":"m","is_deleted":true,"is_echo":true})"},
      {R"({"to":"61","reaction":{"mid":"m","reaction":"love"}})", "reaction",
       R"({"mid":"m","action":"react","reaction":"love","emoji":"❤"})"},
      {R"({"to":"61","unreact":{"mid":"m"}})", "reaction",
       R"({"mid":"m","action":"unreact"})"},
  };
  std::size_t count = 0;
  for (const auto& c : kCases) {
    ASSERT_EQ(Answer(c.body).status, 200) << c.body;
    const json::object item = ItemOf(gateway_.WaitForWebhooks(++count).back());
    EXPECT_EQ(item.at(c.kind), *ParseJson(c.value)) << c.body;
    EXPECT_EQ(Text(item.at("sender"), "id"), kAccount);
    EXPECT_EQ(Text(item.at("recipient"), "id"), "61");
  }
  EXPECT_TRUE(emulator_->users().empty());
}

TEST_F(OwnerTest, IsTheOneOfTheAccountThatIsNamed) {
  ASSERT_TRUE(emulator_->accounts().Change("17841400000000002", {}).ok());
  const json::object item =
      Item(R"({"to":"61","text":"Hi","account":"17841400000000002"})");
  EXPECT_EQ(Text(item.at("sender"), "id"), "17841400000000002");
  EXPECT_EQ(emulator_->users("17841400000000002")[0].received, 1u);
}

TEST_F(OwnerTest, WritesToThemselves) {
  json::object item = Item(R"({"self":true,"text":"Note"})");
  EXPECT_EQ(Text(item.at("sender"), "id"), kAccount);
  EXPECT_EQ(Text(item.at("recipient"), "id"), "9841400000000001");
  EXPECT_TRUE(item.at("message").at("is_echo").as_bool());
  EXPECT_TRUE(item.at("message").at("is_self").as_bool());
  Answer(R"({"self":true,"postback":{"title":"Start","payload":"START"}})");
  item = ItemOf(gateway_.WaitForWebhooks(2)[1]);
  EXPECT_TRUE(item.at("is_self").as_bool());
  EXPECT_FALSE(item.at("postback").as_object().contains("is_self"));
  // Nobody else has heard of it.
  EXPECT_TRUE(emulator_->users().empty());
}

TEST_F(OwnerTest, MalformedOnesGetASentence) {
  const struct {
    const char* body;
    const char* says;
  } kCases[] = {
      {R"({"text":"x"})", "\"to\""},
      {R"({"to":"ana","text":"x"})", "1 to 32 digits"},
      {R"({"to":"61"})", "exactly one of"},
      {R"({"to":"61","text":"x","unsend":{"mid":"m"}})", "exactly one of"},
      {R"({"to":"61","text":""})", "needs"},
      {R"({"to":"61","postback":{"title":"T","payload":"P"}})", "\"self\""},
      {R"({"to":"61","unsend":{"mid":"m"},"story":{"id":"1"}})", "go with"},
      {R"({"to":"61","unsend":{"mid":"m"},"mid":"m"})", "of its own"},
      {R"({"to":"61","reaction":{"reaction":"love"}})", "give the \"mid\""},
      {R"({"to":"61","quick_reply":{"payload":"P"}})", "not known"},
      {R"({"to":"61","text":"x","account":"shop"})", "account"},
      {R"({"to":"61","text":"x","self":1})", "true or false"},
  };
  for (const auto& c : kCases) {
    const Reply reply = Answer(c.body);
    EXPECT_EQ(reply.status, 400) << c.body;
    EXPECT_THAT(Text(reply.Json(), "error"), HasSubstr(c.says)) << c.body;
  }
  EXPECT_EQ(Control("GET", "/emulator/answers").status, 405);
  EXPECT_TRUE(gateway_.webhooks().empty());
}

}  // namespace
}  // namespace linktor::emulator
