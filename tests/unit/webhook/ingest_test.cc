#include "server/webhook/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <google/protobuf/util/time_util.h>

#include <set>

#include "server/state/event_encoding.h"
#include "server/state/identity.h"
#include "tests/support/proto_matchers.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/webhook/bodies.h"
#include "tests/unit/webhook/webhook_fixture.h"

namespace linktor::webhook {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kSecret[] = "first-app-secret";
constexpr char kOtherSecret[] = "other-app-secret";
constexpr char kPage[] = "100200300400500";

class IngestTest : public testing::Test {
 protected:
  IngestTest() {
    fixture_.Put({.page_id = kPage});
    fixture_.Put({.id = "ch_2",
                  .no = 2,
                  .account_id = "17841400000000002",
                  .app_secrets = {kSecret, kOtherSecret}});
    fixture_.Put({.id = "ch_3",
                  .no = 3,
                  .account_id = "17841400000000003",
                  .app_secrets = {kOtherSecret}});
  }

  // Returns what becomes of `text`, posted to ch_1 and signed with its secret.
  Delivery Make(const std::string& text, const std::string& secret = kSecret,
                const std::string& path = "ch_1") {
    const PaddedBody body(text);
    auto delivery = fixture_.ingest.MakeRecord(
        fixture_.Find(path), fixture_.Fingerprint(secret), body.view());
    EXPECT_THAT(delivery, IsOk());
    return *std::move(delivery);
  }
  MadeItem MakeOne(const std::string& text) {
    const Delivery delivery = Make(text);
    EXPECT_EQ(WebhookOf(delivery).items_size(), 1);
    EXPECT_EQ(delivery.appended.clear.size(), 1U);
    return {.item = WebhookOf(delivery).items(0),
            .clear = delivery.appended.clear.at(0)};
  }
  static const journal::Webhook& WebhookOf(const Delivery& delivery) {
    return delivery.appended.record.webhook();
  }

  WebhookFixture fixture_;
};

TEST_F(IngestTest, MessageBecomesAnEvent) {
  const Delivery delivery = Make(Messaging({TextItem("m1", "hi")}));
  EXPECT_EQ(delivery.appended.record.time_ms(), 1'700'000'060'000);
  const journal::Webhook& webhook = WebhookOf(delivery);
  EXPECT_EQ(webhook.channel_no(), 1);
  EXPECT_EQ(webhook.delivery_id().size(), 16U);
  const journal::WebhookItem& item = webhook.items(0);
  EXPECT_EQ(item.fate(), journal::ITEM_FATE_EVENT);
  EXPECT_EQ(item.kind(), journal::ITEM_KIND_MESSAGE);
  EXPECT_EQ(item.mid(), "m1");
  EXPECT_TRUE(item.opens_window());
  EXPECT_EQ(item.event().event_ms(), 1'700'000'000'000);
  EXPECT_EQ(item.entry_id(), kAccount);
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
  want.set_id(FormatId(kEventPrefix, item.event().id()));
  want.set_delivery_id(FormatId(kDeliveryPrefix, webhook.delivery_id()));
  want.mutable_message_received()->set_id(
      FormatId(kMessagePrefix, item.mid_key()));
  EXPECT_THAT(fixture_.EventOf({item, delivery.appended.clear.at(0)}),
              EqualsProto(want));
}

TEST_F(IngestTest, EchoBecomesAnEventWithItsContentMatch) {
  const MadeItem made = MakeOne(Messaging({absl::StrCat(
      R"({"sender":{"id":")", kAccount, R"("},"recipient":{"id":")", kCustomer,
      R"("},"timestamp":1700000000000,"message":{"mid":"m1","text":"hi",)",
      R"("is_echo":true}})")}));
  EXPECT_EQ(made.item.kind(), journal::ITEM_KIND_ECHO);
  EXPECT_FALSE(made.item.opens_window());
  EXPECT_EQ(made.item.content_match().size(), 16U);
  const v1::Event event = fixture_.EventOf(made);
  EXPECT_EQ(event.type(), "message.echoed");
  EXPECT_EQ(event.user_id(), kCustomer);
  EXPECT_EQ(event.message_echoed().origin(), v1::MESSAGE_ORIGIN_ELSEWHERE);
  EXPECT_EQ(event.message_echoed().echo_time().seconds(), 1'700'000'000);
}

