// Webhooks over real sockets: who may post, and what comes of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/support/gateway.h"
#include "tests/support/golden.h"

namespace linktor::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// How many items a payload has, counted without the server's parser: elements
// of messaging, standby and changes, a flat field, and one for an entry without
// any of them or a body that is no envelope.
int CountItems(const std::string& body) {
  namespace json = boost::json;
  const json::value root = json::parse(body);
  const json::value* entries =
      root.is_object() ? root.get_object().if_contains("entry") : nullptr;
  const json::value* object =
      root.is_object() ? root.get_object().if_contains("object") : nullptr;
  if (entries == nullptr || object == nullptr || *object != "instagram" ||
      entries->as_array().empty()) {
    return 1;
  }
  int items = 0;
  for (const json::value& entry : entries->as_array()) {
    int found = 0;
    for (const char* list : {"messaging", "standby", "changes"}) {
      if (const json::value* array = entry.as_object().if_contains(list)) {
        found += static_cast<int>(array->as_array().size());
      }
    }
    if (entry.as_object().contains("field")) ++found;
    items += std::max(found, 1);
  }
  return items;
}

class WebhookTest : public ::testing::Test {
 protected:
  WebhookTest() { gateway_.CreateChannel(); }

  http::HttpResult Get(const std::string& path_and_query) {
    return gateway_.Http(
        {.method = "GET",
         .url = absl::StrCat("http://", gateway_.server().webhook(),
                             path_and_query)});
  }
  // The value of a sample of /metrics; -1 when it is not there.
  double Metric(const std::string& sample) {
    const http::HttpResult result =
        gateway_.Http({.method = "GET",
                       .url = absl::StrCat("http://", gateway_.server().admin(),
                                           "/metrics")});
    std::istringstream lines(result.body);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(sample + " ")) {
        return std::stod(line.substr(sample.size() + 1));
      }
    }
    return -1;
  }

  Gateway gateway_;
};

TEST_F(WebhookTest, SignedMessageBecomesOneEventHoweverOftenDelivered) {
  const std::string body = Gateway::TextBody("mid.1", "Hello");
  EXPECT_EQ(gateway_.Post(body), 200);
  EXPECT_EQ(gateway_.Post(body), 200);
  const auto events = gateway_.AllEvents();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].type(), "message.received");
  EXPECT_EQ(events[0].channel_id(), kChannel);
  EXPECT_EQ(events[0].user_id(), kUser);
  EXPECT_EQ(events[0].message_received().text(), "Hello");
  EXPECT_EQ(events[0].message_received().mid(), "mid.1");
}

TEST_F(WebhookTest, WrongSignatureIsRefusedAndStoresNothing) {
  EXPECT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "Hello"), "wrong"), 401);
  EXPECT_TRUE(gateway_.AllEvents().empty());
  EXPECT_EQ(Metric("linktor_webhook_answers_total{reason=\"signature_wrong\","
                   "status=\"401\"}"),
            1);
}

TEST_F(WebhookTest, UnknownChannelIsNotFound) {
  EXPECT_EQ(gateway_.Post("{}", kAppSecret, "ch_other"), 404);
}

TEST_F(WebhookTest, VerificationEchoesTheChallengeForTheRightTokenOnly) {
  const std::string path =
      absl::StrCat("/webhooks/instagram/", kChannel, "?hub.mode=subscribe");
  const http::HttpResult right = Get(absl::StrCat(
      path, "&hub.verify_token=", kVerifyToken, "&hub.challenge=12345"));
  EXPECT_EQ(right.status_code, 200);
  EXPECT_EQ(right.body, "12345");
  EXPECT_THAT(std::string(right.Header("content-type")),
              HasSubstr("text/plain"));
  EXPECT_EQ(Get(absl::StrCat(path, "&hub.verify_token=x&hub.challenge=1"))
                .status_code,
            403);
}

