// Everything a customer can do, from its control to its webhook.

#include "emulator/customer_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
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

TEST_F(CustomerEventTest, SeenMarkEditAndFeedbackNameTheirMessage) {
  const struct {
    const char* body;
    const char* kind;
    const char* value;
  } kCases[] = {
      {R"({"from":"61","read":{"mid":"m_1"}})", "read", R"({"mid":"m_1"})"},
      {R"({"from":"61","edit":{"mid":"m_1","text":"In L?"}})", "message_edit",
       R"({"mid":"m_1","text":"In L?","num_edit":1})"},
      {R"({"from":"61","unsend":{"mid":"m_1"}})", "message",
       R"({"mid":"m_1","is_deleted":true})"},
      {R"({"from":"61","edit":{"mid":"m_1","num_edit":0}})", "message_edit",
       R"({"mid":"m_1","num_edit":0})"},
      {R"({"from":"61","edit":{"mid":"m_1","text":"In L?","num_edit":"2"}})",
       "message_edit", R"({"mid":"m_1","text":"In L?","num_edit":"2"})"},
      {R"({"from":"61","feedback":{"mid":"m_1"}})", "response_feedback",
       R"({"mid":"m_1","feedback":"Good response"})"},
      {R"({"from":"61","feedback":{"mid":"m_1","positive":false}})",
       "response_feedback", R"({"mid":"m_1","feedback":"Bad response"})"},
  };
  std::size_t count = 0;
  for (const auto& c : kCases) {
    const Reply reply = Play(c.body);
    ASSERT_EQ(reply.status, 200) << reply.body;
    const json::object item = ItemOf(gateway_.WaitForWebhooks(++count).back());
    EXPECT_EQ(item.at(c.kind), *ParseJson(c.value)) << c.body;
    EXPECT_EQ(emulator::Text(item.at("sender"), "id"), "61");
    EXPECT_EQ(emulator::Text(reply.Json(), "mid"), "m_1");
  }
}

TEST_F(CustomerEventTest, SeenMarkIsOfTheNewestMessageSent) {
  emulator_->Configure({.hold_echoes = true});
  const std::string mid = emulator::Text(Send("first").Json(), "message_id");
  const Reply reply = Play(R"({"from":"6100000000000001","read":{}})");
  EXPECT_EQ(emulator::Text(reply.Json(), "mid"), mid);
}

// As Instagram sends some of them.
TEST_F(CustomerEventTest, WhatNeedsNoCustomerCanComeWithoutParties) {
  std::size_t count = 0;
  for (const char* body :
       {R"({"read":{"mid":"m_1"}})", R"({"edit":{"mid":"m_1"}})",
        R"({"unsend":{"mid":"m_1"}})", R"({"other":{"key":"x","value":{}}})",
        R"({"handover":{"action":"app_roles","roles":{"2":["a"]}}})"}) {
    ASSERT_EQ(Play(body).status, 200) << body;
    const json::object item = ItemOf(gateway_.WaitForWebhooks(++count).back());
    EXPECT_FALSE(item.contains("sender")) << body;
    EXPECT_FALSE(item.contains("recipient")) << body;
  }
}

TEST_F(CustomerEventTest, PolicyEnforcementHasARecipientOnly) {
  Play(R"({"policy_enforcement":{"action":"block","reason":"spam"}})");
  const json::object item = ItemOf(gateway_.WaitForWebhooks(1)[0]);
  EXPECT_FALSE(item.contains("sender"));
  EXPECT_EQ(emulator::Text(item.at("recipient"), "id"), kAccount);
  EXPECT_EQ(item.at("policy-enforcement"),
            *ParseJson(R"({"action":"block","reason":"spam"})"));
}

TEST_F(CustomerEventTest, AdHasMoreToSay) {
  Play(R"({"from":"61","referral":{"ref":"r","ad_id":"1","ad_title":"Hats",
           "photo_url":"https://a/p","video_url":"https://a/v","post_id":"2",
           "product_id":"3","flow_id":"4"}})");
  EXPECT_EQ(ItemOf(gateway_.WaitForWebhooks(1)[0]).at("referral"),
            *ParseJson(R"({"ref":"r","source":"ADS","type":"OPEN_THREAD",
                "ad_id":"1","ads_context_data":{"ad_title":"Hats",
                "photo_url":"https://a/p","video_url":"https://a/v",
                "post_id":"2","product_id":"3","flow_id":"4"}})"));
}

