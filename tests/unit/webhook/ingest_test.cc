#include "server/webhook/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <google/protobuf/util/time_util.h>

#include <set>

#include "server/store/event_reader.h"
#include "tests/support/proto_matchers.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/webhook/bodies.h"
#include "tests/unit/webhook/webhook_fixture.h"

namespace linktor {
namespace {

using testing::HasSubstr;

constexpr char kSecret[] = "first-app-secret";
constexpr char kOtherSecret[] = "other-app-secret";

class IngestTest : public testing::Test {
 protected:
  IngestTest() {
    fixture_.Put({.page_id = "100200300400500"});
    fixture_.Put({.id = "ch_2",
                  .no = 2,
                  .account_id = "17841400000000002",
                  .app_secrets = {kSecret, kOtherSecret}});
    fixture_.Put({.id = "ch_3",
                  .no = 3,
                  .account_id = "17841400000000003",
                  .app_secrets = {kOtherSecret}});
  }

  // The record of `text`, posted to ch_1 and signed with its secret.
  WebhookRecord Make(const std::string& text,
                     const std::string& secret = kSecret,
                     const std::string& path = "ch_1") {
    const PaddedBody body(text);
    auto record = fixture_.ingest.MakeRecord(
        fixture_.Find(path), fixture_.Fingerprint(secret), body.view());
    EXPECT_THAT(record, IsOk());
    return *std::move(record);
  }
  WebhookItem MakeOne(const std::string& text) {
    WebhookRecord record = Make(text);
    EXPECT_EQ(record.items.size(), 1U);
    return std::move(record.items.at(0));
  }

