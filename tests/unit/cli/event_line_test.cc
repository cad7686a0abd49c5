#include "client/cli/event_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/support/proto_matchers.h"

namespace linktor::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// The payload's text form, and what the line says of it.
struct Case {
  std::string payload;
  std::string what;
};

v1::Event EventOf(const std::string& payload) {
  return ParseText<v1::Event>(R"(
      type: "t" channel_id: "ch" user_id: "6100000000000001"
      receive_time { seconds: 1767323045 } )" +
                              payload);
}

std::string Line(const v1::Event& event, bool raw = false) {
  return EventLine(event, absl::UTCTimeZone(), raw);
}

// By the name of the payload's field.
std::multimap<std::string, Case> Cases() {
  return {
      {"message_received",
       {R"(message_received { id: "msg_1" mid: "m" text: "Hi" })",
        "wrote \"Hi\" (msg_1)"}},
      {"message_received",
       {R"(message_received { id: "msg_1" text: "Hi" reply_to_mid: "m_0"
           attachments { type: "image" } attachments { type: "video" } })",
        "wrote \"Hi\" [image, video] in answer to m_0 (msg_1)"}},
      {"message_received",
       {R"(message_received { id: "msg_1" unsupported: true })",
        "wrote (Instagram does not show it to its API) (msg_1)"}},
      {"message_echoed",
       {R"(message_echoed { id: "msg_1" origin: MESSAGE_ORIGIN_API
           text: "Hi" })",
        "shown by Instagram: \"Hi\" (msg_1)"}},
      {"message_echoed",
       {R"(message_echoed { id: "msg_1" origin: MESSAGE_ORIGIN_ELSEWHERE
           text: "Hi" })",
        "was sent from elsewhere: \"Hi\" (msg_1)"}},
      {"message_sent",
       {R"(message_sent { id: "msg_1" content { text: "Which?"
           quick_replies { title: "A" payload: "A" } } })",
        "was sent \"Which?\" [1 quick reply] (msg_1)"}},
      {"message_failed",
       {R"(message_failed { id: "msg_1" text: "Hi"
           error { reason: "RATE_LIMITED" message: "too many" } })",
        "not sent: \"Hi\": RATE_LIMITED: too many (msg_1)"}},
      {"message_unconfirmed",
       {R"(message_unconfirmed { id: "msg_1" text: "Hi" })",
        "OUTCOME UNKNOWN, do not send again: \"Hi\" (msg_1)"}},
      {"unknown",
       {R"(unknown { kind: "delivery" })",
        "an item of the kind \"delivery\"; --raw shows it"}},
      {"unknown",
       {R"(unknown { kind: "message" problem: "not a string"
           json_path: "$.message.mid" })",
        "an item that was not understood: not a string at $.message.mid; "
        "--raw shows it"}},
      {"unknown",
       {R"(unknown { kind: "message_edit" problem: "has not come" mid: "m_1" })",
        "an item of the kind \"message_edit\": has not come (m_1); "
        "--raw shows it"}},
      {"referral",
       {R"(referral { ref: "flyer7" source: "IG_ME" })",
        "came by a link with the ref \"flyer7\""}},
      {"referral",
       {R"(referral { ref: "r" source: "ADS" ad_id: "120" ad_title: "Hats" })",
        R"(came from the ad 120 "Hats" with the ref "r")"}},
      {"message_received",
       {R"(message_received { id: "msg_1" text: "In M?"
           referral { product_id: "7" } })",
        "wrote \"In M?\", came from the product 7 (msg_1)"}},
      {"postback",
       {R"(postback { title: "Ask" payload: "ASK" referral { ref: "r" } })",
        R"(tapped "Ask", which gives ASK, came by a link with the ref "r")"}},
      {"quick_reply",
       {R"(quick_reply { text: "Blue" payload: "BLUE"
           message { id: "msg_1" } })",
        "chose \"Blue\", which gives BLUE (msg_1)"}},
      {"postback",
       {R"(postback { title: "Ask" payload: "ASK" mid: "m" })",
        "tapped \"Ask\", which gives ASK"}},
      {"postback",
       {R"(postback { title: "Open?" payload: "HOURS"
           from_ice_breaker: true })",
        "tapped the ice breaker \"Open?\", which gives HOURS"}},
      {"reaction",
       {R"(reaction { message_id: "msg_1" mid: "m" reaction: "love"
           action: "react" emoji: "❤" })",
        "reacted ❤ to msg_1"}},
      {"reaction",
       {R"(reaction { mid: "m_1" reaction: "wow" action: "react" })",
        "reacted wow to m_1"}},
      {"reaction",
       {R"(reaction { message_id: "msg_1" action: "unreact" })",
        "took back their reaction to msg_1"}},
      {"story_mention",
       {R"(story_mention { message { id: "msg_1" } })",
        "mentioned the account in their story (msg_1)"}},
      {"story_reply",
       {R"(story_reply { story_id: "s_1" reply_text: "Love this!"
           message { id: "msg_1" } })",
        "answered the story s_1: \"Love this!\" (msg_1)"}},
      {"story_reply",
       {R"(story_reply { story_id: "s_1"
           message { id: "msg_1" attachments { type: "image" } } })",
        "answered the story s_1: [image] (msg_1)"}},
      {"product_share",
       {R"(product_share { products { id: "p_1" name: "Dress" }
           products { id: "p_2" } message { id: "msg_1" text: "?" } })",
        R"(shared the product p_1 "Dress" and 1 more with "?" (msg_1))"}},
  };
}

