// Claims and outcomes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using Kind = ClaimOutcome::Kind;

class ProjectionClaimTest : public testing::Test {
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

TEST_F(ProjectionClaimTest, ClaimIsPendingAndDurable) {
  const ClaimOutcome outcome = rig_.Claim({});
  ASSERT_EQ(outcome.kind, Kind::kClaimed);
  EXPECT_TRUE(outcome.refusal.ok());
  rig_.Reopen();
  const MessageRow row = rig_.Message(outcome.message.id);
  EXPECT_EQ(row.state, v1::MESSAGE_STATE_PENDING);
  EXPECT_EQ(row.attempt, 1);
  EXPECT_EQ(row.request_id, "r1");
  EXPECT_EQ(row.create_ms, kNowMs);
  EXPECT_EQ(row.claim_ms, kNowMs);
  EXPECT_EQ(row.user_id, "501");
  const auto content =
      rig_.sealer().Open(SealedPlace::kMessage, row.id, row.sealed_content);
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_EQ(*content, "hello");
  EXPECT_THAT(rig_.ReadEvents(), SizeIs(0)) << "a claim is no event";
}

TEST_F(ProjectionClaimTest, SameRequestIsInFlight) {
  const MessageRow first = rig_.Claim({}).message;
  const ClaimOutcome second = rig_.Claim({});
  EXPECT_EQ(second.kind, Kind::kInFlight);
  EXPECT_EQ(second.message.id, first.id);
}

// Two in one batch: one wins.
TEST_F(ProjectionClaimTest, OneOfTwoAtOnceWins) {
  const auto outcomes = rig_.AppendTogether(
      {MakeClaim(rig_.sealer(), {}), MakeClaim(rig_.sealer(), {})});
  EXPECT_EQ(std::get<ClaimOutcome>(*outcomes[0]).kind, Kind::kClaimed);
  EXPECT_EQ(std::get<ClaimOutcome>(*outcomes[1]).kind, Kind::kInFlight);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM messages"), 1);
}

TEST_F(ProjectionClaimTest, AnotherBodyIsReuse) {
  rig_.Claim({});
  EXPECT_EQ(rig_.Claim({.text = "other"}).kind, Kind::kReused);
  EXPECT_EQ(rig_.Claim({.user = "502"}).kind, Kind::kReused);
  EXPECT_EQ(rig_.Claim({.channel = kCafe, .text = "other"}).kind,
            Kind::kClaimed)
      << "request ids are per channel";
  EXPECT_EQ(rig_.Claim({.request_id = "R1"}).kind, Kind::kClaimed)
      << "request ids are exact";
}

TEST_F(ProjectionClaimTest, EndedSendIsReplayed) {
  const MessageRow sent = Ended(v1::MESSAGE_STATE_SENT, "m1");
  const ClaimOutcome replay = rig_.Claim({.now_ms = kNowMs + kDayMs});
  EXPECT_EQ(replay.kind, Kind::kEnded);
  EXPECT_EQ(replay.message.id, sent.id);
  EXPECT_EQ(replay.message.mid, "m1");
  EXPECT_EQ(replay.message.state, v1::MESSAGE_STATE_SENT);
}

TEST_F(ProjectionClaimTest, UnconfirmedSendIsNeverSentAgain) {
  Ended(v1::MESSAGE_STATE_UNCONFIRMED);
  const ClaimOutcome replay = rig_.Claim({});
  EXPECT_EQ(replay.kind, Kind::kEnded);
  EXPECT_EQ(replay.message.state, v1::MESSAGE_STATE_UNCONFIRMED);
}

// Replay comes before policy: what has ended is told although the window has
// closed meanwhile.
TEST_F(ProjectionClaimTest, ReplayComesBeforePolicy) {
  rig_.Deliver({{.mid = "i1"}});
  const MessageRow sent = Ended(v1::MESSAGE_STATE_SENT, "m1");
  EXPECT_EQ(rig_.Claim({.now_ms = kNowMs + 2 * kDayMs}).kind, Kind::kEnded);
  rig_.Append<ChannelOutcome>(
          DeleteChannelRecord{.time_ms = kNowMs, .channel_id = kShop.id})
      .IgnoreError();
  EXPECT_EQ(rig_.Claim({}).message.id, sent.id);
}

TEST_F(ProjectionClaimTest, FailedSendIsTriedAgainAsTheSameMessage) {
  const MessageRow failed = Ended(v1::MESSAGE_STATE_FAILED);
  EXPECT_FALSE(failed.sealed_error.empty());
  const ClaimOutcome again = rig_.Claim({.now_ms = kNowMs + 9});
  ASSERT_EQ(again.kind, Kind::kClaimed);
  EXPECT_EQ(again.message.id, failed.id);
  EXPECT_EQ(again.message.attempt, 2);
  const MessageRow row = rig_.Message(failed.id);
  EXPECT_EQ(row.state, v1::MESSAGE_STATE_PENDING);
  EXPECT_EQ(row.attempt, 2);
  EXPECT_EQ(row.create_ms, kNowMs);
  EXPECT_EQ(row.claim_ms, kNowMs + 9);
  EXPECT_EQ(row.sealed_error, "");
  EXPECT_TRUE(rig_.sealer()
                  .Open(SealedPlace::kMessage, row.id, row.sealed_content)
                  .ok());
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM messages"), 1);
}

TEST_F(ProjectionClaimTest, RefusedRetryLeavesTheFailedOne) {
  rig_.Deliver({{.mid = "i1"}});
  const MessageRow failed = Ended(v1::MESSAGE_STATE_FAILED);
  const ClaimOutcome late = rig_.Claim({.now_ms = kNowMs + kDayMs});
  EXPECT_EQ(late.kind, Kind::kRefused);
  const MessageRow row = rig_.Message(failed.id);
  EXPECT_EQ(row.state, v1::MESSAGE_STATE_FAILED);
  EXPECT_EQ(row.attempt, 1);
}

TEST_F(ProjectionClaimTest, WindowClosesAfter24Hours) {
  rig_.Deliver({{.mid = "i1"}});
  EXPECT_EQ(rig_.Claim({.request_id = "a", .now_ms = kNowMs + kDayMs - 1}).kind,
            Kind::kClaimed);
  const ClaimOutcome closed =
      rig_.Claim({.request_id = "b", .now_ms = kNowMs + kDayMs});
  EXPECT_EQ(closed.kind, Kind::kRefused);
  EXPECT_EQ(closed.refusal.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(closed.refusal), "OUTSIDE_MESSAGING_WINDOW");
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM messages"), 1)
      << "a refusal is not stored";
  // The same id again, after they wrote.
  rig_.Deliver({{.mid = "i2", .event_ms = kNowMs + kDayMs}}, kNowMs + kDayMs);
  EXPECT_EQ(rig_.Claim({.request_id = "b", .now_ms = kNowMs + kDayMs}).kind,
            Kind::kClaimed);
}

TEST_F(ProjectionClaimTest, NoHistoryIsTheChannelsPolicy) {
  EXPECT_EQ(rig_.Claim({.request_id = "a"}).kind, Kind::kClaimed);
  const ClaimOutcome refused =
      rig_.Claim({.request_id = "b", .refuse_without_history = true});
  EXPECT_EQ(refused.kind, Kind::kRefused);
  EXPECT_EQ(refused.refusal.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused.refusal), "USER_HAS_NOT_WRITTEN");
  // Another customer's message, and one on another channel, are no history.
  rig_.Deliver({{.user = "502", .mid = "i1"}, {.channel = kCafe, .mid = "i2"}});
  EXPECT_EQ(
      rig_.Claim({.request_id = "b", .refuse_without_history = true}).kind,
      Kind::kRefused);
  rig_.Deliver({{.mid = "i3"}});
  EXPECT_EQ(
      rig_.Claim({.request_id = "b", .refuse_without_history = true}).kind,
      Kind::kClaimed);
}