  WebhookFixture fixture_;
};

TEST_F(IngestTest, MessageBecomesAnEvent) {
  const WebhookRecord record = Make(Messaging({TextItem("m1", "hi")}));
  EXPECT_EQ(record.channel_no, 1);
  EXPECT_EQ(record.time_ms, 1'700'000'060'000);
  EXPECT_EQ(record.delivery_id.size(), 16U);
  const WebhookItem& item = record.items.at(0);
  EXPECT_EQ(item.fate, ItemFate::kEvent);
  EXPECT_EQ(item.kind, ItemKind::kMessage);
  EXPECT_EQ(item.mid, "m1");
  EXPECT_TRUE(item.opens_window);
  EXPECT_EQ(item.event.event_ms, 1'700'000'000'000);
  EXPECT_EQ(item.entry_id, kAccount);
  auto want = ParseText<v1::Event>(R"pb(
    type: "message.received"
    channel_id: "ch_1"
    user_id: "1000200030004001"
    event_time { seconds: 1700000000 }
    receive_time { seconds: 1700000060 }
    message_received {
      channel_id: "ch_1"
      user_id: "1000200030004001"
      mid: "m1"
      text: "hi"
      direction: MESSAGE_DIRECTION_INBOUND
      state: MESSAGE_STATE_RECEIVED
      create_time { seconds: 1700000060 }
    })pb");
  want.set_id(FormatId(kEventPrefix, item.event.id));
  want.set_delivery_id(FormatId(kDeliveryPrefix, record.delivery_id));
  want.mutable_message_received()->set_id(
      FormatId(kMessagePrefix, item.mid_key));
  EXPECT_THAT(WebhookFixture::EventOf(item), EqualsProto(want));
}

TEST_F(IngestTest, EchoBecomesAnEventWithItsContentMatch) {
  const WebhookItem item = MakeOne(Messaging({absl::StrCat(
      R"({"sender":{"id":")", kAccount, R"("},"recipient":{"id":")", kCustomer,
      R"("},"timestamp":1700000000000,"message":{"mid":"m1","text":"hi",)",
      R"("is_echo":true}})")}));
  EXPECT_EQ(item.kind, ItemKind::kEcho);
  EXPECT_FALSE(item.opens_window);
  EXPECT_EQ(item.content_match.size(), 16U);
  const v1::Event event = WebhookFixture::EventOf(item);
  EXPECT_EQ(event.type(), "message.echoed");
  EXPECT_EQ(event.user_id(), kCustomer);
  EXPECT_EQ(event.message_echoed().origin(), v1::MESSAGE_ORIGIN_ELSEWHERE);
  EXPECT_EQ(event.message_echoed().echo_time().seconds(), 1'700'000'000);
}

// The event of one item of the customer's, without what is not known before.
v1::Event Bare(const WebhookItem& item) {
  v1::Event event = WebhookFixture::EventOf(item);
  event.clear_id();
  event.clear_delivery_id();
  event.clear_receive_time();
  return event;
}

struct TypeCase {
  const char* rest;
  const char* type;
  ItemKind kind;
  bool opens_window;
};

TEST_F(IngestTest, EveryTypeHasItsNameKindAndWindow) {
  const TypeCase cases[] = {
      {R"("message":{"mid":"m","text":"t"})", "message.received",
       ItemKind::kMessage, true},
      {R"("message":{"mid":"m","text":"t","quick_reply":{"payload":"p"}})",
       "instagram.quick_reply", ItemKind::kMessage, true},
      {R"("message":{"mid":"m","reply_to":{"story":{"id":"1"}}})",
       "instagram.story_reply", ItemKind::kMessage, true},
      {R"("message":{"mid":"m","attachments":[{"type":"story_mention"}]})",
       "instagram.story_mention", ItemKind::kMessage, true},
      {R"("message":{"mid":"m","referral":{"product":{"id":"1"}}})",
       "instagram.product_share", ItemKind::kMessage, true},
      {R"("postback":{"mid":"m","title":"t","payload":"p"})",
       "instagram.postback", ItemKind::kPostback, true},
      {R"("reaction":{"mid":"m","action":"react","reaction":"love"})",
       "instagram.reaction", ItemKind::kOther, false},
      {R"("read":{"mid":"m"})", "instagram.unknown", ItemKind::kOther, false},
      {R"("is_self":true,"postback":{"mid":"m","payload":"p"})",
       "instagram.unknown", ItemKind::kOther, false},
      {R"("message":{"mid":"m","is_deleted":true})", "instagram.unknown",
       ItemKind::kOther, false},
  };
  for (const TypeCase& c : cases) {
    const WebhookItem item = MakeOne(Messaging({Inbound(c.rest)}));
    EXPECT_EQ(item.event.type, c.type) << c.rest;
    EXPECT_EQ(item.kind, c.kind) << c.rest;
    EXPECT_EQ(item.opens_window, c.opens_window) << c.rest;
    EXPECT_EQ(item.mid_key.empty(), c.kind == ItemKind::kOther) << c.rest;
    EXPECT_EQ(WebhookFixture::EventOf(item).type(), c.type) << c.rest;
  }
}

TEST_F(IngestTest, SpecialMessagesCarryTheMessageAsAWhole) {
  const WebhookItem item = MakeOne(Messaging({Inbound(
      R"("message":{"mid":"m1","text":"L","quick_reply":{"payload":"p"}})")}));
  auto want = ParseText<v1::Event>(R"pb(
    type: "instagram.quick_reply"
    channel_id: "ch_1"
    user_id: "1000200030004001"
    event_time { seconds: 1700000000 }
    quick_reply {
      payload: "p"
      text: "L"
      message {
        channel_id: "ch_1"
        user_id: "1000200030004001"
        mid: "m1"
        text: "L"
        direction: MESSAGE_DIRECTION_INBOUND
        state: MESSAGE_STATE_RECEIVED
        create_time { seconds: 1700000060 }
      }
    })pb");
  want.mutable_quick_reply()->mutable_message()->set_id(
      FormatId(kMessagePrefix, item.mid_key));
  EXPECT_THAT(Bare(item), EqualsProto(want));
}

TEST_F(IngestTest, ReactionNamesTheMessageItIsTo) {
  const WebhookItem message = MakeOne(Messaging({TextItem("m1")}));
  const WebhookItem reaction = MakeOne(Messaging({Inbound(
      R"("reaction":{"mid":"m1","action":"react","reaction":"love"})")}));
  EXPECT_EQ(reaction.target_mid_key, message.mid_key);
  EXPECT_EQ(WebhookFixture::EventOf(reaction).reaction().message_id(),
            WebhookFixture::EventOf(message).message_received().id());
}

// Whatever else an item says, and in whatever order.
TEST_F(IngestTest, ReactionsAreKnownByWhatTheySay) {
  const WebhookItem first = MakeOne(Messaging({Inbound(
      R"("reaction":{"mid":"m","action":"react","reaction":"love"})")}));
  const WebhookItem again = MakeOne(Messaging({Inbound(
      R"("reaction":{"reaction":"love","new":1,"action":"react","mid":"m"})")}));
  const WebhookItem other = MakeOne(
      Messaging({Inbound(R"("reaction":{"mid":"m","action":"unreact"})")}));
  EXPECT_EQ(first.dedupe_key, again.dedupe_key);
  EXPECT_NE(first.dedupe_key, other.dedupe_key);
}

TEST_F(IngestTest, PostbackOfAnIceBreakerSaysSo) {
  fixture_.Put({.id = "ch_5",
                .no = 5,
                .account_id = "17841400000000005",
                .ice_breakers = {{"When are you open?", "HOURS"}}});
  const auto postback = [&](const std::string& title,
                            const std::string& payload) {
    return WebhookFixture::EventOf(
               MakeOne(Messaging({Inbound(absl::StrCat(
                                     R"("postback":{"title":")", title,
                                     R"(","payload":")", payload, R"("})"))},
                                 "17841400000000005")))
        .postback();
  };
  const v1::Postback tap = postback("When are you open?", "HOURS");
  EXPECT_TRUE(tap.from_ice_breaker());
  EXPECT_EQ(tap.title(), "When are you open?");
  for (const v1::Postback& other :
       {postback("When are you open?", "OTHER"), postback("Open?", "HOURS")}) {
    EXPECT_FALSE(other.from_ice_breaker());
  }
}

// ---- User names ------------------------------------------------------------

TEST_F(IngestTest, KnownUserNameIsOnTheEvent) {
  fixture_.names.known_user = kCustomer;
  fixture_.names.name = "customer_user";
  EXPECT_EQ(
      WebhookFixture::EventOf(MakeOne(Messaging({TextItem("m")}))).username(),
      "customer_user");
}

TEST_F(IngestTest, OnlyActivityHasTheNameLookedUp) {
  (void)Make(Messaging({TextItem("m")}));
  (void)Make(Messaging({Inbound(R"("read":{"mid":"m"})")}));
  (void)Make(Messaging({TextItem("random_mid")}, "0"));
  (void)Make(Messaging({R"({"sender":{"id":"me/accounts?fields=x"},)"
                        R"("message":{"mid":"m2","text":"t"}})"}));
  EXPECT_THAT(fixture_.names.active,
              testing::ElementsAre(testing::Pair("ch_1", kCustomer)));
}

TEST_F(IngestTest, UnknownCarriesItsJson) {
  const std::string read = Inbound(R"("read":{"mid":"m"})");
  const WebhookItem item = MakeOne(Messaging({read}));
  EXPECT_EQ(item.kind, ItemKind::kOther);
  EXPECT_TRUE(item.mid_key.empty());
  const v1::Event event = WebhookFixture::EventOf(item);
  EXPECT_EQ(event.type(), "instagram.unknown");
  EXPECT_EQ(event.unknown().kind(), "read");
  EXPECT_EQ(event.raw_json(), read);
}

TEST_F(IngestTest, LargeUnknownCarriesItsSizeOnly) {
  const std::string large =
      Inbound(R"("read":")" + std::string(kMaxRawJson, 'x') + "\"");
  const v1::Event event = WebhookFixture::EventOf(MakeOne(Messaging({large})));
  EXPECT_TRUE(event.raw_json().empty());
  EXPECT_EQ(event.raw_size(), static_cast<std::int64_t>(large.size()));
}

