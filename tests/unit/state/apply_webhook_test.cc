// Apply and webhooks: this tests dedupe, fates, the messaging window.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/support/whole_conversations.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class ApplyWebhookTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    rig_.Create(kCafe);
  }
  // The last activity of user 501 on kShop.
  std::vector<std::string> Activity() {
    return rig_.Rows(
        absl::StrCat("SELECT last_inbound_ms FROM ", kWholeConversations,
                     " WHERE channel_no = 101 AND user_id = '501' AND "
                     "last_inbound_ms IS NOT NULL"));
  }

  StoreRig rig_;
};

TEST_F(ApplyWebhookTest, CountsAddUp) {
  const DeliveryAnswer outcome =
      rig_.Deliver({{.mid = "m1"},
                    {.mid = "m1"},
                    {.kind = TestItem::kIgnored},
                    {.kind = TestItem::kIssue, .text = "is not JSON"},
                    {.kind = TestItem::kOther, .text = "optin"},
                    {.kind = TestItem::kIssue, .text = "second issue"}});
  EXPECT_EQ(outcome.events, 2);
  EXPECT_EQ(outcome.duplicates, 1);
  EXPECT_EQ(outcome.ignored, 1);
  EXPECT_EQ(outcome.issues, 2);
  EXPECT_FALSE(outcome.quarantined);
  EXPECT_THAT(
      rig_.Rows("SELECT events || ' ' || duplicates || ' ' || ignored || ' ' "
                "|| issues || ' ' || issue || ' ' || quarantined "
                "FROM deliveries"),
      ElementsAre("2 1 1 2 is not JSON 0"));
  // Two events and two issues are new.
  EXPECT_THAT(rig_.Rows("SELECT item FROM raw_items ORDER BY item"),
              ElementsAre("0", "3", "4", "5"));
}

// One issue may stand for many items, such as all of a body's that is not JSON.
TEST_F(ApplyWebhookTest, IssueCountsWhatItStandsFor) {
  SealedRecord made = MakeDelivery(
      rig_.sealer(), kNowMs,
      {{.kind = TestItem::kIssue, .text = "too many"}, {.mid = "m1"}});
  made.record.mutable_webhook()->mutable_items(0)->set_count(7);
  const auto answer = rig_.Append<DeliveryAnswer>(std::move(made));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->issues, 7);
  EXPECT_EQ(answer->events, 1);
}

TEST_F(ApplyWebhookTest, EmptyDeliveryIsKept) {
  rig_.Deliver({});
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM deliveries"), 1);
  EXPECT_THAT(rig_.ReadEvents(), SizeIs(0));
}

// Messaging and standby copies, redeliveries with another timestamp: the mid
// decides.
TEST_F(ApplyWebhookTest, MidDecidesWhateverElseDiffers) {
  EXPECT_EQ(rig_.Deliver({{.mid = "m1", .text = "a"}}).events, 1);
  const ItemSpec copy{.mid = "m1", .text = "b", .event_ms = kNowMs + 7};
  EXPECT_EQ(rig_.Deliver({copy}, kNowMs + kHourMs).duplicates, 1);
  rig_.Reopen();
  EXPECT_EQ(rig_.Deliver({copy}, kNowMs + kDayMs).duplicates, 1);
  EXPECT_THAT(rig_.ReadEvents(), SizeIs(1));
}

TEST_F(ApplyWebhookTest, KindAndChannelTellMidsApart) {
  EXPECT_EQ(rig_.Deliver({{.mid = "m1"}}).events, 1);
  EXPECT_EQ(rig_.Deliver({{.kind = TestItem::kEcho, .mid = "m1"}}).events, 1);
  EXPECT_EQ(rig_.Deliver({{.channel = kCafe, .mid = "m1"}}).events, 1);
}

TEST_F(ApplyWebhookTest, PostbackIsKnownByItsMid) {
  const ItemSpec tap{.kind = TestItem::kPostback, .mid = "p1", .text = "BUY"};
  EXPECT_EQ(rig_.Deliver({tap}).events, 1);
  const ItemSpec copy{.kind = TestItem::kPostback,
                      .mid = "p1",
                      .text = "other",
                      .event_ms = kNowMs + 7};
  EXPECT_EQ(rig_.Deliver({copy}, kNowMs + kHourMs).duplicates, 1);
  rig_.Reopen();
  EXPECT_EQ(rig_.Deliver({tap}, kNowMs + kDayMs).duplicates, 1);
  EXPECT_THAT(Summary(rig_.ReadEvents()),
              ElementsAre("instagram.postback 501"));
}

TEST_F(ApplyWebhookTest, PostbackAndMessageOfOneMidAreTwo) {
  const ItemSpec tap{.kind = TestItem::kPostback, .mid = "m1", .text = "BUY"};
  EXPECT_EQ(rig_.Deliver({tap, {.mid = "m1"}}).events, 2);
  EXPECT_EQ(rig_.Deliver({tap, {.mid = "m1"}}).duplicates, 2);
}

