// Everything a customer can do, from its control to its webhook.

#include "emulator/customer_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using ::testing::HasSubstr;

class CustomerEventTest : public EmulatorTest {
 protected:
  CustomerEventTest() { Connect(); }

  Reply Play(std::string_view body) {
    return Control("POST", "/emulator/messages", body);
  }

  // The member `kind` of the item that comes of playing `body`, without the
  // mid that was made for it.
  json::value Item(std::string_view body, std::string_view kind) {
    const Reply reply = Play(body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    const json::object item = ItemOf(gateway_.WaitForWebhooks(1)[0]);
    const json::object* found = FindObject(item, kind);
    if (found == nullptr) return nullptr;
    EXPECT_NE(Text(*found, "mid"), "");
    EXPECT_EQ(Text(*found, "mid"), Text(reply.Json(), "mid"));
    json::object value = *found;
    value.erase("mid");
    return value;
  }
};

TEST_F(CustomerEventTest, Text) {
  EXPECT_EQ(Item(R"({"from":"61","text":"And in blue?"})", "message"),
            *ParseJson(R"({"text":"And in blue?"})"));
}

// An app has one webhook URL for all accounts that subscribed to it.
TEST_F(CustomerEventTest, ToAnotherAccount) {
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

TEST_F(CustomerEventTest, AttachmentsByUrl) {
  EXPECT_EQ(Item(R"({"from":"61","text":"These","attachments":[
                     {"type":"image","url":"https://a/1"},
                     {"type":"audio","url":"https://a/2"}]})",
                 "message"),
            *ParseJson(R"({"text":"These","attachments":[
                {"type":"image","payload":{"url":"https://a/1"}},
                {"type":"audio","payload":{"url":"https://a/2"}}]})"));
}

TEST_F(CustomerEventTest, AttachmentAsGiven) {
  EXPECT_EQ(
      Item(R"({"from":"61","attachments":[{"type":"ephemeral"}]})", "message"),
      *ParseJson(R"({"attachments":[{"type":"ephemeral"}]})"));
}

TEST_F(CustomerEventTest, QuickReply) {
  EXPECT_EQ(Item(R"({"from":"61","text":"New Arrivals",
                     "quick_reply":{"payload":"BROWSE_NEW"}})",
                 "message"),
            *ParseJson(R"({"text":"New Arrivals",
                "quick_reply":{"payload":"BROWSE_NEW"}})"));
}

TEST_F(CustomerEventTest, Postback) {
  EXPECT_EQ(Item(R"({"from":"61","postback":{
                     "title":"Learn More","payload":"SUMMER_INFO"}})",
                 "postback"),
            *ParseJson(R"({"title":"Learn More","payload":"SUMMER_INFO"})"));
}

TEST_F(CustomerEventTest, StoryMention) {
  EXPECT_EQ(
      Item(R"({"from":"61","story_mention":{"url":"https://a/s"}})", "message"),
      *ParseJson(R"({"attachments":[
                {"type":"story_mention","payload":{"url":"https://a/s"}}]})"));
}

TEST_F(CustomerEventTest, StoryMentionIsGivenALink) {
  const json::value message =
      Item(R"({"from":"61","story_mention":{}})", "message");
  EXPECT_THAT(
      emulator::Text(message.at("attachments").at(0).at("payload"), "url"),
      HasSubstr("https://lookaside.fbsbx.com/ig_messaging_cdn/"));
}

TEST_F(CustomerEventTest, StoryReply) {
  EXPECT_EQ(Item(R"({"from":"61","text":"Love this!",
                     "story":{"id":"story_xyz789","url":"https://a/s"}})",
                 "message"),
            *ParseJson(R"({"text":"Love this!","reply_to":{
                "story":{"url":"https://a/s","id":"story_xyz789"}}})"));
}

TEST_F(CustomerEventTest, ProductShareIsATemplate) {
  EXPECT_EQ(Item(R"({"from":"61","product_share":{"elements":[
                     {"id":"prod_123","title":"Summer Dress"}]}})",
                 "message"),
            *ParseJson(R"({"attachments":[{"type":"template","payload":{
                "product":{"elements":[
                    {"id":"prod_123","title":"Summer Dress"}]}}}]})"));
}

TEST_F(CustomerEventTest, QuestionAboutAProductIsAReferral) {
  EXPECT_EQ(
      Item(R"({"from":"61","text":"In M?","product":{"id":"prod_123"}})",
           "message"),
      *ParseJson(
          R"({"text":"In M?","referral":{"product":{"id":"prod_123"}}})"));
}

TEST_F(CustomerEventTest, ReferralAloneHasNoMid) {
  EXPECT_EQ(Play(R"({"from":"61","referral":{"ref":"flyer7"}})").status, 200);
  EXPECT_EQ(ItemOf(gateway_.WaitForWebhooks(1)[0]).at("referral"),
            *ParseJson(R"({"ref":"flyer7","source":"IG_ME",
                           "type":"OPEN_THREAD"})"));
}

TEST_F(CustomerEventTest, ReferralIsWithinWhatTheyWriteOrTap) {
  EXPECT_EQ(Item(R"({"from":"61","text":"In M?","referral":{
                     "ref":"summer","ad_id":"120","ad_title":"Hats"}})",
                 "message"),
            *ParseJson(R"({"text":"In M?","referral":{
                "ref":"summer","source":"ADS","type":"OPEN_THREAD",
                "ad_id":"120","ads_context_data":{"ad_title":"Hats"}}})"));
  Play(R"({"from":"61","postback":{"title":"T","payload":"P"},
           "referral":{"ref":"flyer7"}})");
  const json::object postback =
      ItemOf(gateway_.WaitForWebhooks(2)[1]).at("postback").as_object();
  EXPECT_EQ(emulator::Text(postback.at("referral"), "ref"), "flyer7");
}

