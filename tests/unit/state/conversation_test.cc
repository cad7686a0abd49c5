// Apply and conversations: this tests opt-out, user names, and which refusal of
// a send comes first.

#include "server/state/conversation_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ClaimKind = ClaimAnswer::Kind;

class ConversationTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    rig_.Create(kCafe);
  }
  // Makes a claim with a new request id.
  ClaimAnswer New(ClaimSpec spec) {
    spec.request_id = "new" + std::to_string(++made_);
    return rig_.Claim(spec);
  }
  ClaimKind KindOf(const ClaimSpec& spec) { return New(spec).kind; }

  StoreRig rig_;
  int made_ = 0;
};

TEST_F(ConversationTest, UnknownOneIsEmptyButForItsIds) {
  const ConversationRow row = rig_.Conversation(kShop, "501");
  EXPECT_EQ(row.channel_no, kShop.no);
  EXPECT_EQ(row.user_id, "501");
  EXPECT_FALSE(row.last_inbound_ms.has_value());
  EXPECT_FALSE(row.opt_out_ms.has_value());
  EXPECT_EQ(row.sealed_username, "");
}

// ---- Opt-out ----------------------------------------------------------------

TEST_F(ConversationTest, OptOutIsRefusedWithItsTime) {
  rig_.Deliver({{.mid = "i1"}});
  const ConversationAnswer out = rig_.OptOut({.now_ms = kNowMs});
  EXPECT_TRUE(out.live);
  EXPECT_EQ(out.row.opt_out_ms, kNowMs);
  EXPECT_EQ(out.row.last_inbound_ms, kNowMs) << "the rest is told too";
  rig_.Reopen();
  const ClaimAnswer refused = New({.now_ms = kNowMs + kMinuteMs});
  EXPECT_EQ(refused.kind, ClaimKind::kOptedOut);
  EXPECT_EQ(refused.time_ms, kNowMs);
  EXPECT_EQ(rig_.Number("SELECT (SELECT count(*) FROM messages) + "
                        "(SELECT count(*) FROM send_calls)"),
            0);
}

TEST_F(ConversationTest, OptInAgainSends) {
  rig_.OptOut({});
  const ConversationAnswer in = rig_.OptOut({.opted_out = false});
  EXPECT_FALSE(in.row.opt_out_ms.has_value());
  EXPECT_EQ(KindOf({}), ClaimKind::kClaimed);
}

TEST_F(ConversationTest, RepeatedOptOutKeepsTheFirstTime) {
  rig_.OptOut({.now_ms = kNowMs});
  EXPECT_EQ(rig_.OptOut({.now_ms = kNowMs + kDayMs}).row.opt_out_ms, kNowMs);
  // A new one has a new time.
  rig_.OptOut({.opted_out = false, .now_ms = kNowMs + kDayMs});
  EXPECT_EQ(rig_.OptOut({.now_ms = kNowMs + 2 * kDayMs}).row.opt_out_ms,
            kNowMs + 2 * kDayMs);
}

TEST_F(ConversationTest, OptOutOfOneWhoNeverWrote) {
  EXPECT_EQ(rig_.OptOut({}).row.opt_out_ms, kNowMs);
  EXPECT_EQ(KindOf({}), ClaimKind::kOptedOut);
  // It is no history.
  EXPECT_FALSE(rig_.Conversation(kShop, "501").last_inbound_ms.has_value());
  rig_.OptOut({.opted_out = false});
  EXPECT_EQ(KindOf({.refuse_without_history = true}), ClaimKind::kNeverWritten);
}

TEST_F(ConversationTest, OptInOfOneNobodyKnowsLeavesNoRow) {
  EXPECT_FALSE(rig_.OptOut({.opted_out = false}).row.opt_out_ms.has_value());
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM conversations"), 0);
}

TEST_F(ConversationTest, OptOutIsOfOneCustomerOnOneChannel) {
  rig_.OptOut({});
  EXPECT_EQ(KindOf({.user = "502"}), ClaimKind::kClaimed);
  EXPECT_EQ(KindOf({.channel = kCafe}), ClaimKind::kClaimed);
}

// Only UpdateConversation changes it.
TEST_F(ConversationTest, MessageOfOneWhoOptedOutDoesNotOptIn) {
  rig_.OptOut({});
  rig_.Deliver({{.mid = "i1", .text = "hello again"}});
  EXPECT_EQ(KindOf({}), ClaimKind::kOptedOut);
  EXPECT_EQ(rig_.Conversation(kShop, "501").last_inbound_ms, kNowMs);
}