// The same for what is no message.
std::multimap<std::string, Case> OtherCases() {
  return {
      {"message_read",
       {R"(message_read { message_id: "msg_1" mid: "m" })", "has read msg_1"}},
      {"message_edited",
       {R"(message_edited { message_id: "msg_1" mid: "m" text: "Blue"
           num_edit: 2 })",
        "edited msg_1 to \"Blue\", edit 2"}},
      {"message_unsent",
       {R"(message_unsent { message_id: "msg_1" mid: "m"
           direction: MESSAGE_DIRECTION_INBOUND })",
        "took back their message msg_1; delete copies of it"}},
      {"message_unsent",
       {R"(message_unsent { message_id: "msg_1" mid: "m"
           direction: MESSAGE_DIRECTION_OUTBOUND })",
        "the account took back its message msg_1; delete copies of it"}},
      {"channel_created",
       {R"(channel_created { channel { id: "ch" } })",
        "the channel was created"}},
      {"channel_updated",
       {R"(channel_updated { channel { id: "ch" } })",
        "the channel or its credentials were changed"}},
      {"channel_deleted",
       {R"(channel_deleted { channel { id: "ch" } })",
        "the channel was deleted"}},
      {"channel_deleted",
       {R"(channel_deleted { channel { id: "ch" } erase: true })",
        "the channel was deleted, and its customers are erased"}},
      {"optin",
       {R"(optin { title: "Deals" payload: "DEALS" token: "t"
           status: "RESUME NOTIFICATIONS" })",
        "opted in to \"Deals\", which gives DEALS: RESUME NOTIFICATIONS"}},
      {"optin", {"optin {}", "opted in"}},
      {"handover",
       {R"(handover { action: HANDOVER_ACTION_PASS new_owner_app_id: "2"
           metadata: "m" })",
        "control passed from no app to the app 2 with \"m\""}},
      {"handover",
       {R"(handover { action: HANDOVER_ACTION_TAKE
           previous_owner_app_id: "1" new_owner_app_id: "2" })",
        "control taken from the app 1 to the app 2"}},
      {"handover",
       {R"(handover { action: HANDOVER_ACTION_REQUEST
           requested_owner_app_id: "3" })",
        "control asked for by the app 3"}},
      {"handover",
       {R"(handover { action: HANDOVER_ACTION_METADATA caller_app_id: "4" })",
        "metadata from the app 4"}},
      {"handover",
       {R"(handover { action: HANDOVER_ACTION_APP_ROLES
           roles { app_id: "1" roles: "primary_receiver" roles: "x" }
           roles { app_id: "2" } })",
        "the apps have these roles: 1 (primary_receiver, x) 2 ()"}},
      {"handover", {"handover {}", "control has changed"}},
      {"feedback",
       {R"(feedback { mid: "m_1" feedback: "Good response" positive: true })",
        "judged m_1: \"Good response\""}},
      {"policy_enforcement",
       {R"(policy_enforcement { action: "block" reason: "spam" })",
        "Meta's policy: block because of \"spam\""}},
      {"policy_enforcement",
       {R"(policy_enforcement { action: "unblock" })",
        "Meta's policy: unblock"}},
      {"comment",
       {R"(comment { id: "9" text: "Nice" parent_id: "8" media_id: "7"
           ad_id: "6" })",
        "commented \"Nice\" in answer to 8 on 7 of the ad 6 (comment 9)"}},
      {"comment",
       {R"(comment { id: "9" text: "Nice" })",
        "commented \"Nice\" (comment 9)"}},
      {"live_comment",
       {R"(live_comment { id: "9" text: "Nice" media_id: "7" live: true })",
        "commented live \"Nice\" on 7 (comment 9)"}},
      {"mention",
       {R"(mention { media_id: "7" comment_id: "9" })",
        "mentioned the account in the comment 9 on the post 7"}},
      {"mention",
       {R"(mention { media_id: "7" })", "mentioned the account in the post 7"}},
      {"story_insights",
       {R"(story_insights { media_id: "7" impressions: 20 reach: 17
           taps_forward: 4 taps_back: -1 exits: 3 replies: 1 })",
        "the story 7: impressions 20, reach 17, replies 1, taps forward 4, "
        "taps back -1, exits 3"}},
  };
}

