// What erasing a person or a channel changes in the state. That nothing of them
// is left in the files is tested in unit/journal/erase_people_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/state/applier.h"
#include "server/state/event_encoding.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::ElementsAre;

constexpr char kPerson[] = "501";

class ApplyForgetTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    rig_.Create(kCafe);
  }
  EraseAnswer Append(const journal::Record& record) {
    const auto answer = rig_.Append<EraseAnswer>(SealedRecord(record));
    EXPECT_THAT(answer, IsOk());
    return answer.value_or(EraseAnswer());
  }
  EraseAnswer EraseUser(const TestChannel& channel = kShop) {
    return Append(MakeEraseUser(channel, kPerson));
  }
  ChannelAnswer EraseChannel(const TestChannel& channel = kShop) {
    const auto answer = rig_.Append<ChannelAnswer>(
        SealedRecord(MakeDeletion(channel.id, kNowMs, /*erase=*/true)));
    EXPECT_THAT(answer, IsOk());
    return answer.value_or(ChannelAnswer());
  }
  // Appends EraseOn until there is no more to do; returns the last answer.
  EraseAnswer EraseOn() {
    EraseAnswer answer;
    do {
      answer = Append(MakeEraseOn());
    } while (answer.more);
    return answer;
  }
  // More events than one record cleans.
  void DeliverMany(const TestChannel& channel = kShop,
                   int count = kForgetRows + 20) {
    std::vector<ItemSpec> items;
    for (int i = 0; i < count; ++i) {
      items.push_back({.channel = channel, .mid = absl::StrCat("many", i)});
    }
    rig_.Deliver(items);
  }
  // The rows of all tables that name the person.
  std::int64_t RowsOf(const TestChannel& channel = kShop) {
    std::int64_t rows = 0;
    for (const char* table :
         {"events", "conversations", "messages", "send_calls", "data_keys",
          "held_echoes", "unmatched_echoes", "waiting_items", "raw_items"}) {
      rows += rig_.Number(absl::StrCat("SELECT count(*) FROM ", table,
                                       " WHERE channel_no = ", channel.no,
                                       " AND user_id = '", kPerson, "'"));
    }
    return rows;
  }
  std::int64_t Forgettings() {
    return rig_.Number("SELECT count(*) FROM forgettings");
  }

  StoreRig rig_;
};

TEST_F(ApplyForgetTest, APersonIsUnknownAtOnce) {
  rig_.Deliver({{.mid = "m1"}, {.user = "502", .mid = "m2"}});
  rig_.Deliver({{.channel = kCafe, .mid = "m3"}});
  rig_.OptOut({});
  ASSERT_GT(RowsOf(), 0);
  const EraseAnswer answer = EraseUser();
  EXPECT_TRUE(answer.found);
  EXPECT_FALSE(answer.more);
  EXPECT_EQ(RowsOf(), 0);
  EXPECT_EQ(rig_.Conversation(kShop, kPerson).last_seq, 0);
  EXPECT_FALSE(rig_.Conversation(kShop, kPerson).opt_out_ms.has_value());
  EXPECT_EQ(rig_.Conversation(kShop, "502").last_seq, 2);
  EXPECT_EQ(rig_.Conversation(kCafe, kPerson).last_seq, 3);
  const auto events = rig_.ReadEvents();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].user_id, "");
  EXPECT_TRUE(MergeEvent(events[0]).erased());
  EXPECT_FALSE(MergeEvent(events[1]).erased());
  EXPECT_FALSE(MergeEvent(events[2]).erased());
}

TEST_F(ApplyForgetTest, NobodyIsFoundTheSecondTime) {
  rig_.Deliver({{.mid = "m1"}});
  EXPECT_TRUE(EraseUser().found);
  const std::int64_t erasures =
      rig_.Number("SELECT last_erasure_no FROM log_state");
  EXPECT_FALSE(EraseUser().found);
  EXPECT_EQ(rig_.Number("SELECT last_erasure_no FROM log_state"), erasures)
      << "nothing is due in the files";
}

TEST_F(ApplyForgetTest, APersonOfWhomOnlyAnOptOutIsKnownIsFound) {
  rig_.OptOut({});
  EXPECT_TRUE(EraseUser().found);
  EXPECT_EQ(RowsOf(), 0);
}

TEST_F(ApplyForgetTest, WhatComesAfterwardsIsAnotherConversation) {
  rig_.Deliver({{.mid = "m1"}});
  EraseUser();
  rig_.Deliver({{.mid = "m2", .text = "back"}});
  EXPECT_EQ(rig_.Conversation(kShop, kPerson).last_seq, 2);
  EXPECT_THAT(rig_.Rows("SELECT coalesce(before_seq, 0) FROM events "
                        "WHERE seq = 2"),
              ElementsAre("0"));
  const auto events = rig_.ReadEvents();
  EXPECT_EQ(MergeEvent(events[1]).message_received().text(), "back");
}