TEST_F(ConversationTest, OptOutStopsTheRetryOfAFailure) {
  const MessageRow first = rig_.Claim({}).message;
  rig_.Settle(first, {.state = v1::MESSAGE_STATE_FAILED});
  rig_.OptOut({});
  EXPECT_EQ(rig_.Claim({}).kind, ClaimKind::kOptedOut);
  EXPECT_EQ(rig_.Message(first.id).attempt, 1);
}

// A replay tells how it ended, whatever was decided since.
TEST_F(ConversationTest, ReplayComesBeforeOptOut) {
  const MessageRow sent = rig_.Claim({}).message;
  rig_.Settle(sent, {.mid = "m1"});
  rig_.OptOut({});
  EXPECT_EQ(rig_.Claim({}).kind, ClaimKind::kEnded);
}

TEST_F(ConversationTest, DeletedChannelTakesNoOptOut) {
  rig_.Delete(kShop.id);
  EXPECT_FALSE(rig_.OptOut({}).live);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM conversations"), 0);
}

// ---- Order of refusals ------------------------------------------------------

// Everything is wrong at first; each thing put right shows the next.
TEST_F(ConversationTest, ChannelThenWindowThenOptOutThenQuota) {
  rig_.Deliver({{.mid = "i1"}});
  EXPECT_EQ(KindOf({}), ClaimKind::kClaimed);
  rig_.OptOut({});
  ClaimSpec spec{.now_ms = kNowMs + kDayMs, .quota = 1};
  // A call of this hour.
  rig_.OptOut({.opted_out = false});
  EXPECT_EQ(KindOf({.now_ms = kNowMs + kDayMs - 1}), ClaimKind::kClaimed);
  rig_.OptOut({});
  EXPECT_EQ(KindOf(spec), ClaimKind::kWindowClosed);
  rig_.Deliver({{.mid = "i2", .event_ms = spec.now_ms}}, spec.now_ms);
  EXPECT_EQ(KindOf(spec), ClaimKind::kOptedOut);
  rig_.OptOut({.opted_out = false});
  EXPECT_EQ(KindOf(spec), ClaimKind::kOverQuota);
  spec.quota = 2;
  EXPECT_EQ(KindOf(spec), ClaimKind::kClaimed);
  rig_.Delete(kShop.id);
  EXPECT_EQ(KindOf({.now_ms = kNowMs + 9 * kDayMs}), ClaimKind::kChannelGone);
}

TEST_F(ConversationTest, NoHistoryComesBeforeOptOut) {
  rig_.OptOut({});
  EXPECT_EQ(KindOf({.refuse_without_history = true}), ClaimKind::kNeverWritten);
}

// ---- Windows ----------------------------------------------------------------

TEST_F(ConversationTest, HumanAgentMayAnswerFor7Days) {
  rig_.Deliver({{.mid = "i1"}});
  EXPECT_EQ(KindOf({.now_ms = kNowMs + kDayMs, .human_agent = true}),
            ClaimKind::kClaimed);
  EXPECT_EQ(KindOf({.now_ms = kNowMs + 7 * kDayMs - 1, .human_agent = true}),
            ClaimKind::kClaimed);
  const ClaimAnswer late =
      New({.now_ms = kNowMs + 7 * kDayMs, .human_agent = true});
  EXPECT_EQ(late.kind, ClaimKind::kHumanAgentWindowClosed);
  EXPECT_EQ(late.time_ms, kNowMs) << "when they wrote last";
}

TEST_F(ConversationTest, WithoutTheTagADayCounts) {
  rig_.Deliver({{.mid = "i1"}});
  for (const std::int64_t now : {kNowMs + kDayMs, kNowMs + 9 * kDayMs}) {
    const ClaimAnswer closed = New({.now_ms = now});
    EXPECT_EQ(closed.kind, ClaimKind::kWindowClosed);
    EXPECT_EQ(closed.time_ms, kNowMs);
  }
}

// ---- The app in control -----------------------------------------------------

TEST_F(ConversationTest, LatestChangeOfControlCountsByItsOwnTime) {
  rig_.Deliver({{.kind = TestItem::kOther, .text = "a"}});
  EXPECT_EQ(rig_.Conversation(kShop, "501").owner_seq, 0);
  rig_.Deliver({{.kind = TestItem::kOther, .text = "b", .names_owner = true}});
  EXPECT_EQ(rig_.Conversation(kShop, "501").owner_seq, 2);
  rig_.Deliver({{.kind = TestItem::kOther,
                 .text = "c",
                 .event_ms = kNowMs - 1,
                 .names_owner = true}});
  EXPECT_EQ(rig_.Conversation(kShop, "501").owner_seq, 2) << "it was before";
  // The later of two in one millisecond is the one that came later.
  rig_.Deliver({{.kind = TestItem::kOther, .text = "d", .names_owner = true}});
  rig_.Deliver({{.kind = TestItem::kOther,
                 .user = "502",
                 .text = "e",
                 .event_ms = kNowMs + 1,
                 .names_owner = true}});
  rig_.Reopen();
  EXPECT_EQ(rig_.Conversation(kShop, "501").owner_seq, 4);
  EXPECT_EQ(rig_.Conversation(kShop, "502").owner_seq, 5);
}