TEST_F(IngestTest, EditZeroIsIgnored) {
  const WebhookItem item =
      MakeOne(Messaging({R"({"message_edit":{"mid":"m","num_edit":0}})"}));
  EXPECT_EQ(item.fate, ItemFate::kIgnored);
  EXPECT_TRUE(item.sealed_raw.empty());
}

TEST_F(IngestTest, OwnerByPageId) {
  const WebhookItem item =
      MakeOne(Messaging({TextItem("m")}, "100200300400500"));
  EXPECT_EQ(item.fate, ItemFate::kEvent);
  EXPECT_EQ(item.event.channel_id, "ch_1");
}

TEST_F(IngestTest, OneBodyForTwoChannels) {
  const WebhookRecord record = Make(Envelope(
      {Entry("\"messaging\":[" + TextItem("a") + "]"),
       Entry("\"messaging\":[" + TextItem("b") + "]", "17841400000000002")}));
  ASSERT_EQ(record.items.size(), 2U);
  EXPECT_EQ(record.items[0].event.channel_id, "ch_1");
  EXPECT_EQ(record.items[1].event.channel_id, "ch_2");
  EXPECT_EQ(record.items[1].raw_channel_no, 2);
}

// Otherwise who knows one app's secret could speak for another's accounts.
TEST_F(IngestTest, AnotherAppsAccountIsAnIssue) {
  const WebhookItem item =
      MakeOne(Messaging({TextItem("m")}, "17841400000000003"));
  EXPECT_EQ(item.fate, ItemFate::kIssue);
  EXPECT_THAT(item.issue, HasSubstr("17841400000000003"));
  EXPECT_EQ(item.event.encoded, nullptr);
  EXPECT_EQ(item.raw_channel_no, 1);
  EXPECT_FALSE(item.sealed_raw.empty());
}