TEST_F(ApplyForgetTest, TheSameItemIsADuplicateStill) {
  rig_.Deliver({{.mid = "m1"}, {.kind = TestItem::kOther, .text = "o"}});
  EraseUser();
  const DeliveryAnswer again =
      rig_.Deliver({{.mid = "m1"}, {.kind = TestItem::kOther, .text = "o"}});
  EXPECT_EQ(again.duplicates, 2);
  EXPECT_EQ(RowsOf(), 1) << "the key that the delivery has brought";
}

TEST_F(ApplyForgetTest, AnUnsendFindsNothingAndIsAnEvent) {
  rig_.Deliver({{.mid = "m1"}});
  EraseUser();
  EXPECT_EQ(rig_.Deliver({{.kind = TestItem::kUnsend, .mid = "m1"}}).events, 1);
}

TEST_F(ApplyForgetTest, APendingSendRefusesIt) {
  rig_.Deliver({{.mid = "m1"}});
  const MessageRow message = rig_.Claim({}).message;
  const std::int64_t rows = RowsOf();
  const EraseAnswer refused = EraseUser();
  EXPECT_TRUE(refused.in_flight);
  EXPECT_FALSE(refused.found);
  EXPECT_EQ(RowsOf(), rows);
  rig_.Settle(message, {.mid = "sent"});
  EXPECT_TRUE(EraseUser().found);
  EXPECT_EQ(RowsOf(), 0);
}

TEST_F(ApplyForgetTest, ARequestIdSendsNothingAgain) {
  const MessageRow sent = rig_.Claim({.request_id = "r1"}).message;
  rig_.Settle(sent, {.mid = "sent"});
  EraseUser();
  const ClaimAnswer again = rig_.Claim({.request_id = "r1"});
  EXPECT_EQ(again.kind, ClaimAnswer::Kind::kEnded);
  EXPECT_EQ(again.message.id, sent.id);
  EXPECT_EQ(again.message.user_id, "");
  EXPECT_EQ(again.message.mid, "");
}

TEST_F(ApplyForgetTest, AFailedSendIsAnotherOneAfterwards) {
  const MessageRow failed = rig_.Claim({.request_id = "r1"}).message;
  rig_.Settle(failed, {.state = v1::MESSAGE_STATE_FAILED});
  EraseUser();
  const ClaimAnswer again = rig_.Claim({.request_id = "r1"});
  EXPECT_EQ(again.kind, ClaimAnswer::Kind::kClaimed);
  EXPECT_NE(again.message.id, failed.id);
  EXPECT_EQ(again.message.attempt, 1);
}

TEST_F(ApplyForgetTest, AnUnconfirmedSendIsSettledByNoEcho) {
  const MessageRow lost = rig_.Claim({.text = "hello"}).message;
  rig_.Settle(lost, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
  EraseUser();
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "echo", .text = "hello"}});
  EXPECT_EQ(rig_.Message(lost.id).state, v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_EQ(rig_.data().state().CountUnconfirmed().value_or(-1), 0);
}

TEST_F(ApplyForgetTest, AnItemThatWaitsIsGone) {
  rig_.Deliver({{.kind = TestItem::kWaits, .mid = "m1"},
                {.kind = TestItem::kWaits, .user = "502", .mid = "m2"}});
  EXPECT_TRUE(EraseUser().found);
  EXPECT_THAT(rig_.Rows("SELECT user_id FROM waiting_items"),
              ElementsAre("502"));
  EXPECT_EQ(rig_.Number("SELECT waiting_items FROM log_state"), 1);
}

// The item of a channel that is gone has no event that leads to it.
TEST_F(ApplyForgetTest, AnItemWithoutAnEventIsOverwritten) {
  rig_.Delete(kShop.id);
  rig_.Deliver({{.mid = "m1"}, {.user = "502", .mid = "m2"}});
  ASSERT_EQ(rig_.Number("SELECT count(*) FROM raw_items WHERE user_id = '501'"),
            1);
  EXPECT_TRUE(EraseUser().found);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items WHERE "
                        "sealed_raw = zeroblob(length(sealed_raw))"),
            1);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items WHERE user_id = '502'"),
            1);
}

TEST_F(ApplyForgetTest, ManyEventsAreCleanedByFurtherRecords) {
  DeliverMany();
  EXPECT_TRUE(EraseUser().more);
  EXPECT_EQ(Forgettings(), 1);
  EXPECT_EQ(rig_.Conversation(kShop, kPerson).last_seq, 0);
  rig_.Deliver({{.mid = "later", .text = "later"}});
  EXPECT_FALSE(EraseOn().more);
  EXPECT_EQ(Forgettings(), 0);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM events WHERE user_id = '501'"),
            1);
  const auto events = rig_.ReadEvents();
  EXPECT_EQ(MergeEvent(events.back()).message_received().text(), "later");
}