TEST_F(CustomerEventTest, OptinHasInstagramsMembers) {
  Play(R"({"from":"61","optin":{"title":"Deals","payload":"DEALS",
           "token_expiry_timestamp":1735689600}})");
  EXPECT_EQ(ItemOf(gateway_.WaitForWebhooks(1)[0]).at("optin"),
            *ParseJson(R"({"type":"notification_messages","title":"Deals",
                "payload":"DEALS","token_expiry_timestamp":1735689600})"));
}

TEST_F(CustomerEventTest, HandoverHasInstagramsKeys) {
  const struct {
    const char* handover;
    const char* key;
    const char* value;
  } kCases[] = {
      {R"({"action":"pass","new_owner_app_id":"2","metadata":"m"})",
       "pass_thread_control", R"({"new_owner_app_id":"2","metadata":"m"})"},
      {R"({"action":"take","previous_owner_app_id":"2"})",
       "take_thread_control", R"({"previous_owner_app_id":"2"})"},
      {R"({"action":"request","requested_owner_app_id":"2"})",
       "request_thread_control", R"({"requested_owner_app_id":"2"})"},
      {R"({"action":"metadata","caller_app_id":"2"})", "pass_thread_metadata",
       R"({"caller_app_id":"2"})"},
      {R"({"action":"pass","previous_owner_app_id":null,
           "new_owner_app_id":2})",
       "pass_thread_control",
       R"({"previous_owner_app_id":null,"new_owner_app_id":2})"},
      {R"({"action":"app_roles","roles":{"2":["primary_receiver"]}})",
       "app_roles", R"({"2":["primary_receiver"]})"},
  };
  std::size_t count = 0;
  for (const auto& c : kCases) {
    const Reply reply =
        Play(absl::StrCat(R"({"from":"61","handover":)", c.handover, "}"));
    ASSERT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(ItemOf(gateway_.WaitForWebhooks(++count).back()).at(c.key),
              *ParseJson(c.value));
  }
}

TEST_F(CustomerEventTest, ChangesHaveAFieldAndNoParties) {
  const struct {
    const char* body;
    const char* change;
  } kCases[] = {
      {R"({"from":"61","comment":{"id":"9","text":"Nice","username":"u",
           "parent_id":"8","media_id":"7","ad_id":"6","ad_title":"Hats",
           "original_media_id":"5"}})",
       R"({"field":"comments","value":{"id":"9","text":"Nice","parent_id":"8",
           "from":{"id":"61","username":"u"},
           "media":{"id":"7","media_product_type":"FEED","ad_id":"6",
                    "ad_title":"Hats","original_media_id":"5"}}})"},
      {R"({"live_comment":{"id":"9","text":"Nice"}})",
       R"({"field":"live_comments","value":{"id":"9","text":"Nice",
           "media":{"media_product_type":"LIVE"}}})"},
      {R"({"mention":{"media_id":"7","comment_id":"9"}})",
       R"({"field":"mentions","value":{"media_id":"7","comment_id":"9"}})"},
      {R"({"story_insights":{"media_id":"7","reach":44,"exits":-1}})",
       R"({"field":"story_insights",
           "value":{"media_id":"7","reach":44,"exits":-1}})"},
  };
  std::size_t count = 0;
  for (const auto& c : kCases) {
    const Reply reply = Play(c.body);
    ASSERT_EQ(reply.status, 200) << reply.body;
    const json::value body =
        *ParseJson(gateway_.WaitForWebhooks(++count).back().body);
    const json::object& entry = body.at("entry").at(0).as_object();
    EXPECT_FALSE(entry.contains("messaging"));
    EXPECT_EQ(entry.at("changes").at(0), *ParseJson(c.change)) << c.body;
    // It is in seconds.
    EXPECT_LT(entry.at("time").to_number<std::int64_t>(), 100'000'000'000);
  }
}

