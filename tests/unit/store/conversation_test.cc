// What Apply knows of conversations: opt-out, user names, and which refusal of
// a send comes first.

#include "server/store/conversation_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using Kind = ClaimOutcome::Kind;

class ConversationTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    rig_.Create(kCafe);
  }
  absl::Status RefusalOf(ClaimSpec spec) {
    spec.request_id = "new" + std::to_string(++made_);
    return rig_.Claim(spec).refusal;
  }
  void DeleteShop() {
    ASSERT_THAT(rig_.Append<ChannelOutcome>(DeleteChannelRecord{
                    .time_ms = kNowMs, .channel_id = kShop.id}),
                IsOk());
  }

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
  const ConversationOutcome out = rig_.OptOut({.now_ms = kNowMs});
  EXPECT_TRUE(out.live);
  EXPECT_EQ(out.row.opt_out_ms, kNowMs);
  EXPECT_EQ(out.row.last_inbound_ms, kNowMs) << "the rest is told too";
  rig_.Reopen();
  const absl::Status refusal = RefusalOf({.now_ms = kNowMs + kMinuteMs});
  EXPECT_THAT(refusal, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(refusal, HasReason("RECIPIENT_OPTED_OUT"));
  EXPECT_THAT(refusal, HasMetadata("opt_out_time", "2026-09-21T14:13:20Z"));
  EXPECT_EQ(rig_.Number("SELECT (SELECT count(*) FROM messages) + "
                        "(SELECT count(*) FROM send_calls)"),
            0);
}

TEST_F(ConversationTest, OptInAgainSends) {
  rig_.OptOut({});
  const ConversationOutcome in = rig_.OptOut({.opted_out = false});
  EXPECT_FALSE(in.row.opt_out_ms.has_value());
  EXPECT_THAT(RefusalOf({}), IsOk());
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
  EXPECT_THAT(RefusalOf({}), HasReason("RECIPIENT_OPTED_OUT"));
  // It is no history.
  EXPECT_FALSE(rig_.Conversation(kShop, "501").last_inbound_ms.has_value());
  rig_.OptOut({.opted_out = false});
  EXPECT_THAT(RefusalOf({.refuse_without_history = true}),
              HasReason("USER_HAS_NOT_WRITTEN"));
}

TEST_F(ConversationTest, OptInOfOneNobodyKnowsLeavesNoRow) {
  EXPECT_FALSE(rig_.OptOut({.opted_out = false}).row.opt_out_ms.has_value());
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM conversations"), 0);
}

TEST_F(ConversationTest, OptOutIsOfOneCustomerOnOneChannel) {
  rig_.OptOut({});
  EXPECT_THAT(RefusalOf({.user = "502"}), IsOk());
  EXPECT_THAT(RefusalOf({.channel = kCafe}), IsOk());
}

// Only UpdateConversation changes it.
TEST_F(ConversationTest, MessageOfOneWhoOptedOutDoesNotOptIn) {
  rig_.OptOut({});
  rig_.Deliver({{.mid = "i1", .text = "hello again"}});
  EXPECT_THAT(RefusalOf({}), HasReason("RECIPIENT_OPTED_OUT"));
  EXPECT_EQ(rig_.Conversation(kShop, "501").last_inbound_ms, kNowMs);
}

TEST_F(ConversationTest, OptOutStopsTheRetryOfAFailure) {
  const MessageRow first = rig_.Claim({}).message;
  rig_.Settle(first, {.state = v1::MESSAGE_STATE_FAILED});
  rig_.OptOut({});
  EXPECT_THAT(rig_.Claim({}).refusal, HasReason("RECIPIENT_OPTED_OUT"));
  EXPECT_EQ(rig_.Message(first.id).attempt, 1);
}

// A replay tells how it ended, whatever was decided since.
TEST_F(ConversationTest, ReplayComesBeforeOptOut) {
  const MessageRow sent = rig_.Claim({}).message;
  rig_.Settle(sent, {.mid = "m1"});
  rig_.OptOut({});
  EXPECT_EQ(rig_.Claim({}).kind, Kind::kEnded);
}

TEST_F(ConversationTest, DeletedChannelTakesNoOptOut) {
  DeleteShop();
  EXPECT_FALSE(rig_.OptOut({}).live);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM conversations"), 0);
}

