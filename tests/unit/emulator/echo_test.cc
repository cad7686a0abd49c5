// Echoes of sends: content, order, holding back, before the answer.

#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

class EchoTest : public EmulatorTest {
 protected:
  EchoTest() { Connect(); }

  std::vector<std::string> EchoedTexts(std::size_t count) {
    std::vector<std::string> texts;
    for (const http::HttpRequest& webhook : gateway_.WaitForWebhooks(count)) {
      texts.push_back(Text(ItemOf(webhook).at("message"), "text"));
    }
    return texts;
  }
};

TEST_F(EchoTest, NamesTheSentMessage) {
  const std::string mid = Text(Send("Hello").Json(), "message_id");
  const json::object item = ItemOf(gateway_.WaitForWebhooks(1)[0]);
  EXPECT_EQ(Text(item.at("sender"), "id"), kAccount);
  EXPECT_EQ(Text(item.at("recipient"), "id"), kCustomer);
  EXPECT_EQ(Text(item.at("message"), "mid"), mid);
  EXPECT_TRUE(item.at("message").at("is_echo").as_bool());
}

TEST_F(EchoTest, HasAttachmentsAndTheAnsweredMessage) {
  Graph("POST", "/me/messages", R"({"recipient":{"id":"61"},
      "reply_to":{"mid":"m_1"},"message":{"attachment":{
          "type":"image","payload":{"url":"https://a/b"}}}})");
  const json::object item = ItemOf(gateway_.WaitForWebhooks(1)[0]);
  json::object message = item.at("message").as_object();
  message.erase("mid");
  EXPECT_EQ(json::value(message), *ParseJson(R"({"is_echo":true,
      "attachments":[{"type":"image","payload":{"url":"https://a/b"}}],
      "reply_to":{"mid":"m_1"}})"));
}

TEST_F(EchoTest, QuickRepliesAndTagsAreNotInIt) {
  Graph("POST", "/me/messages", R"({"recipient":{"id":"61"},
      "messaging_type":"MESSAGE_TAG","tag":"HUMAN_AGENT",
      "message":{"text":"Which?","quick_replies":[
          {"content_type":"text","title":"Sale","payload":"SALE"}]}})");
  const json::object item = ItemOf(gateway_.WaitForWebhooks(1)[0]);
  json::object message = item.at("message").as_object();
  message.erase("mid");
  EXPECT_EQ(json::value(message),
            *ParseJson(R"({"is_echo":true,"text":"Which?"})"));
}

TEST_F(EchoTest, TemplateIsEchoedAsInstagramShowsIt) {
  Graph("POST", "/me/messages", R"({"recipient":{"id":"61"},
      "message":{"attachment":{"type":"template","payload":{
          "template_type":"generic","elements":[
              {"title":"Dress","subtitle":"Linen"}]}}}})");
  const json::object item = ItemOf(gateway_.WaitForWebhooks(1)[0]);
  EXPECT_EQ(item.at("message").at("attachments"),
            *ParseJson(R"([{"type":"template","payload":{"generic":{
                "elements":[{"title":"Dress","subtitle":"Linen"}]}}}])"));
}

TEST_F(EchoTest, PageStandsForItsAccount) {
  emulator_->Configure({.page_id = "100200300"});
  const char* body = R"({"recipient":{"id":"61"},"message":{"text":"x"}})";
  Graph("POST", "/v25.0/100200300/messages", body);
  Graph("POST", "/v25.0/17841400000000077/messages", body);
  const auto webhooks = gateway_.WaitForWebhooks(2);
  EXPECT_EQ(Text(ItemOf(webhooks[0]).at("sender"), "id"), kAccount);
  EXPECT_EQ(Text(ItemOf(webhooks[1]).at("sender"), "id"), "17841400000000077");
}

TEST_F(EchoTest, LeavesInTheOrderOfTheSends) {
  std::vector<std::string> sent;
  for (int i = 0; i < 20; ++i) {
    sent.push_back(absl::StrCat("message ", i));
    EXPECT_EQ(Send(sent.back()).status, 200);
  }
  EXPECT_EQ(EchoedTexts(20), sent);
}

TEST_F(EchoTest, RefusedSendHasNoEcho) {
  EXPECT_EQ(Send(std::string(1001, 'x')).status, 400);
  EXPECT_EQ(Send("fine").status, 200);
  EXPECT_EQ(EchoedTexts(1), std::vector<std::string>{"fine"});
}

TEST_F(EchoTest, HeldEchoesLeaveInOrderWhenReleased) {
  Control("PUT", "/emulator/config", R"({"hold_echoes":true})");
  Send("one");
  Send("two");
  EXPECT_EQ(emulator_->waiting_echoes(), 2u);
  // A customer's message overtakes them, which it could not if they left.
  emulator_->PlayText(kCustomer, "three").IgnoreError();
  EXPECT_EQ(gateway_.webhooks().size(), 1u);
  Control("PUT", "/emulator/config", R"({"hold_echoes":false})");
  EXPECT_EQ(EchoedTexts(3), (std::vector<std::string>{"three", "one", "two"}));
}

TEST_F(EchoTest, CanLeaveBeforeTheAnswer) {
  Control("PUT", "/emulator/config", R"({"echo_before_answer":true})");
  gateway_.HoldAnswers();
  std::thread client([&] { EXPECT_EQ(Send("Hello").status, 200); });
  EXPECT_EQ(EchoedTexts(1), std::vector<std::string>{"Hello"});
  // The gateway has the echo and has not answered it, so the send is open.
  EXPECT_EQ(emulator_->graph_calls().Get().calls[0].status, 0);
  gateway_.ReleaseAnswers();
  client.join();
  EXPECT_EQ(emulator_->graph_calls().Get().calls[0].status, 200);
}

TEST_F(EchoTest, HoldingDoesNotKeepAnswersWaiting) {
  Control("PUT", "/emulator/config",
          R"({"echo_before_answer":true,"hold_echoes":true})");
  EXPECT_EQ(Send("Hello").status, 200);
  EXPECT_EQ(emulator_->waiting_echoes(), 1u);
}

TEST_F(EchoTest, NoneWithoutAWebhookUrl) {
  emulator_->Configure({.webhook_url = "", .hold_echoes = true});
  EXPECT_EQ(Send("Hello").status, 200);
  EXPECT_EQ(emulator_->waiting_echoes(), 0u);
}

}  // namespace
}  // namespace linktor::emulator
