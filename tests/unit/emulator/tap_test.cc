// Taps on what was offered.

#include "emulator/tap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using ::testing::HasSubstr;

constexpr char kQuickReplies[] = R"({"recipient":{"id":"61"},"message":{
    "text":"Which?","quick_replies":[
        {"content_type":"text","title":"New Arrivals","payload":"NEW"},
        {"content_type":"text","title":"Sale Items","payload":"SALE"}]}})";
constexpr char kButtons[] = R"({"recipient":{"id":"61"},"message":{
    "attachment":{"type":"template","payload":{"template_type":"generic",
        "elements":[{"title":"Dress","buttons":[
            {"type":"postback","title":"Learn More","payload":"MORE"},
            {"type":"web_url","title":"Shop","url":"https://a/"}]}]}}}})";
constexpr char kIceBreakers[] = R"({"ice_breakers":[
    {"locale":"default","call_to_actions":[
        {"question":"What are your store hours?","payload":"GET_HOURS"}]},
    {"locale":"de_DE","call_to_actions":[
        {"question":"Wann habt ihr offen?","payload":"GET_HOURS_DE"}]}]})";

class TapTest : public EmulatorTest {
 protected:
  TapTest() {
    Connect();
    // Only taps are to be seen.
    emulator_->Configure({.hold_echoes = true});
  }

  std::string SendBody(const char* body) {
    const Reply reply = Graph("POST", "/v25.0/me/messages", body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return Text(reply.Json(), "message_id");
  }
  void SetIceBreakers() {
    EXPECT_EQ(Graph("POST", "/v25.0/me/messenger_profile", kIceBreakers).status,
              200);
  }
  Reply Tap(std::string_view body) {
    return Control("POST", "/emulator/taps", body);
  }
  // Returns the item of the webhook of the only tap.
  json::object Item() { return ItemOf(gateway_.WaitForWebhooks(1)[0]); }
  std::string Error(std::string_view body) {
    const Reply reply = Tap(body);
    EXPECT_EQ(reply.status, 400) << body;
    return Text(reply.Json(), "error");
  }
};

TEST_F(TapTest, QuickReplyIsAMessage) {
  SendBody(kQuickReplies);
  const Reply reply = Tap(R"({"from":"61","title":"Sale Items"})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json::value message = Item().at("message");
  EXPECT_EQ(Text(message, "text"), "Sale Items");
  EXPECT_EQ(Text(message.at("quick_reply"), "payload"), "SALE");
  EXPECT_EQ(Text(message, "mid"), Text(reply.Json(), "mid"));
  EXPECT_EQ(Text(reply.Json().at("message").at("quick_reply"), "payload"),
            "SALE");
}

TEST_F(TapTest, ButtonIsAPostback) {
  SendBody(kButtons);
  EXPECT_EQ(Tap(R"({"from":"61","title":"Learn More"})").status, 200);
  EXPECT_EQ(Text(Item().at("postback"), "title"), "Learn More");
  EXPECT_EQ(Text(Item().at("postback"), "payload"), "MORE");
  EXPECT_NE(Text(Item().at("postback"), "mid"), "");
}

TEST_F(TapTest, IceBreakerIsAPostbackWithItsQuestion) {
  SetIceBreakers();
  EXPECT_EQ(Tap(R"({"from":"61","title":"What are your store hours?"})").status,
            200);
  EXPECT_EQ(Text(Item().at("postback"), "title"), "What are your store hours?");
  EXPECT_EQ(Text(Item().at("postback"), "payload"), "GET_HOURS");
}

TEST_F(TapTest, IceBreakerOfAnotherAccount) {
  EXPECT_EQ(
      Graph("POST", "/v25.0/17841400000000009/messenger_profile", kIceBreakers)
          .status,
      200);
  EXPECT_THAT(Error(R"({"from":"61","payload":"GET_HOURS"})"),
              HasSubstr("nothing to tap"));
  EXPECT_EQ(Tap(R"({"from":"61","to":"17841400000000009",
                    "payload":"GET_HOURS"})")
                .status,
            200);
  EXPECT_EQ(Text(Item().at("recipient"), "id"), "17841400000000009");
}

TEST_F(TapTest, PayloadSaysWhichToo) {
  SetIceBreakers();
  EXPECT_EQ(Tap(R"({"from":"61","payload":"GET_HOURS_DE"})").status, 200);
  EXPECT_EQ(Text(Item().at("postback"), "title"), "Wann habt ihr offen?");
}

TEST_F(TapTest, MessageMidSaysOfWhichMessage) {
  const std::string buttons = SendBody(kButtons);
  SendBody(kQuickReplies);
  SetIceBreakers();
  EXPECT_EQ(Tap(R"({"from":"61","title":"Learn More","message_mid":")" +
                buttons + R"("})")
                .status,
            200);
  EXPECT_THAT(Error(R"({"from":"61","title":"New Arrivals","message_mid":")" +
                    buttons + R"("})"),
              HasSubstr("Learn More"));
  EXPECT_THAT(Error(R"({"from":"61","payload":"GET_HOURS","message_mid":")" +
                    buttons + R"("})"),
              HasSubstr("Learn More"));
}

TEST_F(TapTest, TapEndsQuickRepliesButNotButtons) {
  SendBody(kButtons);
  SendBody(kQuickReplies);
  EXPECT_EQ(Tap(R"({"from":"61","title":"Sale Items"})").status, 200);
  EXPECT_THAT(Error(R"({"from":"61","title":"Sale Items"})"),
              HasSubstr("Learn More"));
  EXPECT_EQ(Tap(R"({"from":"61","title":"Learn More"})").status, 200);
  EXPECT_EQ(Tap(R"({"from":"61","title":"Learn More"})").status, 200);
}

TEST_F(TapTest, NextMessageEndsQuickReplies) {
  SendBody(kQuickReplies);
  SendBody(kButtons);
  EXPECT_THAT(Error(R"({"from":"61","title":"Sale Items"})"),
              HasSubstr("Learn More"));
}

TEST_F(TapTest, OnlyWhoWasOfferedCanTap) {
  SendBody(kQuickReplies);
  EXPECT_THAT(Error(R"({"from":"62","title":"Sale Items"})"),
              HasSubstr("there is nothing to tap"));
}

TEST_F(TapTest, ErrorListsWhatThereIs) {
  SetIceBreakers();
  SendBody(kQuickReplies);
  const std::string error = Error(R"({"from":"61","title":"Sale"})");
  EXPECT_THAT(error, HasSubstr("\"Sale Items\", \"New Arrivals\""));
  EXPECT_THAT(error, HasSubstr("What are your store hours?"));
  EXPECT_TRUE(gateway_.webhooks().empty());
}

TEST_F(TapTest, MalformedOnesGetASentence) {
  EXPECT_THAT(Error(R"({"title":"x"})"), HasSubstr("from"));
  EXPECT_THAT(Error(R"({"from":"61"})"), HasSubstr("title"));
  EXPECT_THAT(Error(R"({"from":"61","text":"x"})"), HasSubstr("message_mid"));
  EXPECT_EQ(Control("GET", "/emulator/taps").status, 405);
}

TEST_F(TapTest, TappableIsListedOfAUser) {
  const std::string mid = SendBody(kButtons);
  const json::value user = Control("GET", "/emulator/users/61").Json();
  EXPECT_EQ(user.at("tappable"),
            json::value(json::array{json::object{{"kind", "button"},
                                                 {"title", "Learn More"},
                                                 {"payload", "MORE"},
                                                 {"message_mid", mid}}}));
}

}  // namespace
}  // namespace linktor::emulator