TEST_F(CustomerEventTest, ReactionBringsItsEmoji) {
  EXPECT_EQ(Item(R"({"from":"61","reaction":{"mid":"m_1","reaction":"love"}})",
                 "reaction"),
            *ParseJson(R"({"action":"react","reaction":"love","emoji":"❤"})"));
  EXPECT_EQ(
      emulator::Text(ItemOf(gateway_.webhooks()[0]).at("reaction"), "mid"),
      "m_1");
}

TEST_F(CustomerEventTest, OtherReactionsBringTheirOwnEmoji) {
  EXPECT_EQ(Item(R"({"from":"61","reaction":{
                     "mid":"m_1","reaction":"other","emoji":"🔥"}})",
                 "reaction"),
            *ParseJson(R"({"action":"react","reaction":"other","emoji":"🔥"})"));
}

TEST_F(CustomerEventTest, ReactionIsAboutTheNewestMessageSent) {
  EXPECT_THAT(Play(R"({"from":"6100000000000001",
                       "reaction":{"reaction":"love"}})")
                  .body,
              HasSubstr("no message was sent"));
  emulator_->Configure({.hold_echoes = true});
  Send("first");
  const std::string mid = emulator::Text(Send("second").Json(), "message_id");
  const Reply reply = Play(R"({"from":"6100000000000001",
                               "reaction":{"reaction":"love"}})");
  EXPECT_EQ(emulator::Text(reply.Json(), "mid"), mid);
}

TEST_F(CustomerEventTest, UnreactHasNoReaction) {
  EXPECT_EQ(Item(R"({"from":"61","unreact":{"mid":"m_1"}})", "reaction"),
            *ParseJson(R"({"action":"unreact"})"));
}

TEST_F(CustomerEventTest, StandbyHasAListOfItsOwn) {
  Play(R"({"from":"61","text":"x","standby":true})");
  const json::value body = *ParseJson(gateway_.WaitForWebhooks(1)[0].body);
  const json::object& entry = body.at("entry").at(0).as_object();
  EXPECT_FALSE(entry.contains("messaging"));
  EXPECT_EQ(entry.at("standby").as_array().size(), 1u);
}

TEST_F(CustomerEventTest, MalformedOnesGetASentence) {
  const struct {
    const char* body;
    const char* says;
  } kCases[] = {
      {R"({"from":"61"})", "exactly one of"},
      {R"({"from":"61","text":"x","story_mention":{}})", "exactly one of"},
      {R"({"from":"ana","text":"x"})", "1 to 32 digits"},
      {R"({"from":"61","image":{}})", "\"attachments\""},
      {R"({"from":"61","text":""})", "needs"},
      {R"({"from":"61","attachments":[]})", "needs"},
      {R"({"from":"61","attachments":[{"url":"https://a/"}]})",
       "attachments.type"},
      {R"({"from":"61","attachments":[{"type":"image","url":""}]})",
       "attachments.url"},
      {R"({"from":"61","attachments":[
           {"type":"image","url":"https://a/","payload":{}}]})",
       "attachments.payload"},
      {R"({"from":"61","attachments":[{"type":"image","url":"https://a/"}],
           "quick_reply":{"payload":"P"}})",
       "the title of the reply"},
      {R"({"from":"61","text":"x","quick_reply":{}})", "quick_reply.payload"},
      {R"({"from":"61","text":"x","story":{"url":"https://a/"}})", "story.id"},
      {R"({"from":"61","text":"x","story":{"id":"1"},"reply_to":{"mid":"m"}})",
       "give one of them"},
      {R"({"from":"61","text":"x","product":{}})", "product.id"},
      {R"({"from":"61","story_mention":{},"product":{"id":"1"}})", "goes with"},
      {R"({"from":"61","story_mention":"https://a/"})", "an object"},
      {R"({"from":"61","product_share":{"elements":[]}})", "at least one"},
      {R"({"from":"61","product_share":{"elements":[{"title":"x"}]}})",
       "elements.id"},
      {R"({"from":"61","product_share":{"elements":[{"id":"1","price":"2"}]}})",
       "retailer_id"},
      {R"({"from":"61","postback":{"title":"x"}})", "postback.payload"},
      {R"({"from":"61","postback":{"payload":"x"}})", "postback.title"},
      {R"({"from":"61","reaction":{"mid":"m"}})", "reaction.reaction"},
      {R"({"from":"61","reaction":{"mid":"m","reaction":"fire"}})", "emoji"},
      {R"({"from":"61","reaction":{"reaction":"love"},"mid":"m"})",
       "of its own"},
      {R"({"from":"61","unreact":{}})", "unreact.mid"},
      {R"({"from":"61","referral":{}})", "referral.ref"},
      {R"({"from":"61","referral":{"ref":"r"},"mid":"m"})", "no \"mid\""},
      {R"({"from":"61","text":"x","product":{"id":"1"},
           "referral":{"ref":"r"}})",
       "give one of them"},
      {R"({"from":"61","text":"x","standby":1})", "true or false"},
  };
  for (const auto& c : kCases) {
    const Reply reply = Play(c.body);
    EXPECT_EQ(reply.status, 400) << c.body;
    EXPECT_THAT(emulator::Text(reply.Json(), "error"), HasSubstr(c.says))
        << c.body;
  }
  EXPECT_TRUE(gateway_.webhooks().empty());
  EXPECT_TRUE(emulator_->users().empty());
}

TEST_F(CustomerEventTest, EventOfNobodyIsRefused) {
  EXPECT_EQ(emulator_->Play(StoryReplyEvent("ana", "x", "1", "https://a/"))
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace linktor::emulator
