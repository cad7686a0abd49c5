// Echoes that wait until it is known whose they are: their mid is unknown, and
// a send to that person is PENDING, whose answer may name it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HeldEchoTest : public testing::Test {
 protected:
  void SetUp() override { rig_.Create(kShop); }

  MessageRow Claim(const std::string& request, std::int64_t now_ms = kNowMs,
                   const std::string& text = "hello") {
    return rig_.Claim({.text = text, .request_id = request, .now_ms = now_ms})
        .message;
  }
  MessageRow Unconfirmed(const std::string& request,
                         const std::string& text = "hello") {
    return rig_
        .Settle(Claim(request, kNowMs, text),
                {.state = v1::MESSAGE_STATE_UNCONFIRMED})
        .message;
  }
  static ItemSpec EchoOf(const std::string& mid,
                         std::int64_t event_ms = kNowMs + 500,
                         const std::string& text = "hello") {
    return {.kind = TestItem::kEcho,
            .mid = mid,
            .text = text,
            .event_ms = event_ms};
  }
  void Echo(const std::string& mid, std::int64_t event_ms = kNowMs + 500,
            const std::string& text = "hello") {
    rig_.Deliver({EchoOf(mid, event_ms, text)}, event_ms + 100);
  }
  v1::MessageState StateOf(const MessageRow& message) {
    return rig_.Message(message.id).state;
  }
  std::int64_t Held() {
    return rig_.Number("SELECT count(*) FROM held_echoes");
  }
  std::vector<std::string> Told() { return Summary(rig_.ReadEvents()); }
  v1::Message LastEcho() {
    return MergeEvent(rig_.ReadEvents().back()).message_echoed();
  }

  StoreRig rig_;
};

// ---- Until when -------------------------------------------------------------

TEST_F(HeldEchoTest, AnswerThatNamesItsMidMakesItOurs) {
  const MessageRow sent = Claim("r1");
  Echo("m1");
  EXPECT_EQ(StateOf(sent), v1::MESSAGE_STATE_PENDING)
      << "the answer is under way";
  EXPECT_EQ(Held(), 1);
  EXPECT_THAT(Told(), IsEmpty());
  const SendAnswer outcome =
      rig_.Settle(sent, {.mid = "m1", .now_ms = kNowMs + 900});
  EXPECT_EQ(outcome.message.echo_ms, kNowMs + 500);
  EXPECT_EQ(outcome.message.settled_by, v1::SETTLED_BY_ANSWER);
  EXPECT_EQ(Held(), 0);
  EXPECT_THAT(Told(), ElementsAre("message.sent 501", "message.echoed 501"));
  EXPECT_EQ(LastEcho().id(), FormatId(kMessagePrefix, sent.id));
  EXPECT_EQ(LastEcho().origin(), v1::MESSAGE_ORIGIN_API);
  EXPECT_EQ(LastEcho().text(), "hello");
}

TEST_F(HeldEchoTest, AnswerWithAnotherMidMakesItOfElsewhere) {
  const MessageRow sent = Claim("r1");
  Echo("m1");
  rig_.Settle(sent, {.mid = "m9"});
  EXPECT_THAT(Told(), ElementsAre("message.sent 501", "message.echoed 501"));
  EXPECT_EQ(LastEcho().origin(), v1::MESSAGE_ORIGIN_ELSEWHERE);
  EXPECT_EQ(rig_.Message(sent.id).echo_ms, 0);
}