TEST_F(WebhookTest, BothSecretsSignDuringARotation) {
  v1::SetChannelCredentialsRequest request;
  request.set_channel_id(kChannel);
  request.set_add_app_secret("second-secret");
  v1::SetChannelCredentialsResponse response;
  ASSERT_TRUE(gateway_.channels()
                  .SetChannelCredentials(Context().get(), request, &response)
                  .ok());
  ASSERT_EQ(response.channel().app_secrets_size(), 2);
  EXPECT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "a"), kAppSecret), 200);
  EXPECT_EQ(gateway_.Post(Gateway::TextBody("mid.2", "b"), "second-secret"),
            200);
  request.Clear();
  request.set_channel_id(kChannel);
  request.set_remove_app_secret(
      response.channel().app_secrets(0).fingerprint());
  ASSERT_TRUE(gateway_.channels()
                  .SetChannelCredentials(Context().get(), request, &response)
                  .ok());
  EXPECT_EQ(gateway_.Post(Gateway::TextBody("mid.3", "c"), kAppSecret), 401);
  EXPECT_EQ(gateway_.Post(Gateway::TextBody("mid.4", "d"), "second-secret"),
            200);
  EXPECT_EQ(gateway_.AllEvents().size(), 3U);
}

TEST_F(WebhookTest, DeletedChannelAnswersNotFoundAndKeepsItsEvents) {
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "Hello")), 200);
  v1::DeleteChannelRequest request;
  request.set_channel_id(kChannel);
  v1::DeleteChannelResponse response;
  ASSERT_TRUE(gateway_.channels()
                  .DeleteChannel(Context().get(), request, &response)
                  .ok());
  EXPECT_EQ(gateway_.Post(Gateway::TextBody("mid.2", "Hello")), 404);
  EXPECT_EQ(gateway_.AllEvents().size(), 1U);
  v1::CreateChannelResponse created;
  const grpc::Status again = gateway_.channels().CreateChannel(
      Context().get(), Gateway::DefaultChannel(), &created);
  EXPECT_EQ(ErrorInfoOf(again).reason(), "CHANNEL_ALREADY_EXISTS");
}

TEST_F(WebhookTest, ItemsGoToTheChannelThatOwnsTheAccount) {
  v1::CreateChannelRequest other = Gateway::DefaultChannel();
  other.mutable_channel()->set_id("ch_other");
  other.mutable_channel()->set_instagram_account_id("17841400000000002");
  other.mutable_channel()->set_page_id("2002");
  gateway_.CreateChannel(other);
  const std::string body =
      std::regex_replace(Gateway::TextBody("mid.1", "Hello"),
                         std::regex(kAccount), "17841400000000002");
  EXPECT_EQ(gateway_.Post(body), 200);  // by the path of ch_test
  const auto events = gateway_.AllEvents();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].channel_id(), "ch_other");
}

TEST_F(WebhookTest, ItemsOfUnknownAccountsAreKeptButOnNoStream) {
  const std::string body =
      std::regex_replace(Gateway::TextBody("mid.1", "Hello"),
                         std::regex(kAccount), "17841499999999999");
  EXPECT_EQ(gateway_.Post(body), 200);
  EXPECT_TRUE(gateway_.AllEvents().empty());
  EXPECT_EQ(Metric("linktor_webhook_items_total{outcome=\"issue\"}"), 1);
}

// Meta's dashboard sends the same test each time its button is pressed.
TEST_F(WebhookTest, EveryPressOfTheTestButtonIsAnEvent) {
  const std::string body =
      R"({"object":"instagram","entry":[{"id":"0","time":1661141837537,
        "messaging":[{"sender":{"id":"12334"},"recipient":{"id":"23245"},
        "timestamp":"1527459824",
        "message":{"mid":"random_mid","text":"random_text"}}]}]})";
  EXPECT_EQ(gateway_.Post(body), 200);
  EXPECT_EQ(gateway_.Post(body), 200);
  const auto events = gateway_.AllEvents();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_TRUE(events[0].test());
  EXPECT_EQ(events[0].channel_id(), kChannel);
}