// Before API version v11.0 a postback has no mid.
TEST_F(ApplyWebhookTest, PostbackWithoutMidIsKnownByTimeAndContent) {
  ItemSpec tap{.kind = TestItem::kPostback, .text = "BUY"};
  EXPECT_EQ(rig_.Deliver({tap, tap}).duplicates, 1);
  tap.event_ms += 1;
  EXPECT_EQ(rig_.Deliver({tap}).events, 1) << "tapped once more";
}

TEST_F(ApplyWebhookTest, PostbackOpensTheWindow) {
  rig_.Deliver({{.kind = TestItem::kPostback, .mid = "p1", .text = "BUY"}});
  EXPECT_THAT(Activity(), ElementsAre(std::to_string(kNowMs)));
}

// ---- Reactions --------------------------------------------------------------

v1::Reaction LastReaction(StoreRig& rig) {
  return MergeEvent(rig.ReadEvents().back()).reaction();
}

TEST_F(ApplyWebhookTest, ReactionToOurSendNamesItByOurId) {
  const MessageRow sent = rig_.Claim({}).message;
  rig_.Settle(sent, {.mid = "m1"});
  rig_.Deliver({{.kind = TestItem::kReaction, .text = "x", .target = "m1"}});
  const v1::Reaction reaction = LastReaction(rig_);
  EXPECT_EQ(reaction.message_id(), FormatId(kMessagePrefix, sent.id));
  EXPECT_EQ(reaction.mid(), "m1");
  EXPECT_EQ(reaction.emoji(), "x") << "the rest is as Instagram sent it";
  const auto live = rig_.batches().back().back();
  EXPECT_EQ(MergeEvent(live).reaction().message_id(), reaction.message_id())
      << "live subscribers are told the same";
}

TEST_F(ApplyWebhookTest, ReactionToASendSettledByItsEchoNamesItToo) {
  const MessageRow sent = rig_.Claim({}).message;
  rig_.Settle(sent, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "m1", .text = "hello"}});
  ASSERT_EQ(rig_.Message(sent.id).mid, "m1");
  rig_.Deliver({{.kind = TestItem::kReaction, .text = "x", .target = "m1"}});
  EXPECT_EQ(LastReaction(rig_).message_id(), FormatId(kMessagePrefix, sent.id));
}

TEST_F(ApplyWebhookTest, ReactionToAnotherMessageStaysAsItCame) {
  const MessageRow sent = rig_.Claim({}).message;
  rig_.Settle(sent, {.mid = "m1"});
  // One was sent elsewhere, one has the same mid on another channel.
  for (const ItemSpec& item :
       {ItemSpec{.kind = TestItem::kReaction, .text = "x", .target = "m2"},
        ItemSpec{.kind = TestItem::kReaction,
        .channel = kCafe,
        .text = "x",
        .target = "m1"}}) {
    rig_.Deliver({item});
    EXPECT_EQ(LastReaction(rig_).message_id(),
              FormatId(kMessagePrefix, MidKeyOf(item.channel, item.target)));
  }
}

TEST_F(ApplyWebhookTest, ReactionsAreKnownByTimeAndContent) {
  ItemSpec love{.kind = TestItem::kReaction, .text = "x", .target = "m1"};
  EXPECT_EQ(rig_.Deliver({love, love}).duplicates, 1);
  ItemSpec other = love;
  other.target = "m2";
  EXPECT_EQ(rig_.Deliver({other}).events, 1);
  // The customer takes the reaction back, and gives it again.
  love.event_ms += 5000;
  EXPECT_EQ(rig_.Deliver({love}).events, 1);
  EXPECT_THAT(Activity(), SizeIs(0)) << "a reaction opens no window";
}

// ---- What decides without a mid ---------------------------------------------

TEST_F(ApplyWebhookTest, WithoutMidTimeAndContentDecide) {
  const ItemSpec item{.kind = TestItem::kOther, .text = "optin"};
  EXPECT_EQ(rig_.Deliver({item, item}).duplicates, 1);
  EXPECT_EQ(rig_.Deliver({item}).duplicates, 1);
  ItemSpec other = item;
  other.text = "referral";
  EXPECT_EQ(rig_.Deliver({other}).events, 1);
  other = item;
  other.event_ms += 1;
  EXPECT_EQ(rig_.Deliver({other}).events, 1);
  other = item;
  other.channel = kCafe;
  EXPECT_EQ(rig_.Deliver({other}).events, 1);
}