TEST_F(HeldEchoTest, EchoBeforeUnconfirmedSettlesItAtOnce) {
  const MessageRow claimed = Claim("r1");
  Echo("m1");
  const SendAnswer outcome =
      rig_.Settle(claimed, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
  EXPECT_TRUE(outcome.applied);
  EXPECT_EQ(outcome.message.state, v1::MESSAGE_STATE_SENT)
      << "the caller is told the latest";
  EXPECT_EQ(StateOf(claimed), v1::MESSAGE_STATE_SENT);
  EXPECT_THAT(Told(), ElementsAre("message.unconfirmed 501",
                                  "message.echoed 501", "message.sent 501"));
}

TEST_F(HeldEchoTest, HeldUntilNoneIsPending) {
  const MessageRow first = Claim("r1");
  const MessageRow second = Claim("r2", kNowMs + 1, "other");
  Echo("m1");
  rig_.Settle(first, {.mid = "m9"});
  EXPECT_EQ(Held(), 1) << "it may be the second's";
  rig_.Settle(second, {.state = v1::MESSAGE_STATE_FAILED});
  EXPECT_EQ(Held(), 0);
  EXPECT_EQ(LastEcho().origin(), v1::MESSAGE_ORIGIN_ELSEWHERE);
}

TEST_F(HeldEchoTest, AnswerReleasesItsOwnAloneWhileOthersArePending) {
  const MessageRow first = Claim("r1");
  const MessageRow second = Claim("r2", kNowMs + 1);
  Echo("m2");
  Echo("m1", kNowMs + 600);
  rig_.Settle(first, {.mid = "m1"});
  EXPECT_EQ(Held(), 1);
  EXPECT_EQ(LastEcho().id(), FormatId(kMessagePrefix, first.id));
  EXPECT_EQ(rig_.Message(first.id).echo_ms, kNowMs + 600);
  rig_.Settle(second, {.mid = "m2"});
  EXPECT_EQ(Held(), 0);
  EXPECT_EQ(LastEcho().id(), FormatId(kMessagePrefix, second.id));
}

TEST_F(HeldEchoTest, RetryOfAFailureHoldsAgain) {
  const MessageRow first = Claim("r1");
  rig_.Settle(first, {.state = v1::MESSAGE_STATE_FAILED});
  Claim("r1");
  Echo("m1");
  EXPECT_EQ(Held(), 1);
}

// ---- What is not held -------------------------------------------------------

TEST_F(HeldEchoTest, OthersEchoesAreNotHeld) {
  rig_.Create(kCafe);
  Claim("r1");
  ItemSpec other = EchoOf("m1");
  other.user = "502";
  rig_.Deliver({other});
  other = EchoOf("m1");
  other.channel = kCafe;
  rig_.Deliver({other});
  EXPECT_EQ(Held(), 0);
  EXPECT_THAT(Told(), ElementsAre("message.echoed 502", "message.echoed 501"));
}

TEST_F(HeldEchoTest, KnownMidIsNotHeld) {
  const MessageRow sent = Claim("r1");
  rig_.Settle(sent, {.mid = "m1"});
  Claim("r2");
  Echo("m1");
  EXPECT_EQ(Held(), 0);
  EXPECT_EQ(LastEcho().id(), FormatId(kMessagePrefix, sent.id));
}

TEST_F(HeldEchoTest, EchoWithoutMidIsNotHeld) {
  Claim("r1");
  Echo("");
  EXPECT_EQ(Held(), 0);
  EXPECT_EQ(LastEcho().origin(), v1::MESSAGE_ORIGIN_ELSEWHERE);
}

TEST_F(HeldEchoTest, WhatTheCustomerWritesIsNotHeld) {
  Claim("r1");
  rig_.Deliver({{.mid = "i1", .text = "hello"}});
  EXPECT_THAT(Told(), ElementsAre("message.received 501"));
}

// ---- How it is kept ---------------------------------------------------------

TEST_F(HeldEchoTest, SurvivesARestart) {
  const MessageRow sent = Claim("r1");
  rig_.Deliver({EchoOf("m1")}, kNowMs + 600);
  rig_.Reopen();
  rig_.Settle(sent, {.mid = "m1"});
  EXPECT_EQ(LastEcho().id(), FormatId(kMessagePrefix, sent.id));
  EXPECT_EQ(LastEcho().text(), "hello");
}

TEST_F(HeldEchoTest, AnotherCopyIsADuplicate) {
  const MessageRow sent = Claim("r1");
  EXPECT_EQ(rig_.Deliver({EchoOf("m1"), EchoOf("m1")}).duplicates, 1);
  rig_.Reopen();
  EXPECT_EQ(rig_.Deliver({EchoOf("m1")}).duplicates, 1);
  rig_.Settle(sent, {.mid = "m1"});
  EXPECT_EQ(rig_.Deliver({EchoOf("m1")}).duplicates, 1);
  EXPECT_THAT(Told(), ElementsAre("message.sent 501", "message.echoed 501"));
}

TEST_F(HeldEchoTest, CountsAsAnEventOfItsDelivery) {
  Claim("r1");
  EXPECT_EQ(rig_.Deliver({EchoOf("m1")}).events, 1);
}

TEST_F(HeldEchoTest, KeepsItsTimesAndItsItemAsReceived) {
  const MessageRow sent = Claim("r1");
  ItemSpec echo = EchoOf("m1");
  echo.raw = R"({"n":1})";
  rig_.Deliver({echo}, kNowMs + 700);
  rig_.Settle(sent, {.mid = "m1", .now_ms = kNowMs + 9000});
  EXPECT_EQ(rig_.Number("SELECT receive_ms FROM events WHERE seq = 2"),
            kNowMs + 700)
      << "when it came, not when it was released";
  EXPECT_EQ(rig_.Number("SELECT event_ms FROM events WHERE seq = 2"),
            kNowMs + 500);
  const v1::Event event =
      MergeEvent(rig_.ReadEvents(/*include_raw=*/true).back());
  EXPECT_EQ(event.raw_json(), R"({"n":1})");
}

TEST_F(HeldEchoTest, LiveSubscribersAreToldTheSameAsReaders) {
  const MessageRow sent = Claim("r1");
  Echo("m1");
  rig_.Settle(sent, {.mid = "m1"});
  ASSERT_THAT(rig_.batches().back(), SizeIs(2));
  CommittedEvent live = rig_.batches().back().back();
  EXPECT_EQ(live.seq, 2);
  ASSERT_THAT(OpenEvent(rig_.sealer(), live), IsOk());
  const CommittedEvent read = rig_.ReadEvents().back();
  EXPECT_EQ(*live.encoded, *read.encoded);
  EXPECT_EQ(live.decided, read.decided);
}

// ---- Settling by content ----------------------------------------------------

// Which of the two is the send's nobody can tell, in whatever order they are
// released.
TEST_F(HeldEchoTest, TwoEchoesForOneUnconfirmedStayUnknown) {
  const MessageRow claimed = Claim("r1");
  Echo("m1");
  Echo("m2", kNowMs + 600);
  rig_.Settle(claimed, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
  EXPECT_EQ(StateOf(claimed), v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_THAT(rig_.Rows("SELECT mid FROM unmatched_echoes ORDER BY seq"),
              ElementsAre("m1", "m2"));
}

TEST_F(HeldEchoTest, PendingSendOfThatTextIsWaitedFor) {
  const MessageRow unknown = Unconfirmed("r1");
  const MessageRow pending = Claim("r2", kNowMs + 100);
  Echo("m1");
  EXPECT_EQ(StateOf(unknown), v1::MESSAGE_STATE_UNCONFIRMED)
      << "the echo may be of the one under way";
  // It is.
  rig_.Settle(pending, {.mid = "m1"});
  EXPECT_EQ(StateOf(unknown), v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_EQ(rig_.Message(pending.id).echo_ms, kNowMs + 500);
  // The next one is then of the first.
  Echo("m2", kNowMs + 600);
  EXPECT_EQ(rig_.Message(unknown.id).mid, "m2");
}

TEST_F(HeldEchoTest, PendingSendThatFailedGivesTheEchoFree) {
  const MessageRow unknown = Unconfirmed("r1");
  const MessageRow pending = Claim("r2", kNowMs + 100);
  Echo("m1");
  rig_.Settle(pending, {.state = v1::MESSAGE_STATE_FAILED});
  EXPECT_EQ(rig_.Message(unknown.id).mid, "m1");
}

// Until its answer has come the echo may be of any send that is under way.
TEST_F(HeldEchoTest, PendingSendOfAnotherTextIsWaitedForToo) {
  const MessageRow unknown = Unconfirmed("r1");
  const MessageRow pending = Claim("r2", kNowMs + 100, "other text");
  Echo("m1");
  EXPECT_EQ(StateOf(unknown), v1::MESSAGE_STATE_UNCONFIRMED);
  rig_.Settle(pending, {.mid = "m9"});
  EXPECT_EQ(rig_.Message(unknown.id).mid, "m1");
}

TEST_F(HeldEchoTest, EachTextSettlesItsOwn) {
  const MessageRow yes = Unconfirmed("r1", "yes");
  const MessageRow no = Unconfirmed("r2", "no");
  const MessageRow pending = Claim("r3", kNowMs + 100);
  Echo("m1", kNowMs + 500, "no");
  Echo("m2", kNowMs + 600, "yes");
  rig_.Settle(pending, {.mid = "m9"});
  EXPECT_EQ(rig_.Message(yes.id).mid, "m2");
  EXPECT_EQ(rig_.Message(no.id).mid, "m1");
  EXPECT_THAT(Told(), ElementsAre("message.unconfirmed 501",
                                  "message.unconfirmed 501", "message.sent 501",
                                  "message.echoed 501", "message.echoed 501",
                                  "message.sent 501", "message.sent 501"));
}

}  // namespace
}  // namespace linktor::state