// Events that are not cleaned yet tell of the person, but a start must not take
// them for a conversation.
TEST_F(ApplyForgetTest, ARestartInBetweenDoesNotBringThePersonBack) {
  DeliverMany();
  EXPECT_TRUE(EraseUser().more);
  rig_.Reopen();
  EXPECT_EQ(rig_.Conversation(kShop, kPerson).last_seq, 0);
  rig_.Deliver({{.mid = "later"}});
  rig_.Reopen();
  EXPECT_EQ(rig_.Conversation(kShop, kPerson).last_seq, kForgetRows + 21);
  EXPECT_FALSE(EraseOn().more);
  rig_.Reopen();
  EXPECT_EQ(rig_.Conversation(kShop, kPerson).last_seq, kForgetRows + 21);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM events WHERE user_id = '501'"),
            1);
}

TEST_F(ApplyForgetTest, AChannelLosesAllButTheRowsThatCount) {
  DeliverMany();
  rig_.Deliver({{.user = "502", .mid = "m2"}});
  rig_.Deliver({{.channel = kCafe, .mid = "m3"}});
  rig_.Settle(rig_.Claim({.request_id = "r1"}).message, {.mid = "sent"});
  EXPECT_EQ(EraseChannel().kind, ChannelAnswer::Kind::kApplied);
  EXPECT_EQ(Forgettings(), 1);
  const EraseAnswer last = EraseOn();
  EXPECT_FALSE(last.waiting);
  EXPECT_EQ(Forgettings(), 0);
  for (const char* table : {"events", "conversations", "messages", "data_keys",
                            "send_calls", "raw_items"}) {
    EXPECT_EQ(rig_.Number(absl::StrCat("SELECT count(*) FROM ", table,
                                       " WHERE channel_no = ", kShop.no,
                                       " AND user_id <> ''")),
              0)
        << table;
  }
  rig_.Reopen();
  EXPECT_EQ(rig_.Conversation(kShop, "502").last_seq, 0);
  EXPECT_EQ(rig_.Conversation(kCafe, kPerson).last_seq, kForgetRows + 22);
}

TEST_F(ApplyForgetTest, AChannelWaitsForItsPendingSends) {
  rig_.Deliver({{.mid = "m1"}});
  const MessageRow message = rig_.Claim({}).message;
  EraseChannel();
  EXPECT_TRUE(EraseOn().waiting);
  EXPECT_EQ(Forgettings(), 1);
  rig_.Settle(message, {.mid = "sent"});
  EXPECT_FALSE(EraseOn().waiting);
  EXPECT_EQ(Forgettings(), 0);
  EXPECT_EQ(RowsOf(), 0);
}

// Another one is not held up by it.
TEST_F(ApplyForgetTest, AChannelThatWaitsGoesToTheEnd) {
  rig_.Claim({});
  EraseChannel();
  DeliverMany(kCafe);
  EXPECT_TRUE(EraseUser(kCafe).more);
  EXPECT_TRUE(EraseOn().waiting);
  EXPECT_FALSE(EraseOn().more);
  EXPECT_EQ(RowsOf(kCafe), 0);
  EXPECT_EQ(Forgettings(), 1);
}

TEST_F(ApplyForgetTest, AChannelThatIsDeletedCanStillBeErased) {
  rig_.Deliver({{.mid = "m1"}});
  rig_.Delete(kShop.id);
  ASSERT_GT(RowsOf(), 0);
  EXPECT_EQ(EraseChannel().kind, ChannelAnswer::Kind::kErasing);
  EraseOn();
  EXPECT_EQ(RowsOf(), 0);
  TestChannel nowhere = kShop;
  nowhere.id = "nowhere";
  EXPECT_EQ(EraseChannel(nowhere).kind, ChannelAnswer::Kind::kNotFound);
}

TEST_F(ApplyForgetTest, EraseOnWithNothingToDoChangesNothing) {
  rig_.Deliver({{.mid = "m1"}});
  const EraseAnswer answer = Append(MakeEraseOn());
  EXPECT_FALSE(answer.more);
  EXPECT_FALSE(answer.waiting);
  EXPECT_EQ(rig_.Number("SELECT last_erasure_no FROM log_state"), 0);
}