TEST_F(ProjectionClaimTest, DeletedChannelIsNotFound) {
  ASSERT_TRUE(
      rig_.Append<ChannelOutcome>(
              DeleteChannelRecord{.time_ms = kNowMs, .channel_id = kShop.id})
          .ok());
  const ClaimOutcome outcome = rig_.Claim({});
  EXPECT_EQ(outcome.kind, Kind::kRefused);
  EXPECT_EQ(outcome.refusal.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(outcome.refusal), "CHANNEL_NOT_FOUND");
}

TEST_F(ProjectionClaimTest, OutcomeIsStateAndEvent) {
  const MessageRow claimed = rig_.Claim({}).message;
  const MessageOutcome sent =
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

TEST_F(ProjectionClaimTest, OutcomeOfAnotherStateOrAttemptChangesNothing) {
  const MessageRow claimed = rig_.Claim({}).message;
  EXPECT_FALSE(
      rig_.Settle(claimed, {.mid = "m1", .expected_attempt = 2}).applied);
  EXPECT_FALSE(
      rig_.Settle(claimed, {.mid = "m1",
                            .expected_state = v1::MESSAGE_STATE_UNCONFIRMED})
          .applied);
  EXPECT_EQ(rig_.Message(claimed.id).state, v1::MESSAGE_STATE_PENDING);
  rig_.Settle(claimed, {.state = v1::MESSAGE_STATE_FAILED});
  const MessageOutcome late = rig_.Settle(claimed, {.mid = "m1"});
  EXPECT_FALSE(late.applied);
  EXPECT_EQ(late.message.state, v1::MESSAGE_STATE_FAILED);
  EXPECT_THAT(Summary(rig_.ReadEvents()), ElementsAre("message.failed 501"));
}

// The answer to the first attempt, after a second has begun.
TEST_F(ProjectionClaimTest, LateOutcomeOfTheFirstAttemptIsIgnored) {
  const MessageRow first = rig_.Claim({}).message;
  rig_.Settle(first, {.state = v1::MESSAGE_STATE_FAILED});
  rig_.Claim({});
  EXPECT_FALSE(rig_.Settle(first, {.mid = "m1"}).applied);
  EXPECT_EQ(rig_.Message(first.id).state, v1::MESSAGE_STATE_PENDING);
}

TEST_F(ProjectionClaimTest, CallerResolvesUnconfirmed) {
  const MessageRow unknown = Ended(v1::MESSAGE_STATE_UNCONFIRMED);
  const MessageOutcome resolved =
      rig_.Settle(unknown, {.state = v1::MESSAGE_STATE_FAILED,
                            .expected_state = v1::MESSAGE_STATE_UNCONFIRMED,
                            .settled_by = v1::SETTLED_BY_CALLER});
  EXPECT_TRUE(resolved.applied);
  EXPECT_EQ(rig_.Message(unknown.id).settled_by, v1::SETTLED_BY_CALLER);
  EXPECT_EQ(rig_.Claim({}).message.attempt, 2);
}

TEST_F(ProjectionClaimTest, PendingSendsAreFoundAtStart) {
  Ended(v1::MESSAGE_STATE_SENT, "m1");
  const MessageRow pending = rig_.Claim({.request_id = "p"}).message;
  rig_.Reopen();
  std::vector<RawId> found;
  ASSERT_TRUE(rig_.store()
                  .pool()
                  .Read([&](Database& database) {
                    auto rows = FindPending(database);
                    if (rows.ok()) {
                      for (const auto& row : *rows) found.push_back(row.id);
                    }
                    return rows.status();
                  })
                  .ok());
  EXPECT_THAT(found, ElementsAre(pending.id));
}

}  // namespace
}  // namespace linktor
