// Conformance: a send is claimed once, ends once, and knows its echo.

#include <gmock/gmock.h>

#include "linktor/instagram/v1/event.pb.h"
#include "server/state/event_encoding.h"
#include "tests/unit/journal/conformance.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ClaimKind = state::ClaimAnswer::Kind;

// The last event, as subscribers see it.
v1::Event LastEvent(EngineRig& rig) {
  const auto events = rig.ReadEvents();
  EXPECT_FALSE(events.empty());
  return events.empty() ? v1::Event() : state::MergeEvent(events.back());
}

// ---- Claims -----------------------------------------------------------------

TEST_P(JournalConformance, ClaimIsGivenOnce) {
  const state::ClaimAnswer claimed = rig().Claim();
  EXPECT_EQ(claimed.kind, ClaimKind::kClaimed);
  EXPECT_EQ(claimed.message.state, v1::MESSAGE_STATE_PENDING);
  EXPECT_EQ(claimed.message.attempt, 1);
  EXPECT_EQ(claimed.message.instance, rig().folder().appender().instance);
  EXPECT_EQ(claimed.message.incarnation, rig().folder().appender().incarnation);
  ASSERT_THAT(rig().told().back().effects.messages, SizeIs(1));
  EXPECT_EQ(rig().told().back().effects.messages.front().id,
            claimed.message.id);
}

TEST_P(JournalConformance, ClaimInFlightIsNotGivenAgain) {
  const RawId id = rig().Claim().message.id;
  const state::ClaimAnswer again = rig().Claim();
  EXPECT_EQ(again.kind, ClaimKind::kInFlight);
  EXPECT_EQ(again.message.id, id);
  EXPECT_THAT(rig().told().back().effects.messages, SizeIs(0));
}

TEST_P(JournalConformance, OneOfManyClaimsInABatchIsGiven) {
  std::vector<state::SealedRecord> claims;
  claims.reserve(5);
  for (int i = 0; i < 5; ++i)
    claims.push_back(state::MakeClaim(rig().sealer(), {}));
  int claimed = 0;
  for (Ending& ending : rig().AppendTogether(std::move(claims))) {
    const auto& answer = std::get<state::ClaimAnswer>(ending.answer);
    EXPECT_EQ(answer.kind,
              claimed == 0 ? ClaimKind::kClaimed : ClaimKind::kInFlight);
    claimed += answer.kind == ClaimKind::kClaimed ? 1 : 0;
  }
  EXPECT_EQ(claimed, 1);
}