TEST_F(ConversationTest, ChangeOfControlWithoutATimeCountsFromItsArrival) {
  rig_.Deliver({{.kind = TestItem::kOther,
                 .text = "a",
                 .event_ms = 0,
                 .names_owner = true}});
  rig_.Deliver({{.kind = TestItem::kOther,
                 .text = "b",
                 .event_ms = kNowMs - 1,
                 .names_owner = true}});
  EXPECT_EQ(rig_.Conversation(kShop, "501").owner_seq, 1);
}

// Nothing heals a time that is kept as a maximum.
TEST_F(ConversationTest, ChangeOfControlFromTheFutureDoesNotStayForEver) {
  rig_.Deliver({{.kind = TestItem::kOther,
                 .text = "a",
                 .event_ms = kNowMs + 1000 * kDayMs,
                 .names_owner = true}});
  rig_.Deliver({{.kind = TestItem::kOther,
                 .text = "b",
                 .event_ms = kNowMs + 1,
                 .names_owner = true}},
               kNowMs + 1);
  EXPECT_EQ(rig_.Conversation(kShop, "501").owner_seq, 2);
  // A clock was wrong by a thousand days, and was set right.
  rig_.Deliver({{.kind = TestItem::kOther,
                 .text = "c",
                 .event_ms = 0,
                 .names_owner = true}},
               kNowMs + 1000 * kDayMs);
  EXPECT_EQ(rig_.Conversation(kShop, "501").owner_seq, 3);
  rig_.Deliver({{.kind = TestItem::kOther,
                 .text = "d",
                 .event_ms = kNowMs + 2,
                 .names_owner = true}},
               kNowMs + 2);
  EXPECT_EQ(rig_.Conversation(kShop, "501").owner_seq, 4);
}

TEST_F(ConversationTest, ChangeOfControlIsNoHistory) {
  rig_.Deliver({{.kind = TestItem::kOther, .text = "a", .names_owner = true}});
  EXPECT_EQ(KindOf({.refuse_without_history = true}), ClaimKind::kNeverWritten);
}

// ---- User names -------------------------------------------------------------

TEST_F(ConversationTest, UsernameIsKeptSealed) {
  rig_.Name("501", "ada.writes");
  rig_.Reopen();
  const ConversationRow row = rig_.Conversation(kShop, "501");
  EXPECT_EQ(rig_.NameIn(row), "ada.writes");
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM conversations WHERE "
                        "instr(sealed_username, 'ada')"),
            0);
  // Another customer's row does not open it.
  EXPECT_FALSE(
      rig_.sealer()
          .Open(seal::SealedPlace::kUsername, "502", row.sealed_username)
          .ok());
}

TEST_F(ConversationTest, EachFieldLeavesTheOthersAlone) {
  rig_.Name("501", "ada");
  rig_.OptOut({.now_ms = kNowMs + 1});
  rig_.Deliver({{.mid = "i1"}});
  rig_.Name("501", "ada.lovelace");
  const ConversationRow row = rig_.Conversation(kShop, "501");
  EXPECT_EQ(rig_.NameIn(row), "ada.lovelace");
  EXPECT_EQ(row.opt_out_ms, kNowMs + 1);
  EXPECT_EQ(row.last_inbound_ms, kNowMs);
}

TEST_F(ConversationTest, ViewsAreToldOfNames) {
  std::vector<std::string> told;
  rig_.data().feed().Add([&](auto records) {
    for (const journal::AppliedRecord& one : records) {
      for (const ConversationRow& row : one.effects.names) {
        told.push_back(row.user_id + " " + rig_.NameIn(row));
      }
    }
  });
  rig_.Name("501", "ada");
  rig_.OptOut({});
  rig_.Name("502", "bob");
  rig_.Delete(kShop.id);
  rig_.Name("501", "eve");
  EXPECT_THAT(told, testing::ElementsAre("501 ada", "502 bob"));
}

TEST_F(ConversationTest, NameIsNoHistory) {
  rig_.Name("501", "ada");
  EXPECT_EQ(KindOf({.refuse_without_history = true}), ClaimKind::kNeverWritten);
}

TEST_F(ConversationTest, DeletedChannelTakesNoName) {
  rig_.Delete(kShop.id);
  EXPECT_FALSE(rig_.Name("501", "ada").live);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM conversations"), 0);
  // Its key was stored before.
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM data_keys"), 1);
}

}  // namespace
}  // namespace linktor::state