TEST_F(IngestTest, ThePathOnlyChoosesTheSecrets) {
  const WebhookRecord record = Make(
      Messaging({TextItem("m")}, "17841400000000003"), kOtherSecret, "ch_2");
  EXPECT_EQ(record.channel_no, 2);
  EXPECT_EQ(record.items[0].event.channel_id, "ch_3");
}

TEST_F(IngestTest, NobodysAccountsAreIssues) {
  for (const char* id : {"", "17841400000000099", "ch_1", "null"}) {
    EXPECT_EQ(MakeOne(Messaging({TextItem("m")}, id)).fate, ItemFate::kIssue)
        << id;
  }
}

// A channel whose page is not known must not own what names no account.
TEST_F(IngestTest, EmptyIdsAreNobodys) {
  fixture_.Put({.id = "ch_4", .no = 4, .account_id = ""});
  EXPECT_EQ(MakeOne(Messaging({TextItem("m")}, "")).fate, ItemFate::kIssue);
}

TEST_F(IngestTest, DashboardTestsAreThePathsChannels) {
  const WebhookItem item = MakeOne(Messaging({TextItem("random_mid")}, "0"));
  const v1::Event event = WebhookFixture::EventOf(item);
  EXPECT_EQ(event.channel_id(), "ch_1");
  EXPECT_TRUE(event.test());
  EXPECT_FALSE(item.opens_window);
}

TEST_F(IngestTest, StandbyIsMarkedAndOpensTheWindow) {
  const WebhookItem item =
      MakeOne(Envelope({Entry("\"standby\":[" + TextItem("m") + "]")}));
  EXPECT_TRUE(WebhookFixture::EventOf(item).standby());
  EXPECT_TRUE(item.opens_window);
}

// ---- Identity --------------------------------------------------------------