// Returns the event without what nobody can know before.
v1::Event Bare(v1::Event event) {
  event.clear_id();
  event.clear_delivery_id();
  event.clear_receive_time();
  return event;
}

struct TypeCase {
  const char* rest;
  const char* type;
  journal::ItemKind kind;
  bool opens_window;
};

TEST_F(IngestTest, EveryTypeHasItsNameKindAndWindow) {
  const TypeCase cases[] = {
      {R"("message":{"mid":"m","text":"t"})", "message.received",
       journal::ITEM_KIND_MESSAGE, true},
      {R"("message":{"mid":"m","text":"t","quick_reply":{"payload":"p"}})",
       "instagram.quick_reply", journal::ITEM_KIND_MESSAGE, true},
      {R"("message":{"mid":"m","reply_to":{"story":{"id":"1"}}})",
       "instagram.story_reply", journal::ITEM_KIND_MESSAGE, true},
      {R"("message":{"mid":"m","attachments":[{"type":"story_mention"}]})",
       "instagram.story_mention", journal::ITEM_KIND_MESSAGE, true},
      {R"("message":{"mid":"m","referral":{"product":{"id":"1"}}})",
       "message.received", journal::ITEM_KIND_MESSAGE, true},
      {R"("postback":{"mid":"m","title":"t","payload":"p"})",
       "instagram.postback", journal::ITEM_KIND_POSTBACK, true},
      {R"("reaction":{"mid":"m","action":"react","reaction":"love"})",
       "instagram.reaction", journal::ITEM_KIND_OTHER, false},
      {R"("referral":{"ref":"r"})", "instagram.referral",
       journal::ITEM_KIND_OTHER, false},
      {R"("read":{"mid":"m"})", "message.read", journal::ITEM_KIND_OTHER,
       false},
      {R"("message_edit":{"mid":"m","text":"t","num_edit":1})",
       "message.edited", journal::ITEM_KIND_EDIT, false},
      {R"("message":{"mid":"m","is_deleted":true})", "message.unsent",
       journal::ITEM_KIND_UNSEND, false},
      {R"("optin":{"type":"notification_messages"})", "instagram.optin",
       journal::ITEM_KIND_OTHER, false},
      {R"("pass_thread_control":{"new_owner_app_id":1})", "instagram.handover",
       journal::ITEM_KIND_OTHER, false},
      {R"("app_roles":{"1":["primary_receiver"]})", "instagram.handover",
       journal::ITEM_KIND_OTHER, false},
      {R"("response_feedback":{"mid":"m","feedback":"Good response"})",
       "instagram.feedback", journal::ITEM_KIND_OTHER, false},
      {R"("policy-enforcement":{"action":"block"})",
       "instagram.policy_enforcement", journal::ITEM_KIND_OTHER, false},
      {R"("delivery":{"mids":["m"]})", "instagram.unknown",
       journal::ITEM_KIND_OTHER, false},
      {R"("is_self":true,"postback":{"mid":"m","payload":"p"})",
       "instagram.postback", journal::ITEM_KIND_POSTBACK, false},
  };
  for (const TypeCase& c : cases) {
    const MadeItem made = MakeOne(Messaging({Inbound(c.rest)}));
    EXPECT_EQ(made.item.event().type(), c.type) << c.rest;
    EXPECT_EQ(made.item.kind(), c.kind) << c.rest;
    EXPECT_EQ(made.item.opens_window(), c.opens_window) << c.rest;
    EXPECT_EQ(made.item.mid_key().empty(), c.kind == journal::ITEM_KIND_OTHER)
        << c.rest;
    EXPECT_EQ(fixture_.EventOf(made).type(), c.type) << c.rest;
  }
}

// Returns an item from the account to `recipient`.
std::string ByAccount(const std::string& rest,
                      const std::string& recipient = kCustomer) {
  return absl::StrCat(R"({"sender":{"id":")", kAccount,
                      R"("},"recipient":{"id":")", recipient,
                      R"("},"timestamp":1700000000000,)", rest, "}");
}

