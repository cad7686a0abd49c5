// These tests apply claims of sends, and the outcomes of sends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ClaimKind = ClaimAnswer::Kind;

class ApplyClaimTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    rig_.Create(kCafe);
  }
  MessageRow Ended(v1::MessageState state, const std::string& mid = "") {
    const MessageRow claimed = rig_.Claim({}).message;
    return rig_.Settle(claimed, {.state = state, .mid = mid}).message;
  }

  StoreRig rig_;
};

TEST_F(ApplyClaimTest, ClaimIsPendingAndDurable) {
  const ClaimAnswer outcome = rig_.Claim({});
  ASSERT_EQ(outcome.kind, ClaimKind::kClaimed);
  rig_.Reopen();
  const MessageRow row = rig_.Message(outcome.message.id);
  EXPECT_EQ(row.state, v1::MESSAGE_STATE_PENDING);
  EXPECT_EQ(row.attempt, 1);
  EXPECT_EQ(row.request_id, "r1");
  EXPECT_EQ(row.create_ms, kNowMs);
  EXPECT_EQ(row.claim_ms, kNowMs);
  EXPECT_EQ(row.user_id, "501");
  const auto content = rig_.sealer().Open(seal::SealedPlace::kMessage, row.id,
                                          row.sealed_content);
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_EQ(*content, "hello");
  EXPECT_THAT(rig_.ReadEvents(), SizeIs(0)) << "a claim is no event";
}

TEST_F(ApplyClaimTest, SameRequestIsInFlight) {
  const MessageRow first = rig_.Claim({}).message;
  const ClaimAnswer second = rig_.Claim({});
  EXPECT_EQ(second.kind, ClaimKind::kInFlight);
  EXPECT_EQ(second.message.id, first.id);
}

// Two claims are in one batch, and one of them wins.
TEST_F(ApplyClaimTest, OneOfTwoAtOnceWins) {
  const auto endings = rig_.AppendTogether(
      {MakeClaim(rig_.sealer(), {}), MakeClaim(rig_.sealer(), {})});
  EXPECT_EQ(std::get<ClaimAnswer>(endings[0].answer).kind, ClaimKind::kClaimed);
  EXPECT_EQ(std::get<ClaimAnswer>(endings[1].answer).kind,
            ClaimKind::kInFlight);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM messages"), 1);
}

TEST_F(ApplyClaimTest, AnotherBodyIsReuse) {
  rig_.Claim({});
  EXPECT_EQ(rig_.Claim({.text = "other"}).kind, ClaimKind::kReused);
  EXPECT_EQ(rig_.Claim({.user = "502"}).kind, ClaimKind::kReused);
  EXPECT_EQ(rig_.Claim({.channel = kCafe, .text = "other"}).kind,
            ClaimKind::kClaimed)
      << "request ids are per channel";
  EXPECT_EQ(rig_.Claim({.request_id = "R1"}).kind, ClaimKind::kClaimed)
      << "request ids are exact";
}

TEST_F(ApplyClaimTest, EndedSendIsReplayed) {
  const MessageRow sent = Ended(v1::MESSAGE_STATE_SENT, "m1");
  const ClaimAnswer replay = rig_.Claim({.now_ms = kNowMs + kDayMs});
  EXPECT_EQ(replay.kind, ClaimKind::kEnded);
  EXPECT_EQ(replay.message.id, sent.id);
  EXPECT_EQ(replay.message.mid, "m1");
  EXPECT_EQ(replay.message.state, v1::MESSAGE_STATE_SENT);
}

TEST_F(ApplyClaimTest, UnconfirmedSendIsNeverSentAgain) {
  Ended(v1::MESSAGE_STATE_UNCONFIRMED);
  const ClaimAnswer replay = rig_.Claim({});
  EXPECT_EQ(replay.kind, ClaimKind::kEnded);
  EXPECT_EQ(replay.message.state, v1::MESSAGE_STATE_UNCONFIRMED);
}

// Replay comes before policy: what has ended is told although the window has
// closed meanwhile.
TEST_F(ApplyClaimTest, ReplayComesBeforePolicy) {
  rig_.Deliver({{.mid = "i1"}});
  const MessageRow sent = Ended(v1::MESSAGE_STATE_SENT, "m1");
  EXPECT_EQ(rig_.Claim({.now_ms = kNowMs + 2 * kDayMs}).kind,
            ClaimKind::kEnded);
  rig_.Delete(kShop.id);
  EXPECT_EQ(rig_.Claim({}).message.id, sent.id);
}