TEST_F(CustomerEventTest, EveryCommentHasAnIdOfItsOwn) {
  Play(R"({"from":"61","comment":{"text":"one"}})");
  Play(R"({"from":"61","comment":{"text":"one"}})");
  std::vector<std::string> ids;
  for (const http::HttpRequest& webhook : gateway_.WaitForWebhooks(2)) {
    const json::value body = *ParseJson(webhook.body);
    ids.push_back(emulator::Text(
        body.at("entry").at(0).at("changes").at(0).at("value"), "id"));
  }
  EXPECT_NE(ids[0], "");
  EXPECT_NE(ids[0], ids[1]);
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
      {R"({"from":"61","text":"x","read":{}})", "exactly one of"},
      {R"({"from":"61","read":{"mid":"m"},"mid":"m"})", "of its own"},
      {R"({"from":"61","read":{"watermark":1}})", "read.watermark"},
      {R"({"from":"ana","read":{"mid":"m"}})", "1 to 32 digits"},
      {R"({"read":{}})", "no message was sent"},
      {R"({"from":"61","edit":{"text":"x"}})", "edit.mid"},
      {R"({"from":"61","unsend":{}})", "unsend.mid"},
      {R"({"from":"61","edit":{"mid":"m","num_edit":-1}})", "edit.num_edit"},
      {R"({"feedback":{"mid":"m"}})", "1 to 32 digits"},
      {R"({"optin":{}})", "1 to 32 digits"},
      {R"({"from":"61","optin":{"token":"t"}})", "optin.token"},
      {R"({"from":"61","handover":{"action":"keep"}})", "app_roles"},
      {R"({"from":"61","handover":{"action":"pass","roles":{}}})",
       "goes with the action"},
      {R"({"from":"61","handover":{"action":"app_roles"}})",
       "goes with \"roles\""},
      {R"({"handover":{"action":"pass"}})", "1 to 32 digits"},
      {R"({"from":"61","comment":{"text":1}})", "comment.text"},
      {R"({"from":"61","comment":{},"timestamp":1})", "nor \"standby\""},
      {R"({"from":"61","mention":{"media_id":"1"}})", "no \"from\""},
      {R"({"mention":{}})", "mention.media_id"},
      {R"({"story_insights":{"media_id":"1","reach":-2}})",
       "story_insights.reach"},
      {R"({"policy_enforcement":{}})", "policy_enforcement.action"},
      {R"({"from":"61","text":"x","unsupported":true})", "exactly one of"},
      {R"({"from":"61","unsupported":false})", "unsupported"},
      {R"({"from":"61","text":"x","edit_zero":"never"})", "edit_zero"},
      {R"({"from":"61","read":{"mid":"m"},"edit_zero":"after"})",
       "goes with messages"},
      {R"({"from":"61","text":"x","leave_out":["text"]})", "leave_out"},
      {R"({"from":"61","text":"x","leave_out":"mid"})", "leave_out"},
      {R"({"from":"61","text":"x","standby":"both"})", "true or false"},
      {R"({"mention":{"media_id":"1"},"leave_out":["mid"]})",
       "messaging items"},
      {R"({"comment":{},"messenger":true})", "messaging items"},
      {R"({"from":"61","comment":{"by_account":true}})", "no \"from\""},
      {R"({"comment":{"id_as":"mid"}})", "comment.id_as"},
      {R"({"from":"61","other":{"key":"sender","value":{}}})", "other.key"},
      {R"({"from":"61","other":{"key":"x","value":1}})", "other.value"},
      {R"({"from":"61","edit":{"mid":"m","num_edit":"one"}})", "edit.num_edit"},
      {R"({"from":"61","handover":{"action":"pass","new_owner_app_id":{}}})",
       "handover.new_owner_app_id"},
      {R"({"from":"61","attachments":[
           {"type":"like_heart","url":"https://a/"}]})",
       "attachments.url"},
      {R"({"from":"61","attachments":[{"type":"template","name":"generic"}]})",
       "attachments.elements"},
      {R"({"from":"61","attachments":[{"type":"image","elements":[]}]})",
       "go with the type"},
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