TEST_F(ApplyWebhookTest, DuplicateLeavesTheWindowAlone) {
  rig_.Deliver({{.mid = "m1", .event_ms = kNowMs}}, kNowMs);
  rig_.Deliver({{.mid = "m1", .event_ms = kNowMs + 9}}, kNowMs + kHourMs);
  EXPECT_THAT(Activity(), ElementsAre(std::to_string(kNowMs)));
}

TEST_F(ApplyWebhookTest, LateAndFutureStampsAreHarmless) {
  rig_.Deliver({{.mid = "m1", .event_ms = kNowMs + kDayMs}}, kNowMs);
  EXPECT_THAT(Activity(), ElementsAre(std::to_string(kNowMs)));
  rig_.Deliver({{.mid = "m2", .event_ms = kNowMs - kDayMs}}, kNowMs + 5);
  EXPECT_THAT(Activity(), ElementsAre(std::to_string(kNowMs)));
  rig_.Deliver({{.mid = "m3", .event_ms = kNowMs + 3}}, kNowMs + 5);
  EXPECT_THAT(Activity(), ElementsAre(std::to_string(kNowMs + 3)));
  // Without a time of its own.
  rig_.Deliver({{.mid = "m4", .event_ms = 0}}, kNowMs + 8);
  EXPECT_THAT(Activity(), ElementsAre(std::to_string(kNowMs + 8)));
}

TEST_F(ApplyWebhookTest, OnlyActivityOpensTheWindow) {
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "e1", .text = "hi"},
                {.kind = TestItem::kOther, .text = "reaction"}});
  EXPECT_THAT(Activity(), SizeIs(0));
}

TEST_F(ApplyWebhookTest, DeletedChannelsItemsAreKeptAsIssues) {
  rig_.Delete(kShop.id);
  const DeliveryAnswer outcome =
      rig_.Deliver({{.mid = "m1"}, {.channel = kCafe, .mid = "m1"}});
  EXPECT_EQ(outcome.issues, 1);
  EXPECT_EQ(outcome.events, 1);
  EXPECT_THAT(rig_.Rows("SELECT issue FROM deliveries"),
              ElementsAre("the channel was deleted"));
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"), 2);
  EXPECT_EQ(rig_.ReadEvents().size(), 1);
}

TEST_F(ApplyWebhookTest, CommittedEventIsWhatIsReadBack) {
  rig_.Deliver({{.mid = "m1", .text = "hello"},
                {.kind = TestItem::kEcho, .mid = "e1", .text = "answer"}});
  ASSERT_THAT(rig_.batches(), SizeIs(1));
  const auto live = rig_.batches().front();
  const auto read = rig_.ReadEvents();
  ASSERT_EQ(live.size(), read.size());
  for (std::size_t i = 0; i < live.size(); ++i) {
    EXPECT_EQ(live[i].seq, read[i].seq);
    EXPECT_EQ(live[i].type, read[i].type);
    EXPECT_EQ(*live[i].encoded, *read[i].encoded);
    EXPECT_EQ(live[i].decided, read[i].decided);
  }
}

// This is so when another process appended the record.
TEST_F(ApplyWebhookTest, EventThatIsNotKnownInTheClearIsToldSealed) {
  SealedRecord made =
      MakeDelivery(rig_.sealer(), kNowMs, {{.mid = "m1", .text = "hello"}});
  made.clear.clear();
  ASSERT_TRUE(rig_.Append<DeliveryAnswer>(std::move(made)).ok());
  CommittedEvent live = rig_.batches().front().front();
  EXPECT_EQ(live.encoded, nullptr);
  ASSERT_TRUE(OpenEvent(rig_.sealer(), live).ok());
  EXPECT_EQ(*live.encoded, *rig_.ReadEvents().front().encoded);
}

// Sealed bytes and nothing readable of what was said are in the file.
TEST_F(ApplyWebhookTest, ContentIsNotReadableOnDisk) {
  rig_.Deliver({{.mid = "m1",
                 .text = "my-secret-text",
                 .raw = R"({"text":"my-secret-text"})"}});
  rig_.Claim({.text = "my-secret-text"});
  rig_.Deliver({{.kind = TestItem::kEcho,
                 .mid = "held",
                 .text = "my-secret-text",
                 .raw = "my-secret-text"}});
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM held_echoes"), 1);
  EXPECT_EQ(
      rig_.Number("SELECT (SELECT count(*) FROM events WHERE instr("
                  "sealed_event, 'my-secret') OR instr(decided, 'my-secret')) "
                  "+ (SELECT count(*) FROM raw_items WHERE instr(sealed_raw, "
                  "'my-secret')) + (SELECT count(*) FROM contents WHERE "
                  "instr(sealed, 'my-secret')) + (SELECT count(*) FROM "
                  "held_echoes WHERE instr(sealed_item, 'my-secret'))"),
      0);
}

}  // namespace
}  // namespace linktor::state