TEST_F(ApplyClaimTest, FailedSendIsTriedAgainAsTheSameMessage) {
  const MessageRow failed = Ended(v1::MESSAGE_STATE_FAILED);
  EXPECT_FALSE(failed.sealed_error.empty());
  const ClaimAnswer again = rig_.Claim({.now_ms = kNowMs + 9});
  ASSERT_EQ(again.kind, ClaimKind::kClaimed);
  EXPECT_EQ(again.message.id, failed.id);
  EXPECT_EQ(again.message.attempt, 2);
  const MessageRow row = rig_.Message(failed.id);
  EXPECT_EQ(row.state, v1::MESSAGE_STATE_PENDING);
  EXPECT_EQ(row.attempt, 2);
  EXPECT_EQ(row.create_ms, kNowMs);
  EXPECT_EQ(row.claim_ms, kNowMs + 9);
  EXPECT_EQ(row.sealed_error, "");
  EXPECT_TRUE(rig_.sealer()
                  .Open(seal::SealedPlace::kMessage, row.id, row.sealed_content)
                  .ok());
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM messages"), 1);
}

TEST_F(ApplyClaimTest, RefusedRetryLeavesTheFailedOne) {
  rig_.Deliver({{.mid = "i1"}});
  const MessageRow failed = Ended(v1::MESSAGE_STATE_FAILED);
  const ClaimAnswer late = rig_.Claim({.now_ms = kNowMs + kDayMs});
  EXPECT_EQ(late.kind, ClaimKind::kWindowClosed);
  const MessageRow row = rig_.Message(failed.id);
  EXPECT_EQ(row.state, v1::MESSAGE_STATE_FAILED);
  EXPECT_EQ(row.attempt, 1);
}

TEST_F(ApplyClaimTest, WindowClosesAfter24Hours) {
  rig_.Deliver({{.mid = "i1"}});
  EXPECT_EQ(rig_.Claim({.request_id = "a", .now_ms = kNowMs + kDayMs - 1}).kind,
            ClaimKind::kClaimed);
  const ClaimAnswer closed =
      rig_.Claim({.request_id = "b", .now_ms = kNowMs + kDayMs});
  EXPECT_EQ(closed.kind, ClaimKind::kWindowClosed);
  EXPECT_EQ(closed.time_ms, kNowMs) << "when they wrote last";
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM messages"), 1)
      << "a refusal is not stored";
  // The same id again, after they wrote.
  rig_.Deliver({{.mid = "i2", .event_ms = kNowMs + kDayMs}}, kNowMs + kDayMs);
  EXPECT_EQ(rig_.Claim({.request_id = "b", .now_ms = kNowMs + kDayMs}).kind,
            ClaimKind::kClaimed);
}

TEST_F(ApplyClaimTest, NoHistoryIsTheChannelsPolicy) {
  EXPECT_EQ(rig_.Claim({.request_id = "a"}).kind, ClaimKind::kClaimed);
  const ClaimAnswer refused =
      rig_.Claim({.request_id = "b", .refuse_without_history = true});
  EXPECT_EQ(refused.kind, ClaimKind::kNeverWritten);
  // Another customer's message, and one on another channel, are no history.
  rig_.Deliver({{.user = "502", .mid = "i1"}, {.channel = kCafe, .mid = "i2"}});
  EXPECT_EQ(
      rig_.Claim({.request_id = "b", .refuse_without_history = true}).kind,
      ClaimKind::kNeverWritten);
  rig_.Deliver({{.mid = "i3"}});
  EXPECT_EQ(
      rig_.Claim({.request_id = "b", .refuse_without_history = true}).kind,
      ClaimKind::kClaimed);
}

TEST_F(ApplyClaimTest, DeletedChannelIsGone) {
  rig_.Delete(kShop.id);
  EXPECT_EQ(rig_.Claim({}).kind, ClaimKind::kChannelGone);
}

// A lane begins only the attempts of its own incarnation.
TEST_F(ApplyClaimTest, AttemptNamesItsInstanceAndIncarnation) {
  const journal::Appender first = rig_.data().appender();
  const MessageRow claimed = rig_.Claim({}).message;
  EXPECT_EQ(claimed.instance, first.instance);
  EXPECT_EQ(claimed.incarnation, first.incarnation);
  rig_.Settle(claimed, {.state = v1::MESSAGE_STATE_FAILED});
  rig_.Reopen();
  EXPECT_EQ(rig_.Message(claimed.id).incarnation, first.incarnation);
  rig_.Claim({});
  const MessageRow again = rig_.Message(claimed.id);
  EXPECT_EQ(again.instance, first.instance);
  EXPECT_EQ(again.incarnation, first.incarnation + 1);
}