std::multimap<std::string, Case> AllCases() {
  std::multimap<std::string, Case> all = Cases();
  all.merge(OtherCases());
  return all;
}

TEST(EventLineTest, SaysWhatHappened) {
  for (const auto& [field, one] : AllCases()) {
    EXPECT_THAT(Line(EventOf(one.payload)), EndsWith(" " + one.what)) << field;
  }
}

// A new payload needs a line: CONTRIBUTING, "An event type".
TEST(EventLineTest, EveryPayloadOfTheContractHasALine) {
  const auto cases = AllCases();
  const auto* payload = v1::Event::descriptor()->FindOneofByName("payload");
  for (int i = 0; i < payload->field_count(); ++i) {
    EXPECT_TRUE(cases.contains(payload->field(i)->name()))
        << payload->field(i)->name();
  }
}

TEST(EventLineTest, HasTimeChannelUserTypeAndName) {
  v1::Event event = EventOf(R"(message_received { text: "Hi" })");
  event.set_type("message.received");
  EXPECT_EQ(Line(event),
            "2026-01-02 03:04:05+00:00  ch  6100000000000001   "
            "message.received        wrote \"Hi\"");
  event.set_username("ana");
  EXPECT_THAT(Line(event), EndsWith(" @ana wrote \"Hi\""));
  // Whoever answers needs the id.
  EXPECT_THAT(Line(event), HasSubstr("6100000000000001"));
}

TEST(EventLineTest, ErasedOneKeepsItsColumns) {
  v1::Event event;
  event.set_type("message.received");
  event.set_channel_id("ch");
  event.set_erased(true);
  EXPECT_EQ(Line(event), std::string(25, ' ') +
                             "  ch  -                  message.received        "
                             "[erased]");
}

TEST(EventLineTest, PayloadOfALaterServerIsALineAllTheSame) {
  v1::Event event = EventOf("");
  event.set_type("instagram.new");
  EXPECT_THAT(Line(event), EndsWith("instagram.new          "));
}

TEST(EventLineTest, MarksTestsAndStandby) {
  EXPECT_THAT(Line(EventOf("test: true standby: true")),
              EndsWith(" [test] [standby]"));
}

TEST(EventLineTest, RawItemIsShownOnRequest) {
  EXPECT_THAT(Line(EventOf(R"(raw_json: "{\"a\":1}")"), true),
              EndsWith("\n    {\"a\":1}"));
  EXPECT_THAT(Line(EventOf("raw_size: 300000"), true),
              EndsWith("\n    (300000 bytes, too large to be passed on)"));
  EXPECT_THAT(Line(EventOf(R"(raw_json: "{}")")), Not(HasSubstr("{}")));
}

// ---- What customers write --------------------------------------------------

constexpr char kHostile[] = "\x1b]0;x\x07\r\n2026\u202e\u009b";

void FillStrings(google::protobuf::Message& message, int depth) {
  const auto* type = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->is_map()) continue;
    if (field->cpp_type() ==
        google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
      if (field->is_repeated()) {
        reflection->AddString(&message, field, kHostile);
      } else if (field->real_containing_oneof() == nullptr) {
        reflection->SetString(&message, field, kHostile);
      }
    } else if (field->cpp_type() ==
                   google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE &&
               depth > 0 && field->real_containing_oneof() == nullptr) {
      FillStrings(field->is_repeated()
                      ? *reflection->AddMessage(&message, field)
                      : *reflection->MutableMessage(&message, field),
                  depth - 1);
    }
  }
}

TEST(EventLineTest, NoFieldOfAnyPayloadCanDriveATerminal) {
  const auto* payload = v1::Event::descriptor()->FindOneofByName("payload");
  for (int i = 0; i < payload->field_count(); ++i) {
    v1::Event event;
    FillStrings(event, 0);
    FillStrings(
        *v1::Event::GetReflection()->MutableMessage(&event, payload->field(i)),
        3);
    // The line end before the raw item is ours.
    std::string line = Line(event, true);
    const std::size_t raw = line.find("\n    ");
    ASSERT_NE(raw, std::string::npos);
    line.erase(raw, 1);
    for (const char c : line) {
      EXPECT_GE(static_cast<unsigned char>(c), 0x20)
          << payload->field(i)->name() << ": " << line;
    }
    EXPECT_THAT(line, Not(HasSubstr("\u202e")));
    EXPECT_THAT(line, Not(HasSubstr("\u009b")));
  }
}

}  // namespace
}  // namespace linktor::cli