TEST_F(IngestTest, WhatTheAccountWroteIsAnEchoWithoutItsFlag) {
  const MadeItem made = MakeOne(Messaging(
      {ByAccount(R"("message":{"mid":"m1","text":"from the phone"})")}));
  EXPECT_EQ(made.item.kind(), journal::ITEM_KIND_ECHO);
  EXPECT_FALSE(made.item.opens_window());
  EXPECT_FALSE(made.item.content_match().empty());
  const v1::Event event = fixture_.EventOf(made);
  EXPECT_EQ(event.type(), "message.echoed");
  EXPECT_EQ(event.user_id(), kCustomer);
  const v1::Message& message = event.message_echoed();
  EXPECT_EQ(message.direction(), v1::MESSAGE_DIRECTION_OUTBOUND);
  EXPECT_EQ(message.origin(), v1::MESSAGE_ORIGIN_ELSEWHERE);
  EXPECT_FALSE(event.self());
}

// With Facebook Login an entry may be for the page, and its sender the account.
TEST_F(IngestTest, TheAccountIsKnownByEitherOfItsIds) {
  const std::string text = R"("message":{"mid":"m1","text":"hello"})";
  const MadeItem echo = MakeOne(Messaging({ByAccount(text)}, kPage));
  EXPECT_EQ(fixture_.EventOf(echo).type(), "message.echoed");
  EXPECT_EQ(fixture_.EventOf(echo).user_id(), kCustomer);
  EXPECT_FALSE(echo.item.opens_window());
  const MadeItem self = MakeOne(Messaging({ByAccount(text, kPage)}, kPage));
  EXPECT_TRUE(fixture_.EventOf(self).self());
  EXPECT_EQ(fixture_.EventOf(self).user_id(), "");
}

TEST_F(IngestTest, WhatElseTheAccountDoesKeepsItsKindAndOpensNothing) {
  const MadeItem reaction = MakeOne(Messaging({ByAccount(
      R"("reaction":{"mid":"m1","action":"react","reaction":"love"})")}));
  EXPECT_EQ(fixture_.EventOf(reaction).type(), "instagram.reaction");
  EXPECT_EQ(fixture_.EventOf(reaction).user_id(), kCustomer);
  EXPECT_EQ(fixture_.EventOf(reaction).reaction().direction(),
            v1::MESSAGE_DIRECTION_OUTBOUND);
  EXPECT_FALSE(reaction.item.opens_window());
  const MadeItem postback = MakeOne(Messaging(
      {ByAccount(R"("postback":{"mid":"m2","title":"t","payload":"p"})")}));
  EXPECT_EQ(fixture_.EventOf(postback).postback().direction(),
            v1::MESSAGE_DIRECTION_OUTBOUND);
  EXPECT_FALSE(postback.item.opens_window());
}

TEST_F(IngestTest, ReactionsOfBothSidesAreTwo) {
  constexpr char kReaction[] =
      R"("reaction":{"mid":"m1","action":"react","reaction":"love"})";
  const MadeItem theirs = MakeOne(Messaging({Inbound(kReaction)}));
  const MadeItem ours = MakeOne(Messaging({ByAccount(kReaction)}));
  EXPECT_EQ(fixture_.EventOf(theirs).reaction().direction(),
            v1::MESSAGE_DIRECTION_INBOUND);
  EXPECT_NE(theirs.item.dedupe_key(), ours.item.dedupe_key());
}

TEST_F(IngestTest, WhatTheAccountSendsToItselfSaysSo) {
  const MadeItem echo = MakeOne(Messaging({ByAccount(
      R"("message":{"mid":"m1","text":"t","is_echo":true,"is_self":true})",
      kAccount)}));
  EXPECT_EQ(fixture_.EventOf(echo).type(), "message.echoed");
  EXPECT_TRUE(fixture_.EventOf(echo).self());
  EXPECT_EQ(fixture_.EventOf(echo).user_id(), "");
  const MadeItem tap = MakeOne(Messaging(
      {Inbound(R"("is_self":true,"postback":{"mid":"m2","payload":"p"})")}));
  EXPECT_TRUE(fixture_.EventOf(tap).self());
  EXPECT_FALSE(tap.item.opens_window());
}