TEST_F(WebhookTest, OnlyNumEditZeroWaits) {
  const std::string body =
      absl::StrCat(R"({"object":"instagram","entry":[{"id":")", kAccount,
                   R"(","time":1,"messaging":[
        {"timestamp":1700000000000,"message_edit":{"mid":"m","num_edit":0}},
        {"timestamp":1700000000000,"message_edit":{"mid":"m","num_edit":1,
         "text":"x"}}]}]})");
  EXPECT_EQ(gateway_.Post(body), 200);
  const auto events = gateway_.AllEvents();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].type(), "message.edited");
  EXPECT_EQ(events[0].message_edited().num_edit(), 1);
  EXPECT_EQ(Metric("linktor_webhook_items_total{outcome=\"ignored\"}"), 1);
}

TEST_F(WebhookTest, BadItemsDoNotSpoilTheirNeighbours) {
  const std::string body =
      absl::StrCat(R"({"object":"instagram","entry":[{"id":")", kAccount,
                   R"(","time":1,"messaging":[
        {"sender":{"id":"1"},"timestamp":1700000000001,
         "message":{"mid":"a","text":"first"}},
        {"sender":{"id":7},"timestamp":{},"message":{"mid":"b","text":"bad"}},
        42,
        {"sender":{"id":"1"},"timestamp":1700000000002,
         "message":{"mid":"c","text":"last"}}]}]})");
  EXPECT_EQ(gateway_.Post(body), 200);
  std::vector<std::string> types;
  for (const auto& event : gateway_.AllEvents()) types.push_back(event.type());
  EXPECT_THAT(types, ElementsAre("message.received", "instagram.unknown",
                                 "instagram.unknown", "message.received"));
}

TEST_F(WebhookTest, SignedBodyThatIsNoEnvelopeIsKeptAndAnswered200) {
  EXPECT_EQ(gateway_.Post("this is not JSON"), 200);
  EXPECT_EQ(gateway_.Post(""), 200);
  EXPECT_EQ(Metric("linktor_webhook_items_total{outcome=\"issue\"}"), 2);
}

// Reads a body that the parser's tests use, too.
std::string Golden(const std::string& name) {
  return ReadFile(
      absl::StrCat(SourceDir(), "/tests/golden/webhooks/", name, ".json"));
}

// Meta signs the escaped bytes; the text that they stand for is told.
TEST_F(WebhookTest, EscapedTextIsSignedAsItCame) {
  EXPECT_EQ(gateway_.Post(Golden("text_escaped")), 200);
  const auto events = gateway_.AllEvents();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].message_received().text(),
            "Grüße €5 😀 \"quoted\" \\ / \t end");
}

TEST_F(WebhookTest, SenderDecidesWhoWrote) {
  EXPECT_EQ(gateway_.Post(absl::StrCat(
                R"({"object":"instagram","entry":[{"id":")", kAccount,
                R"(","time":1,"messaging":[{"sender":{"id":")", kAccount,
                R"("},"recipient":{"id":")", kUser,
                R"("},"timestamp":1700000000000,
                "message":{"mid":"m","text":"from the app"}}]}]})")),
            200);
  const auto events = gateway_.AllEvents();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].type(), "message.echoed");
  EXPECT_EQ(events[0].user_id(), kUser);
  EXPECT_FALSE(gateway_.GetConversation().has_last_inbound_time())
      << "no window opens";
}

TEST_F(WebhookTest, MessengersItemsReachNoStream) {
  EXPECT_EQ(gateway_.Post(Golden("page_object")), 200);
  EXPECT_TRUE(gateway_.AllEvents().empty());
  EXPECT_EQ(Metric("linktor_webhook_items_total{outcome=\"issue\"}"), 1);
}

TEST_F(WebhookTest, ReferralWithinAMessageIsNoSecondEvent) {
  EXPECT_EQ(gateway_.Post(Golden("ad_referral")), 200);
  const auto events = gateway_.AllEvents();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].type(), "message.received");
  EXPECT_EQ(events[0].message_received().referral().source(), "ADS");
}

TEST_F(WebhookTest, TwinsOfOneShareAreOneAttachment) {
  EXPECT_EQ(gateway_.Post(Golden("share_twins")), 200);
  const auto events = gateway_.AllEvents();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0].message_received().attachments_size(), 1);
  EXPECT_EQ(events[0].message_received().attachments(0).type(), "ig_post");
}