// Instagram was asked for the name before the person was erased.
TEST_F(ApplyForgetTest, ANameThatComesLaterIsNotStored) {
  rig_.Deliver({{.mid = "m1"}});
  EraseUser();
  for (const bool only_known : {true, false}) {
    SealedRecord named = MakeUsername(rig_.sealer(), kShop, kPerson, "ada");
    named.record.mutable_set_username()->set_only_known(only_known);
    const auto answer = rig_.Append<ConversationAnswer>(std::move(named));
    ASSERT_THAT(answer, IsOk());
    EXPECT_EQ(answer->live, !only_known);
    EXPECT_EQ(rig_.Number("SELECT count(*) FROM conversations"),
              only_known ? 0 : 1);
  }
}

// ---- What was sealed before, and is applied afterwards ----------------------

// Nobody could read it, and nothing that Meta was told 200 about may be lost.
TEST_F(ApplyForgetTest, AWebhookThatNobodyCouldReadIsRefusedWhole) {
  rig_.Deliver({{.mid = "m1"}, {.user = "502", .mid = "m2"}});
  const std::vector<ItemSpec> items = {{.user = "502", .mid = "m3"},
                                       {.mid = "m4", .text = "words"}};
  const SealedRecord sealed = MakeDelivery(rig_.sealer(), kNowMs, items);
  EraseUser();
  for (const bool restart : {false, true}) {
    if (restart) rig_.Reopen();
    SealedRecord again = sealed;
    const auto answer = rig_.Append<DeliveryAnswer>(std::move(again));
    ASSERT_THAT(answer, IsOk());
    EXPECT_TRUE(answer->unreadable);
    EXPECT_EQ(rig_.Number("SELECT last_seq FROM log_state"), 2);
    EXPECT_EQ(rig_.Number("SELECT count(*) FROM deliveries"), 1);
  }
  EXPECT_EQ(rig_.Deliver(items).events, 2) << "it comes again";
  EXPECT_EQ(MergeEvent(rig_.ReadEvents().back()).message_received().text(),
            "words");
}

TEST_F(ApplyForgetTest, AClaimThatNobodyCouldReadIsRefused) {
  rig_.Deliver({{.mid = "m1"}});
  SealedRecord sealed = MakeClaim(rig_.sealer(), {});
  EraseUser();
  const auto answer = rig_.Append<ClaimAnswer>(std::move(sealed));
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->kind, ClaimAnswer::Kind::kUnreadable);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM messages"), 0);
  EXPECT_EQ(rig_.Claim({}).kind, ClaimAnswer::Kind::kClaimed);
}

TEST_F(ApplyForgetTest, AnUnconfirmedSendIsNotResolvedAnyMore) {
  const MessageRow lost = rig_.Claim({}).message;
  rig_.Settle(lost, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
  SealedRecord resolved =
      MakeOutcome(rig_.sealer(), rig_.Message(lost.id),
                  {.mid = "sent",
                   .expected_state = v1::MESSAGE_STATE_UNCONFIRMED,
                   .settled_by = v1::SETTLED_BY_CALLER});
  EraseUser();
  const auto answer = rig_.Append<SendAnswer>(std::move(resolved));
  ASSERT_THAT(answer, IsOk());
  EXPECT_FALSE(answer->applied);
  EXPECT_EQ(rig_.Message(lost.id).mid, "");
  EXPECT_EQ(rig_.Conversation(kShop, kPerson).last_seq, 0);
}

TEST_F(ApplyForgetTest, TheLateEchoOfASendSaysNothing) {
  rig_.Settle(rig_.Claim({}).message, {.mid = "sent"});
  EraseUser();
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "sent", .text = "hello"}});
  const CommittedEvent echo = rig_.ReadEvents(/*include_raw=*/true).back();
  EXPECT_EQ(echo.type, "message.echoed");
  EXPECT_EQ(echo.user_id, "");
  EXPECT_TRUE(MergeEvent(echo).erased());
  EXPECT_EQ(MergeEvent(echo).raw_json(), "");
  EXPECT_EQ(rig_.Conversation(kShop, kPerson).last_seq, 0);
}

TEST_F(ApplyForgetTest, WhatComesForAnErasedChannelIsNotKept) {
  rig_.Deliver({{.mid = "m1"}});
  SealedRecord late =
      MakeDelivery(rig_.sealer(), kNowMs, {{.user = "503", .mid = "m2"}});
  ASSERT_FALSE(late.keys.empty());
  EraseChannel();
  EraseOn();
  const auto answer = rig_.Append<DeliveryAnswer>(std::move(late));
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->issues, 1);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items WHERE "
                        "sealed_raw <> zeroblob(length(sealed_raw))"),
            0);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM data_keys"), 0);
}

TEST_F(ApplyForgetTest, AChannelIsErasedOnce) {
  rig_.Deliver({{.mid = "m1"}});
  EraseChannel();
  EXPECT_EQ(EraseChannel().kind, ChannelAnswer::Kind::kErasing);
  EXPECT_EQ(Forgettings(), 1);
}

}  // namespace
}  // namespace linktor::state