TEST_F(IngestTest, MessengersItemsReachNoStream) {
  const Delivery delivery =
      Make(R"({"object":"page","entry":[{"id":"100200300400500",)"
           R"("messaging":[{"sender":{"id":"1"},"message":{"mid":"m"}}]}]})");
  ASSERT_EQ(WebhookOf(delivery).items_size(), 1);
  const journal::WebhookItem& item = WebhookOf(delivery).items(0);
  EXPECT_EQ(item.fate(), journal::ITEM_FATE_ISSUE);
  EXPECT_THAT(item.issue(), HasSubstr("Messenger"));
  EXPECT_FALSE(item.opens_window());
  EXPECT_FALSE(item.sealed_raw().empty());
}

TEST_F(IngestTest, SpecialMessagesCarryTheMessageAsAWhole) {
  const MadeItem made = MakeOne(Messaging({Inbound(
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
      FormatId(kMessagePrefix, made.item.mid_key()));
  EXPECT_THAT(Bare(fixture_.EventOf(made)), EqualsProto(want));
}

TEST_F(IngestTest, ReactionNamesTheMessageItIsTo) {
  const MadeItem message = MakeOne(Messaging({TextItem("m1")}));
  const MadeItem reaction = MakeOne(Messaging({Inbound(
      R"("reaction":{"mid":"m1","action":"react","reaction":"love"})")}));
  EXPECT_EQ(reaction.item.target_mid_key(), message.item.mid_key());
  EXPECT_EQ(fixture_.EventOf(reaction).reaction().message_id(),
            fixture_.EventOf(message).message_received().id());
}

TEST_F(IngestTest, WhatIsAboutAMessageNamesIt) {
  const MadeItem message = MakeOne(Messaging({TextItem("m1")}));
  const std::string id = fixture_.EventOf(message).message_received().id();
  const MadeItem read = MakeOne(Messaging({R"({"read":{"mid":"m1"}})"}));
  EXPECT_EQ(read.item.target_mid_key(), message.item.mid_key());
  EXPECT_EQ(fixture_.EventOf(read).message_read().message_id(), id);
  EXPECT_EQ(fixture_.EventOf(read).user_id(), "");
  const MadeItem edit = MakeOne(Messaging(
      {Inbound(R"("message_edit":{"mid":"m1","text":"t","num_edit":2})")}));
  EXPECT_EQ(edit.item.target_mid_key(), message.item.mid_key());
  EXPECT_EQ(fixture_.EventOf(edit).message_edited().message_id(), id);
  const MadeItem feedback = MakeOne(Messaging({Inbound(
      R"("response_feedback":{"mid":"m1","feedback":"Bad response"})")}));
  EXPECT_EQ(feedback.item.target_mid_key(), message.item.mid_key());
  EXPECT_EQ(fixture_.EventOf(feedback).feedback().message_id(), id);
}

// The id decides, whatever else the comment says and however it comes.
TEST_F(IngestTest, CommentsAreKnownByTheirIds) {
  const MadeItem first = MakeOne(
      Change("comments", R"({"id":"9","text":"one","from":{"id":"61"}})"));
  const MadeItem again = MakeOne(Envelope(
      {Entry(R"("field":"comments","value":{"comment_id":9,"text":"two"})")}));
  EXPECT_EQ(first.item.event().id(), again.item.event().id());
  EXPECT_EQ(first.item.event().user_id(), "61");
  EXPECT_FALSE(first.item.opens_window());
  EXPECT_FALSE(fixture_.EventOf(first).has_event_time());
  for (const std::string& other :
       {Change("comments", R"({"id":"8","text":"one","from":{"id":"61"}})"),
        Change("live_comments", R"({"id":"9","text":"one"})")}) {
    EXPECT_NE(MakeOne(other).item.event().id(), first.item.event().id());
  }
}

// It need not say who, nor what it is now.
TEST_F(IngestTest, EditsAreKnownByMessageAndNumber) {
  const auto id = [this](const std::string& item) {
    return MakeOne(Messaging({item})).item.event().id();
  };
  const std::string first =
      id(Inbound(R"("message_edit":{"mid":"m1","text":"t","num_edit":1})"));
  EXPECT_EQ(id(R"({"timestamp":1700000000000,)"
               R"("message_edit":{"mid":"m1","num_edit":"1"}})"),
            first);
  EXPECT_NE(id(Inbound(R"("message_edit":{"mid":"m1","num_edit":2})")), first);
  EXPECT_NE(id(Inbound(R"("message_edit":{"mid":"m11","num_edit":1})")), first);
}

TEST_F(IngestTest, ReadsAreKnownByMessageAndReader) {
  const auto id = [this](const std::string& item) {
    return MakeOne(Messaging({item})).item.event().id();
  };
  const std::string first = id(Inbound(R"("read":{"mid":"m1"})"));
  EXPECT_EQ(id(Inbound(R"("read":{"new":1,"mid":"m1"})")), first);
  EXPECT_NE(id(Inbound(R"("read":{"mid":"m2"})")), first);
  EXPECT_NE(id(ByAccount(R"("read":{"mid":"m1"})")), first);
}

// It does not matter what else an item says, and in what order.
TEST_F(IngestTest, ReactionsAreKnownByWhatTheySay) {
  const MadeItem first = MakeOne(Messaging({Inbound(
      R"("reaction":{"mid":"m","action":"react","reaction":"love"})")}));
  const MadeItem again = MakeOne(Messaging({Inbound(
      R"("reaction":{"reaction":"love","new":1,"action":"react","mid":"m"})")}));
  const MadeItem other = MakeOne(
      Messaging({Inbound(R"("reaction":{"mid":"m","action":"unreact"})")}));
  EXPECT_EQ(first.item.dedupe_key(), again.item.dedupe_key());
  EXPECT_NE(first.item.dedupe_key(), other.item.dedupe_key());
}

TEST_F(IngestTest, PostbackOfAnIceBreakerSaysSo) {
  fixture_.Put({.id = "ch_5",
                .no = 5,
                .account_id = "17841400000000005",
                .ice_breakers = {{"When are you open?", "HOURS"}}});
  const auto postback = [&](const std::string& title,
                            const std::string& payload) {
    return fixture_
        .EventOf(MakeOne(Messaging(
            {Inbound(absl::StrCat(R"("postback":{"title":")", title,
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
  EXPECT_EQ(fixture_.EventOf(MakeOne(Messaging({TextItem("m")}))).username(),
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
  const std::string other = Inbound(R"("delivery":{"mids":["m"]})");
  const MadeItem made = MakeOne(Messaging({other}));
  EXPECT_EQ(made.item.kind(), journal::ITEM_KIND_OTHER);
  EXPECT_TRUE(made.item.mid_key().empty());
  const v1::Event event = fixture_.EventOf(made);
  EXPECT_EQ(event.type(), "instagram.unknown");
  EXPECT_EQ(event.unknown().kind(), "delivery");
  EXPECT_EQ(event.raw_json(), other);
}

TEST_F(IngestTest, LargeUnknownCarriesItsSizeOnly) {
  const std::string large =
      Inbound(R"("read":")" + std::string(state::kMaxRawJson, 'x') + "\"");
  const v1::Event event = fixture_.EventOf(MakeOne(Messaging({large})));
  EXPECT_TRUE(event.raw_json().empty());
  EXPECT_EQ(event.raw_size(), static_cast<std::int64_t>(large.size()));
}

// It becomes this event when no message with its mid comes.
TEST_F(IngestTest, EditZeroWaitsAsAnUnknownItemWithItsMid) {
  const MadeItem made =
      MakeOne(Messaging({R"({"message_edit":{"mid":"m","num_edit":0}})"}));
  EXPECT_EQ(made.item.fate(), journal::ITEM_FATE_WAITS);
  EXPECT_EQ(made.clear, nullptr) << "there is no event yet";
  EXPECT_EQ(made.item.kind(), journal::ITEM_KIND_EDIT);
  EXPECT_FALSE(made.item.mid_key().empty());
  EXPECT_FALSE(made.item.dedupe_key().empty());
  EXPECT_FALSE(made.item.opens_window());
  const v1::Event event = fixture_.SealedEventOf(made);
  EXPECT_EQ(event.type(), "instagram.unknown");
  EXPECT_EQ(event.unknown().kind(), "message_edit");
  EXPECT_EQ(event.unknown().mid(), "m");
  EXPECT_THAT(event.unknown().problem(), HasSubstr("has not come"));
  EXPECT_THAT(event.raw_json(), HasSubstr("message_edit"));
}

// Its edit must not be taken for one whose message has not come.
TEST_F(IngestTest, AMessageThatIsNotUnderstoodNamesItsMid) {
  const MadeItem made =
      MakeOne(Messaging({Inbound(R"("message":{"mid":"m","text":17})")}));
  EXPECT_EQ(made.item.event().type(), "instagram.unknown");
  EXPECT_EQ(made.item.kind(), journal::ITEM_KIND_OTHER);
  EXPECT_EQ(made.item.mid_key(), state::MidKey(1, "m"));
  EXPECT_FALSE(made.item.dedupe_key().empty()) << "its content identifies it";
  EXPECT_TRUE(MakeOne(Messaging({Inbound(R"("read":{"mid":17})")}))
                  .item.mid_key()
                  .empty());
}

TEST_F(IngestTest, EditZeroThatNobodyWouldGetIsIgnored) {
  for (const char* account : {"0", "17841400000000003"}) {
    const MadeItem made = MakeOne(
        Messaging({R"({"message_edit":{"mid":"m","num_edit":0}})"}, account));
    EXPECT_EQ(made.item.fate(), journal::ITEM_FATE_IGNORED) << account;
    EXPECT_TRUE(made.item.sealed_raw().empty());
  }
}

TEST_F(IngestTest, OwnerByPageId) {
  const MadeItem made = MakeOne(Messaging({TextItem("m")}, "100200300400500"));
  EXPECT_EQ(made.item.fate(), journal::ITEM_FATE_EVENT);
  EXPECT_EQ(made.item.event().channel_id(), "ch_1");
}

TEST_F(IngestTest, OneBodyForTwoChannels) {
  const Delivery delivery = Make(Envelope(
      {Entry("\"messaging\":[" + TextItem("a") + "]"),
       Entry("\"messaging\":[" + TextItem("b") + "]", "17841400000000002")}));
  const journal::Webhook& webhook = WebhookOf(delivery);
  ASSERT_EQ(webhook.items_size(), 2);
  EXPECT_EQ(webhook.items(0).event().channel_id(), "ch_1");
  EXPECT_EQ(webhook.items(1).event().channel_id(), "ch_2");
  EXPECT_EQ(webhook.items(1).raw_channel_no(), 2);
}

// Otherwise who knows one app's secret could speak for another's accounts.
TEST_F(IngestTest, AnotherAppsAccountIsAnIssue) {
  const MadeItem made =
      MakeOne(Messaging({TextItem("m")}, "17841400000000003"));
  EXPECT_EQ(made.item.fate(), journal::ITEM_FATE_ISSUE);
  EXPECT_THAT(made.item.issue(), HasSubstr("17841400000000003"));
  EXPECT_EQ(made.clear, nullptr);
  EXPECT_FALSE(made.item.has_event());
  EXPECT_EQ(made.item.raw_channel_no(), 1);
  EXPECT_FALSE(made.item.sealed_raw().empty());
  EXPECT_EQ(made.item.secret(), fixture_.Fingerprint(kSecret))
      << "it says who may have the item later";
}

TEST_F(IngestTest, ThePathOnlyChoosesTheSecrets) {
  const Delivery delivery = Make(
      Messaging({TextItem("m")}, "17841400000000003"), kOtherSecret, "ch_2");
  EXPECT_EQ(WebhookOf(delivery).channel_no(), 2);
  EXPECT_EQ(WebhookOf(delivery).items(0).event().channel_id(), "ch_3");
}

TEST_F(IngestTest, NobodysAccountsAreIssues) {
  for (const char* id : {"", "17841400000000099", "ch_1", "null"}) {
    EXPECT_EQ(MakeOne(Messaging({TextItem("m")}, id)).item.fate(),
              journal::ITEM_FATE_ISSUE)
        << id;
  }
}

// A channel whose page is not known must not own what names no account.
TEST_F(IngestTest, EmptyIdsAreNobodys) {
  fixture_.Put({.id = "ch_4", .no = 4, .account_id = ""});
  EXPECT_EQ(MakeOne(Messaging({TextItem("m")}, "")).item.fate(),
            journal::ITEM_FATE_ISSUE);
}

TEST_F(IngestTest, DashboardTestsAreThePathsChannels) {
  const MadeItem made = MakeOne(Messaging({TextItem("random_mid")}, "0"));
  const v1::Event event = fixture_.EventOf(made);
  EXPECT_EQ(event.channel_id(), "ch_1");
  EXPECT_TRUE(event.test());
  EXPECT_FALSE(made.item.opens_window());
}

TEST_F(IngestTest, StandbyIsMarkedAndOpensTheWindow) {
  const MadeItem made =
      MakeOne(Envelope({Entry("\"standby\":[" + TextItem("m") + "]")}));
  EXPECT_TRUE(fixture_.EventOf(made).standby());
  EXPECT_TRUE(made.item.opens_window());
}

// ---- Identity --------------------------------------------------------------

TEST_F(IngestTest, SameMidIsTheSameEventInEveryForm) {
  const std::string item = TextItem("m1");
  const MadeItem first = MakeOne(Messaging({item}));
  fixture_.clock.Advance(absl::Hours(1));
  for (const std::string& members :
       {"\"standby\":[" + item + "]",
        R"("changes":[{"field":"messages","value":)" + item + "}]",
        R"("field":"messages","value":)" + item}) {
    const MadeItem again = MakeOne(Envelope({Entry(members)}));
    EXPECT_EQ(again.item.mid_key(), first.item.mid_key()) << members;
    EXPECT_EQ(again.item.event().id(), first.item.event().id()) << members;
  }
}

TEST_F(IngestTest, WithoutMidTheContentIsTheIdentity) {
  const std::string read = Inbound(R"("read":{"mid":"m"})");
  const MadeItem first = MakeOne(Messaging({read}));
  fixture_.clock.Advance(absl::Hours(1));
  const MadeItem again =
      MakeOne(Envelope({Entry("\"standby\":[" + read + "]")}));
  EXPECT_EQ(first.item.dedupe_key().size(), 24U);
  EXPECT_EQ(again.item.dedupe_key(), first.item.dedupe_key());
  EXPECT_EQ(again.item.event().id(), first.item.event().id());
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
  for (const std::string& body : bodies)
    ids.insert(MakeOne(body).item.event().id());
  EXPECT_EQ(ids.size(), bodies.size());
}

// An item that cannot be read must not shadow one that can, nor another of
// the same mid.
TEST_F(IngestTest, UnreadableMessagesAreKnownByTheirContent) {
  const MadeItem one = MakeOne(
      Messaging({Inbound(R"("message":{"mid":"m1","attachments":[7]})")}));
  const MadeItem two = MakeOne(
      Messaging({Inbound(R"("message":{"mid":"m1","attachments":[8]})")}));
  EXPECT_FALSE(one.item.dedupe_key().empty());
  EXPECT_NE(one.item.event().id(), two.item.event().id());
}

TEST_F(IngestTest, TimesThatInstagramDidNotGiveAreAbsent) {
  const v1::Event event = fixture_.EventOf(
      MakeOne(Messaging({R"({"sender":{"id":"1"},"message":{"mid":"m"}})"})));
  EXPECT_FALSE(event.has_event_time());
  EXPECT_TRUE(event.has_receive_time());
}

// ---- The record -------------------------------------------------------------

// The ring finds an event in the clear by the number of its item.
TEST_F(IngestTest, ClearEventsAreInTheOrderOfTheItems) {
  const Delivery delivery = Make(
      Messaging({R"({"message_edit":{"mid":"m","num_edit":0}})", TextItem("m1"),
                 Inbound(R"("read":{"mid":"m"})"), TextItem("m2")}));
  const journal::Webhook& webhook = WebhookOf(delivery);
  const state::ClearEvents& clear = delivery.appended.clear;
  ASSERT_EQ(webhook.items_size(), 4);
  ASSERT_EQ(clear.size(), 4U);
  EXPECT_EQ(clear[0], nullptr);
  for (int i = 1; i < 4; ++i) {
    const v1::Event event = fixture_.EventOf(
        {webhook.items(i), clear[static_cast<std::size_t>(i)]});
    EXPECT_EQ(event.id(),
              FormatId(kEventPrefix, webhook.items(i).event().id()));
  }
}

TEST_F(IngestTest, EveryRawItemIsSealed) {
  const Delivery delivery =
      Make(Messaging({TextItem("m1"), Inbound(R"("read":{"mid":"m"})"),
                      R"({"message_edit":{"mid":"m","num_edit":0}})"}));
  const journal::Webhook& webhook = WebhookOf(delivery);
  EXPECT_EQ(fixture_.RawOf(webhook, 0), TextItem("m1"));
  EXPECT_EQ(fixture_.RawOf(webhook, 1), Inbound(R"("read":{"mid":"m"})"));
  EXPECT_EQ(fixture_.RawOf(webhook, 2),
            R"({"message_edit":{"mid":"m","num_edit":0}})");
  EXPECT_EQ(delivery.new_keys.size(), 2U)
      << "of the customer, and of the channel for an item without one";
}

// A record may lie on any disk and cross any network.
TEST_F(IngestTest, TheRecordHoldsNothingThatPeopleWrote) {
  const std::vector<std::string> canaries = {
      "canary-text",      "canary-payload", "canary-title", "canary-url",
      "canary-reply",     "canary-emoji",   "canary-kind",  "canary-echo",
      "canary-username",  "canary-problem", "canary-issue", "canary-ignored",
      "canary-malformed", "canary-entry"};
  fixture_.names.known_user = kCustomer;
  fixture_.names.name = "canary-username";
  const std::string items = Messaging(
      {Inbound(
           R"("message":{"mid":"m1","text":"canary-text","attachments":[)"
           R"({"type":"image","payload":{"url":"https://canary-url/a"}}]})"),
       Inbound(R"("message":{"mid":"m2","text":"t","quick_reply":)"
               R"({"payload":"canary-payload"}})"),
       Inbound(R"("postback":{"mid":"m3","title":"canary-title",)"
               R"("payload":"canary-payload"})"),
       Inbound(R"("message":{"mid":"m4","text":"canary-reply","reply_to":)"
               R"({"story":{"id":"1","url":"https://canary-url/b"}}})"),
       Inbound(R"("reaction":{"mid":"m1","action":"react",)"
               R"("reaction":"other","emoji":"canary-emoji"})"),
       Inbound(R"("canary-kind":{"note":"canary-text"})"),
       Inbound(R"("message":{"mid":"m5","attachments":["canary-problem"]})"),
       absl::StrCat(R"({"sender":{"id":")", kAccount,
                    R"("},"recipient":{"id":")", kCustomer,
                    R"("},"message":{"mid":"m6","text":"canary-echo",)"
                    R"("is_echo":true}})"),
       R"({"message_edit":{"mid":"m1","num_edit":0,"text":"canary-ignored"}})"});
  const std::string bodies[] = {
      items, Messaging({TextItem("m7", "canary-issue")}, "17841400000000099"),
      "canary-malformed", R"({"object":"page","entry":["canary-entry"]})"};
  std::string posted;
  for (const std::string& body : bodies) {
    posted += body;
    const Delivery delivery = Make(body);
    std::string stored = delivery.appended.record.SerializeAsString();
    for (const journal::DataKey& key : delivery.new_keys) {
      stored += key.SerializeAsString();
    }
    for (const std::string& canary : canaries) {
      EXPECT_THAT(stored, Not(HasSubstr(canary)));
    }
    for (const auto& event : delivery.appended.clear) {
      if (event != nullptr) posted += *event;
    }
  }
  // Each was there to be found.
  for (const std::string& canary : canaries) {
    EXPECT_THAT(posted, HasSubstr(canary));
  }
}

}  // namespace
}  // namespace linktor::webhook
