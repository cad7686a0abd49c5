// These tests cover customers' messages, raw webhooks, redelivery and
// verification.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using ::testing::HasSubstr;

class WebhookTest : public EmulatorTest {
 protected:
  WebhookTest() { Connect(); }
};

TEST_F(WebhookTest, CustomerMessageHasMetasEnvelope) {
  const Reply reply = Control(
      "POST", "/emulator/messages",
      R"({"from":"6100000000000001","text":"Hi","timestamp":1700000000123,)"
      R"("mid":"m_given","reply_to":{"mid":"m_before"}})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(Text(reply.Json(), "mid"), "m_given");
  EXPECT_EQ(reply.Json().at("webhook"),
            (json::object{{"status", 200}, {"body", "ok"}}));
  const http::HttpRequest webhook = gateway_.WaitForWebhooks(1)[0];
  EXPECT_EQ(webhook.headers.First("content-type"), "application/json");
  const json::value body = *ParseJson(webhook.body);
  EXPECT_EQ(Text(body, "object"), "instagram");
  EXPECT_EQ(Text(body.at("entry").at(0), "id"), kAccount);
  EXPECT_TRUE(body.at("entry").at(0).at("time").is_int64());
  EXPECT_EQ(json::value(ItemOf(webhook)), *ParseJson(R"({
      "sender": {"id": "6100000000000001"},
      "recipient": {"id": "17841400000000001"},
      "timestamp": 1700000000123,
      "message": {"mid": "m_given", "text": "Hi",
                  "reply_to": {"mid": "m_before"}}})"));
}

TEST_F(WebhookTest, SignatureCoversTheExactBytes) {
  auto played = emulator_->PlayText(kCustomer, "Größe M / 😀?");
  ASSERT_TRUE(played.ok()) << played.status();
  const http::HttpRequest webhook = gateway_.WaitForWebhooks(1)[0];
  EXPECT_THAT(webhook.body, HasSubstr(R"(Gr\u00f6\u00dfe M \/ \ud83d\ude00?)"));
  EXPECT_EQ(webhook.headers.First("X-Hub-Signature-256"),
            Signature(webhook.body, kSecret));
}

TEST_F(WebhookTest, AttachmentsAreSentAsGiven) {
  Control("POST", "/emulator/messages",
          R"({"from":"61","attachments":[{"type":"image",)"
          R"("payload":{"url":"https://example.com/a.png"}}]})");
  const json::object item = ItemOf(gateway_.WaitForWebhooks(1)[0]);
  EXPECT_EQ(
      Text(item.at("message").at("attachments").at(0).at("payload"), "url"),
      "https://example.com/a.png");
  EXPECT_NE(Text(item.at("message"), "mid"), "");
  EXPECT_EQ(emulator_->users()[0].written, 1u);
}

TEST_F(WebhookTest, RawBodyIsSentVerbatimAndSigned) {
  const std::string body = "{ \"object\" : \"instagram\", ö";
  const Reply reply = Control("POST", "/emulator/webhooks", body);
  EXPECT_EQ(reply.Json().at("webhook").at("status").as_int64(), 200);
  const http::HttpRequest webhook = gateway_.WaitForWebhooks(1)[0];
  EXPECT_EQ(webhook.body, body);
  EXPECT_EQ(webhook.headers.First("X-Hub-Signature-256"),
            Signature(body, kSecret));
}

TEST_F(WebhookTest, WithoutASecretNothingIsSigned) {
  emulator_->Configure({.app_secret = Secret()});
  emulator_->SendWebhook("{}");
  EXPECT_EQ(gateway_.WaitForWebhooks(1)[0].headers.First("X-Hub-Signature-256"),
            "");
}

TEST_F(WebhookTest, RedeliveryRepeatsTheBytes) {
  const auto played = emulator_->PlayText(kCustomer, "Hi");
  const std::string n = absl::StrCat(played->webhook.n);
  const Reply reply = Control("POST", "/emulator/webhooks/" + n + "/redeliver");
  EXPECT_EQ(reply.Json().at("webhook").at("status").as_int64(), 200);
  const auto webhooks = gateway_.WaitForWebhooks(2);
  EXPECT_EQ(webhooks[0].body, webhooks[1].body);
  const json::value list =
      Control("GET", "/emulator/webhooks").Json().at("webhooks");
  ASSERT_EQ(list.as_array().size(), 1u);
  EXPECT_EQ(list.at(0).at("deliveries").as_int64(), 2);
  EXPECT_EQ(list.at(0).at("status").as_int64(), 200);
  EXPECT_EQ(Text(list.at(0), "url"), gateway_.url());
  EXPECT_EQ(Text(list.at(0).at("body"), "object"), "instagram");
}

TEST_F(WebhookTest, RedeliveryOfAnUnknownNumberIsNotFound) {
  EXPECT_EQ(Control("POST", "/emulator/webhooks/7/redeliver").status, 404);
  EXPECT_EQ(Control("POST", "/emulator/webhooks/x/redeliver").status, 400);
}

TEST_F(WebhookTest, UnreachableGatewayIsStatusZero) {
  // Nothing listens on port 1 of loopback.
  emulator_->Configure({.webhook_url = "http://127.0.0.1:1/webhooks"});
  const auto played = emulator_->PlayText(kCustomer, "Hi");
  EXPECT_EQ(played->webhook.status, 0);
  EXPECT_NE(played->webhook.error, "");
  emulator_->Configure({.webhook_url = ""});
  EXPECT_THAT(emulator_->PlayText(kCustomer, "Hi")->webhook.error,
              HasSubstr("no webhook URL"));
}

TEST_F(WebhookTest, VerificationGivesTokenAndChallenge) {
  const json::value right = Control("POST", "/emulator/verify").Json();
  EXPECT_TRUE(right.at("verified").as_bool());
  EXPECT_EQ(Text(right, "body"), Text(right, "challenge"));
  Control("PUT", "/emulator/config", R"({"verify_token":"other"})");
  const json::value wrong = Control("POST", "/emulator/verify").Json();
  EXPECT_FALSE(wrong.at("verified").as_bool());
  EXPECT_EQ(wrong.at("status").as_int64(), 403);
}

TEST_F(WebhookTest, StoppingEndsWhatTheGatewayDoesNotAnswer) {
  gateway_.HoldAnswers();
  std::thread client([&] {
    const Reply reply =
        Control("POST", "/emulator/messages", R"({"from":"61","text":"x"})");
    EXPECT_EQ(reply.Json().at("webhook").at("status").as_int64(), 0);
  });
  gateway_.WaitForWebhooks(1);
  emulator_->Stop();
  client.join();
  gateway_.ReleaseAnswers();
}

}  // namespace
}  // namespace linktor::emulator