TEST_P(JournalConformance, EndedClaimIsAnsweredAgain) {
  const state::MessageRow claimed = rig().Claim().message;
  rig().Settle(claimed, {.mid = "m1"});
  rig().Reopen();
  const state::ClaimAnswer again = rig().Claim();
  EXPECT_EQ(again.kind, ClaimKind::kEnded);
  EXPECT_EQ(again.message.id, claimed.id);
  EXPECT_EQ(again.message.state, v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(again.message.mid, "m1");
}

TEST_P(JournalConformance, RequestIdOfAnotherMessageIsRefused) {
  rig().Claim({.text = "one"});
  EXPECT_EQ(rig().Claim({.text = "other"}).kind, ClaimKind::kReused);
  EXPECT_EQ(rig().Claim({.user = "502", .text = "one"}).kind,
            ClaimKind::kReused);
}

// The message has one id, whatever it took to send it.
TEST_P(JournalConformance, FailedIsTriedAgainUnderItsId) {
  const state::MessageRow claimed = rig().Claim().message;
  rig().Settle(claimed, {.state = v1::MESSAGE_STATE_FAILED});
  const state::ClaimAnswer again = rig().Claim();
  EXPECT_EQ(again.kind, ClaimKind::kClaimed);
  EXPECT_EQ(again.message.id, claimed.id);
  EXPECT_EQ(again.message.attempt, 2);
  EXPECT_EQ(rig().Message(claimed.id).sealed_error, "");
}

TEST_P(JournalConformance, PendingClaimIsKnownAfterAnOpening) {
  const state::MessageRow claimed = rig().Claim().message;
  rig().Reopen();
  const auto pending = rig().folder().state().PendingMessages();
  ASSERT_TRUE(pending.ok()) << pending.status();
  ASSERT_THAT(*pending, SizeIs(1));
  EXPECT_EQ(pending->front().id, claimed.id);
  EXPECT_EQ(pending->front().incarnation, claimed.incarnation);
  EXPECT_EQ(rig().folder().appender().incarnation, claimed.incarnation + 1)
      << "so it is not this start's";
}

TEST_P(JournalConformance, ClaimOfNoChannelIsRefused) {
  EXPECT_EQ(rig().Claim({.channel = state::kCafe}).kind,
            ClaimKind::kChannelGone);
}

TEST_P(JournalConformance, ClaimOutsideTheWindowIsRefused) {
  rig().Deliver({Text("m1")});
  const state::ClaimAnswer late =
      rig().Claim({.now_ms = state::kNowMs + state::kDayMs});
  EXPECT_EQ(late.kind, ClaimKind::kWindowClosed);
  EXPECT_EQ(late.time_ms, state::kNowMs);
  EXPECT_EQ(rig().Claim({.now_ms = state::kNowMs + state::kDayMs - 1}).kind,
            ClaimKind::kClaimed);
}

TEST_P(JournalConformance, ClaimOverTheQuotaIsRefused) {
  rig().Claim({.request_id = "r1", .quota = 1});
  const state::ClaimAnswer over = rig().Claim({.request_id = "r2", .quota = 1});
  EXPECT_EQ(over.kind, ClaimKind::kOverQuota);
  EXPECT_EQ(over.time_ms, state::kNowMs + state::kHourMs);
}

// ---- Outcomes ---------------------------------------------------------------

TEST_P(JournalConformance, OutcomeEndsTheSendAndIsAnEvent) {
  const state::MessageRow claimed = rig().Claim().message;
  const state::SendAnswer sent = rig().Settle(claimed, {.mid = "m1"});
  EXPECT_TRUE(sent.applied);
  EXPECT_EQ(sent.message.state, v1::MESSAGE_STATE_SENT);
  EXPECT_THAT(rig().Summary(), ElementsAre("1 message.sent 501 "));
  EXPECT_EQ(rig().Message(claimed.id).mid, "m1");
}

TEST_P(JournalConformance, SecondOutcomeChangesNothing) {
  const state::MessageRow claimed = rig().Claim().message;
  rig().Settle(claimed, {.mid = "m1"});
  const state::SendAnswer second =
      rig().Settle(claimed, {.state = v1::MESSAGE_STATE_FAILED});
  EXPECT_FALSE(second.applied);
  EXPECT_EQ(second.message.state, v1::MESSAGE_STATE_SENT);
  EXPECT_THAT(rig().ReadEvents(), SizeIs(1));
}

TEST_P(JournalConformance, LateOutcomeSettlesTheUnconfirmed) {
  const state::MessageRow claimed = rig().Claim().message;
  rig().Settle(claimed, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
  const state::SendAnswer late = rig().Settle(
      claimed, {.mid = "m1", .expected_state = v1::MESSAGE_STATE_UNCONFIRMED});
  EXPECT_TRUE(late.applied);
  EXPECT_EQ(rig().Message(claimed.id).state, v1::MESSAGE_STATE_SENT);
}

TEST_P(JournalConformance, OutcomeOfAnotherAttemptChangesNothing) {
  const state::MessageRow first = rig().Claim().message;
  rig().Settle(first, {.state = v1::MESSAGE_STATE_FAILED});
  const state::MessageRow second = rig().Claim().message;
  EXPECT_FALSE(rig().Settle(first, {.mid = "m1"}).applied);
  EXPECT_EQ(rig().Message(second.id).state, v1::MESSAGE_STATE_PENDING);
  EXPECT_TRUE(rig().Settle(second, {.mid = "m2"}).applied);
}

TEST_P(JournalConformance, OutcomeOfAnUnknownMessageIsRefused) {
  const state::MessageRow nobody{.id = NewRawId(),
                                 .channel_no = state::kShop.no,
                                 .channel_id = state::kShop.id,
                                 .user_id = "501",
                                 .attempt = 1};
  const Ending ending =
      rig().AppendOne(state::MakeOutcome(rig().sealer(), nobody, {}));
  EXPECT_EQ(ending.kind, Ending::Kind::kRefused);
  EXPECT_EQ(state::ReasonOf(ending.status), "INTERNAL_FAULT");
  EXPECT_EQ(rig().Deliver({Text("m1")}).events, 1) << "others are not held up";
}

// ---- Echoes -----------------------------------------------------------------

TEST_P(JournalConformance, EchoBeforeItsAnswerIsHeldAndThenOurs) {
  const state::MessageRow claimed = rig().Claim().message;
  EXPECT_EQ(rig().Deliver({Echo("m1")}).events, 1);
  EXPECT_THAT(rig().ReadEvents(), SizeIs(0)) << "nobody knows whose it is";
  rig().Settle(claimed, {.mid = "m1"});
  EXPECT_THAT(rig().Summary(),
              ElementsAre("1 message.sent 501 ", "2 message.echoed 501 hello"));
  const v1::Event echo = LastEvent(rig());
  EXPECT_EQ(echo.message_echoed().id(), FormatId(kMessagePrefix, claimed.id));
  EXPECT_EQ(echo.message_echoed().origin(), v1::MESSAGE_ORIGIN_API);
  EXPECT_THAT(rig().told_sequences(), ElementsAre(1, 2));
}

TEST_P(JournalConformance, EchoOfElsewhereIsHeldUntilNoSendIsPending) {
  const state::MessageRow claimed = rig().Claim({.text = "other"}).message;
  rig().Deliver({Echo("m1")});
  rig().Settle(claimed, {.mid = "m2"});
  EXPECT_THAT(rig().Summary(),
              ElementsAre("1 message.sent 501 ", "2 message.echoed 501 hello"));
  EXPECT_EQ(LastEvent(rig()).message_echoed().origin(),
            v1::MESSAGE_ORIGIN_ELSEWHERE);
}

TEST_P(JournalConformance, HeldEchoIsADuplicateOfItself) {
  const state::MessageRow claimed = rig().Claim().message;
  rig().Deliver({Echo("m1")});
  EXPECT_EQ(rig().Deliver({Echo("m1")}).duplicates, 1);
  rig().Settle(claimed, {.mid = "m1"});
  EXPECT_EQ(rig().Deliver({Echo("m1")}).duplicates, 1);
  EXPECT_THAT(rig().ReadEvents(), SizeIs(2));
}

TEST_P(JournalConformance, HeldEchoIsReleasedAfterAnOpening) {
  const state::MessageRow claimed = rig().Claim().message;
  rig().Deliver({Echo("m1")});
  rig().Reopen();
  rig().Settle(claimed, {.mid = "m1"});
  EXPECT_THAT(rig().Summary(),
              ElementsAre("1 message.sent 501 ", "2 message.echoed 501 hello"));
  EXPECT_EQ(LastEvent(rig()).message_echoed().origin(), v1::MESSAGE_ORIGIN_API);
}

TEST_P(JournalConformance, EchoOfTheSameTextSettlesTheUnconfirmed) {
  const state::MessageRow claimed = rig().Claim().message;
  rig().Settle(claimed, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
  rig().Deliver({Echo("m1")});
  const state::MessageRow settled = rig().Message(claimed.id);
  EXPECT_EQ(settled.state, v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(settled.settled_by, v1::SETTLED_BY_ECHO_CONTENT);
  EXPECT_EQ(settled.mid, "m1");
  EXPECT_EQ(rig().told().back().effects.messages.back().state,
            v1::MESSAGE_STATE_SENT);
}

}  // namespace
}  // namespace linktor::journal