// GetMessage gives what the events of all kinds say of their messages.
TEST_F(WebhookTest, TapIsFoundByItsMid) {
  EXPECT_EQ(gateway_.Post(Golden("postback")), 200);
  const auto events = gateway_.AllEvents();
  ASSERT_FALSE(events.empty());
  const v1::Postback& tap = events[0].postback();
  ASSERT_FALSE(tap.mid().empty());
  v1::GetMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_mid(tap.mid());
  v1::GetMessageResponse found;
  ASSERT_TRUE(
      gateway_.messaging().GetMessage(Context().get(), request, &found).ok());
  EXPECT_EQ(found.message().text(), tap.title());
  EXPECT_EQ(found.message().postback_payload(), tap.payload());
  EXPECT_EQ(found.message().user_id(), events[0].user_id());
  // It has an id of its own as well.
  request.set_message_id(found.message().id());
  v1::GetMessageResponse again;
  ASSERT_TRUE(
      gateway_.messaging().GetMessage(Context().get(), request, &again).ok());
  EXPECT_EQ(again.message().mid(), tap.mid());
}

// Every payload that others have seen ends as event, duplicate, ignored or
// issue, and the counts add up to the items.
TEST_F(WebhookTest, CorpusIsAccountedFor) {
  const char* source = std::getenv("LINKTOR_SOURCE_DIR");
  const std::filesystem::path corpus =
      std::filesystem::path(source == nullptr ? "." : source) /
      "../shared/corpus";
  if (!std::filesystem::exists(corpus)) GTEST_SKIP() << "no corpus here";
  std::map<std::string, std::string> bodies;
  for (const auto& file : std::filesystem::directory_iterator(corpus)) {
    const std::string name = file.path().filename();
    if (file.path().extension() != ".json" || name.starts_with("api-") ||
        name.starts_with("graph-error")) {
      continue;
    }
    std::ifstream stream(file.path());
    std::stringstream text;
    text << stream.rdbuf();
    bodies[name] = text.str();
  }
  ASSERT_GT(bodies.size(), 50U);
  // The loop creates a channel for each account. Placeholders such as <IGID>
  // cannot be accounts.
  int channels = 0;
  for (const auto& [name, body] : bodies) {
    static const std::regex kId(R"re("id":\s*"?(\d{5,32})"?\s*[,}])re");
    for (auto it = std::sregex_iterator(body.begin(), body.end(), kId);
         it != std::sregex_iterator(); ++it) {
      v1::CreateChannelRequest request = Gateway::DefaultChannel();
      request.mutable_channel()->set_id(absl::StrCat("ch_", ++channels));
      request.mutable_channel()->set_instagram_account_id((*it)[1]);
      request.mutable_channel()->set_page_id("");
      request.mutable_channel()->set_login_type(v1::LOGIN_TYPE_INSTAGRAM_LOGIN);
      v1::CreateChannelResponse response;
      (void)gateway_.channels().CreateChannel(Context().get(), request,
                                              &response);
    }
  }
  double items = 0;
  for (const auto& [name, body] : bodies) {
    items += CountItems(body);
    EXPECT_EQ(gateway_.Post(body), 200) << name;
  }
  const double events =
      Metric("linktor_webhook_items_total{outcome=\"event\"}");
  const double duplicates =
      Metric("linktor_webhook_items_total{outcome=\"duplicate\"}");
  const double ignored =
      Metric("linktor_webhook_items_total{outcome=\"ignored\"}");
  const double issues =
      Metric("linktor_webhook_items_total{outcome=\"issue\"}");
  std::cout << "corpus: " << bodies.size() << " payloads, " << items
            << " items: " << events << " events, " << duplicates
            << " duplicates, " << ignored << " ignored, " << issues
            << " issues\n";
  EXPECT_EQ(events + duplicates + ignored + issues, items);
  EXPECT_EQ(static_cast<double>(gateway_.AllEvents().size()), events);
  EXPECT_GT(events, 20);
}

}  // namespace
}  // namespace linktor::testing