// ---- Order of refusals ------------------------------------------------------

// Everything is wrong at first; each thing put right shows the next.
TEST_F(ConversationTest, ChannelThenWindowThenOptOutThenQuota) {
  rig_.Deliver({{.mid = "i1"}});
  EXPECT_THAT(RefusalOf({}), IsOk());
  rig_.OptOut({});
  ClaimSpec spec{.now_ms = kNowMs + kDayMs, .quota = 1};
  // A call of this hour.
  rig_.OptOut({.opted_out = false});
  EXPECT_THAT(RefusalOf({.now_ms = kNowMs + kDayMs - 1}), IsOk());
  rig_.OptOut({});
  EXPECT_THAT(RefusalOf(spec), HasReason("OUTSIDE_MESSAGING_WINDOW"));
  rig_.Deliver({{.mid = "i2", .event_ms = spec.now_ms}}, spec.now_ms);
  EXPECT_THAT(RefusalOf(spec), HasReason("RECIPIENT_OPTED_OUT"));
  rig_.OptOut({.opted_out = false});
  EXPECT_THAT(RefusalOf(spec), HasReason("RATE_LIMITED"));
  spec.quota = 2;
  EXPECT_THAT(RefusalOf(spec), IsOk());
  DeleteShop();
  EXPECT_THAT(RefusalOf({.now_ms = kNowMs + 9 * kDayMs}),
              HasReason("CHANNEL_NOT_FOUND"));
}

TEST_F(ConversationTest, NoHistoryComesBeforeOptOut) {
  rig_.OptOut({});
  EXPECT_THAT(RefusalOf({.refuse_without_history = true}),
              HasReason("USER_HAS_NOT_WRITTEN"));
}

// ---- Windows ----------------------------------------------------------------

TEST_F(ConversationTest, HumanAgentMayAnswerFor7Days) {
  rig_.Deliver({{.mid = "i1"}});
  EXPECT_THAT(RefusalOf({.now_ms = kNowMs + kDayMs, .human_agent = true}),
              IsOk());
  EXPECT_THAT(
      RefusalOf({.now_ms = kNowMs + 7 * kDayMs - 1, .human_agent = true}),
      IsOk());
  const absl::Status late =
      RefusalOf({.now_ms = kNowMs + 7 * kDayMs, .human_agent = true});
  EXPECT_THAT(late, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(late, HasReason("HUMAN_AGENT_WINDOW_CLOSED"));
  EXPECT_THAT(late, HasMetadata("window_close_time", "2026-09-28T14:13:20Z"));
}

TEST_F(ConversationTest, ClosedWindowSaysHowLongAnAgentMayAnswer) {
  rig_.Deliver({{.mid = "i1"}});
  const absl::Status closed = RefusalOf({.now_ms = kNowMs + 7 * kDayMs - 1});
  EXPECT_THAT(closed, HasReason("OUTSIDE_MESSAGING_WINDOW"));
  EXPECT_THAT(closed, HasMetadata("window_close_time", "2026-09-22T14:13:20Z"));
  EXPECT_THAT(closed,
              HasMetadata("human_agent_close_time", "2026-09-28T14:13:20Z"));
  const absl::Status late = RefusalOf({.now_ms = kNowMs + 7 * kDayMs});
  EXPECT_THAT(late, HasReason("OUTSIDE_MESSAGING_WINDOW"));
  EXPECT_EQ(ErrorInfoOf(late).metadata().count("human_agent_close_time"), 0U)
      << "nor may an agent";
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
  EXPECT_FALSE(rig_.sealer()
                   .Open(SealedPlace::kUsername, "502", row.sealed_username)
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

TEST_F(ConversationTest, NameIsNoHistory) {
  rig_.Name("501", "ada");
  EXPECT_THAT(RefusalOf({.refuse_without_history = true}),
              HasReason("USER_HAS_NOT_WRITTEN"));
}

TEST_F(ConversationTest, DeletedChannelTakesNoName) {
  DeleteShop();
  EXPECT_FALSE(rig_.Name("501", "ada").live);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM conversations"), 0);
  // The key it brought is stored all the same: the sealer thinks so.
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM data_keys"), 1);
}

}  // namespace
}  // namespace linktor