TEST_F(IngestTest, SameMidIsTheSameEventInEveryForm) {
  const std::string item = TextItem("m1");
  const WebhookItem first = MakeOne(Messaging({item}));
  fixture_.clock.Advance(absl::Hours(1));
  for (const std::string& members :
       {"\"standby\":[" + item + "]",
        R"("changes":[{"field":"messages","value":)" + item + "}]",
        R"("field":"messages","value":)" + item}) {
    const WebhookItem again = MakeOne(Envelope({Entry(members)}));
    EXPECT_EQ(again.mid_key, first.mid_key) << members;
    EXPECT_EQ(again.event.id, first.event.id) << members;
  }
}

TEST_F(IngestTest, WithoutMidTheContentIsTheIdentity) {
  const std::string read = Inbound(R"("read":{"mid":"m"})");
  const WebhookItem first = MakeOne(Messaging({read}));
  fixture_.clock.Advance(absl::Hours(1));
  const WebhookItem again =
      MakeOne(Envelope({Entry("\"standby\":[" + read + "]")}));
  EXPECT_EQ(first.dedupe_key.size(), 24U);
  EXPECT_EQ(again.dedupe_key, first.dedupe_key);
  EXPECT_EQ(again.event.id, first.event.id);
}

TEST_F(IngestTest, DifferentThingsHaveDifferentIdentities) {
  const std::string echo = absl::StrCat(
      R"({"sender":{"id":")", kAccount, R"("},"recipient":{"id":")", kCustomer,
      R"("},"message":{"mid":"m1","is_echo":true}})");
  const std::vector<std::string> bodies = {
      Messaging({TextItem("m1")}),
      Messaging({TextItem("m2")}),
      Messaging({echo}),
      Messaging({TextItem("m1")}, "17841400000000002"),
      Messaging({Inbound(R"("postback":{"mid":"m1","payload":"p"})")}),
      Messaging({Inbound(R"("reaction":{"mid":"m1","action":"react"})")}),
      Messaging({Inbound(R"("read":{"mid":"m1"})")}),
      Messaging({Inbound(R"("read":{"mid":"m1"})")}, "17841400000000002"),
      Messaging({R"({"read":{"mid":"m1"},"timestamp":1})"}),
      Messaging({R"({"read":{"mid":"m1"},"timestamp":2})"})};
  std::set<std::string> ids;
  for (const std::string& body : bodies) ids.insert(MakeOne(body).event.id);
  EXPECT_EQ(ids.size(), bodies.size());
}

// An item that cannot be read must not shadow one that can, nor another of
// the same mid.
TEST_F(IngestTest, UnreadableMessagesAreKnownByTheirContent) {
  const WebhookItem one = MakeOne(
      Messaging({Inbound(R"("message":{"mid":"m1","attachments":[7]})")}));
  const WebhookItem two = MakeOne(
      Messaging({Inbound(R"("message":{"mid":"m1","attachments":[8]})")}));
  EXPECT_TRUE(one.mid_key.empty());
  EXPECT_NE(one.event.id, two.event.id);
}

TEST_F(IngestTest, TimesThatInstagramDidNotGiveAreAbsent) {
  const v1::Event event = WebhookFixture::EventOf(
      MakeOne(Messaging({R"({"sender":{"id":"1"},"message":{"mid":"m"}})"})));
  EXPECT_FALSE(event.has_event_time());
  EXPECT_TRUE(event.has_receive_time());
}

TEST_F(IngestTest, EveryRawItemIsSealed) {
  const WebhookRecord record = Make(Messaging({TextItem("m", "confidential")}));
  const WebhookItem& item = record.items.at(0);
  EXPECT_FALSE(item.sealed_raw.empty());
  EXPECT_EQ(item.sealed_raw.find("confidential"), std::string::npos);
  EXPECT_EQ(item.event.sealed.find("confidential"), std::string::npos);
  EXPECT_EQ(record.new_keys.size(), 1U);
}

}  // namespace
}  // namespace linktor