TEST_F(ApplyClaimTest, OutcomeIsStateAndEvent) {
  const MessageRow claimed = rig_.Claim({}).message;
  const SendAnswer sent =
      rig_.Settle(claimed, {.mid = "m1", .now_ms = kNowMs + 40});
  EXPECT_TRUE(sent.applied);
  EXPECT_EQ(sent.message.state, v1::MESSAGE_STATE_SENT);
  const MessageRow row = rig_.Message(claimed.id);
  EXPECT_EQ(row.state, v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(row.settled_by, v1::SETTLED_BY_ANSWER);
  EXPECT_EQ(row.mid, "m1");
  EXPECT_EQ(row.mid_key, MidKeyOf(kShop, "m1"));
  EXPECT_EQ(row.send_ms, kNowMs + 40);
  EXPECT_THAT(Summary(rig_.ReadEvents()), ElementsAre("message.sent 501"));
}

TEST_F(ApplyClaimTest, OutcomeOfAnotherStateOrAttemptChangesNothing) {
  const MessageRow claimed = rig_.Claim({}).message;
  EXPECT_FALSE(
      rig_.Settle(claimed, {.mid = "m1", .expected_attempt = 2}).applied);
  EXPECT_FALSE(
      rig_.Settle(claimed, {.mid = "m1",
                            .expected_state = v1::MESSAGE_STATE_UNCONFIRMED})
          .applied);
  EXPECT_EQ(rig_.Message(claimed.id).state, v1::MESSAGE_STATE_PENDING);
  rig_.Settle(claimed, {.state = v1::MESSAGE_STATE_FAILED});
  const SendAnswer late = rig_.Settle(claimed, {.mid = "m1"});
  EXPECT_FALSE(late.applied);
  EXPECT_EQ(late.message.state, v1::MESSAGE_STATE_FAILED);
  EXPECT_THAT(Summary(rig_.ReadEvents()), ElementsAre("message.failed 501"));
}

// The answer to the first attempt, after a second has begun.
TEST_F(ApplyClaimTest, LateOutcomeOfTheFirstAttemptIsIgnored) {
  const MessageRow first = rig_.Claim({}).message;
  rig_.Settle(first, {.state = v1::MESSAGE_STATE_FAILED});
  rig_.Claim({});
  EXPECT_FALSE(rig_.Settle(first, {.mid = "m1"}).applied);
  EXPECT_EQ(rig_.Message(first.id).state, v1::MESSAGE_STATE_PENDING);
}

TEST_F(ApplyClaimTest, CallerResolvesUnconfirmed) {
  const MessageRow unknown = Ended(v1::MESSAGE_STATE_UNCONFIRMED);
  const SendAnswer resolved =
      rig_.Settle(unknown, {.state = v1::MESSAGE_STATE_FAILED,
                            .expected_state = v1::MESSAGE_STATE_UNCONFIRMED,
                            .settled_by = v1::SETTLED_BY_CALLER});
  EXPECT_TRUE(resolved.applied);
  EXPECT_EQ(rig_.Message(unknown.id).settled_by, v1::SETTLED_BY_CALLER);
  EXPECT_EQ(rig_.Claim({}).message.attempt, 2);
}

TEST_F(ApplyClaimTest, UnconfirmedOnesAreCounted) {
  Ended(v1::MESSAGE_STATE_UNCONFIRMED);
  rig_.Claim({.request_id = "p"});
  const auto count = rig_.data().state().CountUnconfirmed();
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(*count, 1);
}

// Views learn of each change, and of nothing that changes nothing.
TEST_F(ApplyClaimTest, ViewsAreToldOfSendsAsTheyAreNow) {
  std::vector<v1::MessageState> told;
  rig_.data().feed().Add([&](auto records) {
    for (const journal::AppliedRecord& one : records) {
      for (const MessageRow& row : one.effects.messages) {
        told.push_back(row.state);
      }
    }
  });
  const MessageRow claimed = rig_.Claim({}).message;
  rig_.Claim({});
  rig_.Settle(claimed, {.state = v1::MESSAGE_STATE_FAILED});
  rig_.Settle(claimed, {.mid = "late"});
  rig_.Settle(rig_.Claim({}).message, {.mid = "m1"});
  EXPECT_THAT(told,
              ElementsAre(v1::MESSAGE_STATE_PENDING, v1::MESSAGE_STATE_FAILED,
                          v1::MESSAGE_STATE_PENDING, v1::MESSAGE_STATE_SENT));
}

TEST_F(ApplyClaimTest, PendingSendsAreFoundAtStart) {
  Ended(v1::MESSAGE_STATE_SENT, "m1");
  const MessageRow pending = rig_.Claim({.request_id = "p"}).message;
  rig_.Reopen();
  const auto found = rig_.data().state().PendingMessages();
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().id, pending.id);
}

}  // namespace
}  // namespace linktor::state
