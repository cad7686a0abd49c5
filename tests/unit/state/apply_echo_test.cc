// How echoes find their sends, and settle those nobody knows the outcome of.
// Echoes that are held until no send is PENDING are in apply_held_echo_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/util/time_util.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using google::protobuf::util::TimeUtil;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kEdgeMs = 10 * kMinuteMs;

class ApplyEchoTest : public testing::Test {
 protected:
  void SetUp() override { rig_.Create(kShop); }

  MessageRow Claim(const std::string& request, std::int64_t now_ms = kNowMs,
                   const std::string& text = "hello") {
    return rig_.Claim({.text = text, .request_id = request, .now_ms = now_ms})
        .message;
  }
  MessageRow Unconfirmed(const std::string& request,
                         std::int64_t now_ms = kNowMs) {
    const MessageRow claimed = Claim(request, now_ms);
    return rig_
        .Settle(claimed,
                {.state = v1::MESSAGE_STATE_UNCONFIRMED, .now_ms = now_ms})
        .message;
  }
  void Echo(const std::string& mid, std::int64_t event_ms = kNowMs + 500,
            const std::string& text = "hello") {
    rig_.Deliver({{.kind = TestItem::kEcho,
                   .mid = mid,
                   .text = text,
                   .event_ms = event_ms}},
                 event_ms + 100);
  }
  v1::MessageState StateOf(const MessageRow& message) {
    return rig_.Message(message.id).state;
  }
  std::vector<std::string> LooseMids() {
    return rig_.Rows("SELECT mid FROM unmatched_echoes ORDER BY seq");
  }

  StoreRig rig_;
};

TEST_F(ApplyEchoTest, EchoAfterTheAnswerIsKnownByItsMid) {
  const MessageRow sent = Claim("r1");
  rig_.Settle(sent, {.mid = "m1"});
  Echo("m1");
  EXPECT_EQ(rig_.Message(sent.id).echo_ms, kNowMs + 500);
  EXPECT_THAT(LooseMids(), IsEmpty());
  const v1::Event echo = MergeEvent(rig_.ReadEvents().back());
  EXPECT_EQ(echo.message_echoed().id(), FormatId(kMessagePrefix, sent.id));
  EXPECT_EQ(echo.message_echoed().origin(), v1::MESSAGE_ORIGIN_API);
  EXPECT_EQ(echo.message_echoed().request_id(), "r1");
  EXPECT_EQ(echo.message_echoed().text(), "hello");
}

// Its content matches nothing, so that the echo is an event of elsewhere at
// first.
TEST_F(ApplyEchoTest, CallerNamesTheMidOfAnEchoThatCame) {
  const MessageRow claimed = rig_.Claim({.attachment = true}).message;
  const MessageRow unknown =
      rig_.Settle(claimed, {.state = v1::MESSAGE_STATE_UNCONFIRMED}).message;
  Echo("m1");
  EXPECT_EQ(StateOf(unknown), v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_THAT(LooseMids(), ElementsAre("m1"));
  const SendAnswer resolved =
      rig_.Settle(unknown, {.mid = "m1",
                            .expected_state = v1::MESSAGE_STATE_UNCONFIRMED,
                            .settled_by = v1::SETTLED_BY_CALLER});
  EXPECT_EQ(resolved.message.echo_ms, kNowMs + 500);
  EXPECT_EQ(resolved.message.send_ms, 0) << "nobody knows";
  EXPECT_THAT(LooseMids(), IsEmpty());
  const v1::Event event = MergeEvent(rig_.ReadEvents().back());
  EXPECT_EQ(event.type(), "message.sent");
  EXPECT_EQ(event.message_sent().mid(), "m1");
  EXPECT_EQ(event.message_sent().echo_time().seconds(),
            (kNowMs + 500) / kSecondMs);
}

TEST_F(ApplyEchoTest, CallerNamesTheMidOfAnEchoThatComesLater) {
  const MessageRow claimed = rig_.Claim({.attachment = true}).message;
  const MessageRow unknown =
      rig_.Settle(claimed, {.state = v1::MESSAGE_STATE_UNCONFIRMED}).message;
  rig_.Settle(unknown, {.mid = "m1",
                        .expected_state = v1::MESSAGE_STATE_UNCONFIRMED,
                        .settled_by = v1::SETTLED_BY_CALLER});
  Echo("m1");
  const v1::Event echo = MergeEvent(rig_.ReadEvents().back());
  EXPECT_EQ(echo.message_echoed().id(), FormatId(kMessagePrefix, unknown.id))
      << "it is no second message";
  EXPECT_EQ(echo.message_echoed().settled_by(), v1::SETTLED_BY_CALLER);
}

TEST_F(ApplyEchoTest, EchoSettlesTheOneUnconfirmed) {
  const MessageRow unknown = Unconfirmed("r1");
  Echo("m1");
  const MessageRow row = rig_.Message(unknown.id);
  EXPECT_EQ(row.state, v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(row.settled_by, v1::SETTLED_BY_ECHO_CONTENT);
  EXPECT_EQ(row.mid, "m1");
  EXPECT_EQ(row.mid_key, MidKeyOf(kShop, "m1"));
  EXPECT_EQ(row.sealed_error, "");
  EXPECT_THAT(LooseMids(), IsEmpty());
  EXPECT_THAT(Summary(rig_.ReadEvents()),
              ElementsAre("message.unconfirmed 501", "message.echoed 501",
                          "message.sent 501"));
  const v1::Event event = MergeEvent(rig_.ReadEvents().back());
  EXPECT_EQ(event.message_sent().id(), FormatId(kMessagePrefix, unknown.id));
  EXPECT_EQ(event.message_sent().mid(), "m1");
  EXPECT_EQ(event.message_sent().settled_by(), v1::SETTLED_BY_ECHO_CONTENT);
  EXPECT_EQ(event.message_sent().text(), "hello")
      << "the outcome has prepared it";
  EXPECT_EQ(event.message_sent().create_time().seconds(), kNowMs / kSecondMs);
  EXPECT_TRUE(event.message_sent().has_send_time());
}

// What was prepared for an echo is kept no longer than an echo may need it.
TEST_F(ApplyEchoTest, ContentForAnEchoGoesWithTheOutcome) {
  const MessageRow unknown = Unconfirmed("r1");
  const std::int64_t prepared = rig_.Number(
      "SELECT count(*) FROM contents WHERE no = "
      "(SELECT settled_no FROM messages)");
  EXPECT_EQ(prepared, 1);
  rig_.Settle(unknown, {.mid = "m1",
                        .expected_state = v1::MESSAGE_STATE_UNCONFIRMED,
                        .settled_by = v1::SETTLED_BY_CALLER});
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM contents"), 1)
      << "that of the send itself";
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM messages WHERE settled_no IS NOT "
                        "NULL"),
            0);
}

// The times of an echo are those of the message that it is.
TEST_F(ApplyEchoTest, EchoOfASendWasMadeWhenTheSendWas) {
  const MessageRow claimed = rig_.Claim({}).message;
  rig_.Settle(claimed, {.mid = "m1", .now_ms = kNowMs + 1500});
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "m1", .text = "hello"}},
               kNowMs + 2500);
  const v1::Message echo =
      MergeEvent(rig_.ReadEvents().back()).message_echoed();
  EXPECT_EQ(TimeUtil::TimestampToMilliseconds(echo.create_time()), kNowMs);
  EXPECT_EQ(TimeUtil::TimestampToMilliseconds(echo.send_time()), kNowMs + 1500);
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "m2", .text = "other"}},
               kNowMs + 2500);
  EXPECT_EQ(
      TimeUtil::TimestampToMilliseconds(
          MergeEvent(rig_.ReadEvents().back()).message_echoed().create_time()),
      kNowMs + 2500)
      << "nobody here has sent it";
}

TEST_F(ApplyEchoTest, AnswerAfterTheEchoSettledItIsLate) {
  const MessageRow unknown = Unconfirmed("r1");
  Echo("m1");
  EXPECT_FALSE(
      rig_.Settle(unknown, {.state = v1::MESSAGE_STATE_FAILED,
                            .expected_state = v1::MESSAGE_STATE_UNCONFIRMED})
          .applied);
}

TEST_F(ApplyEchoTest, WithinTenMinutesOfTheClaim) {
  const struct {
    const char* name;
    std::int64_t echo_ms;
    bool settles;
  } kCases[] = {{"edge", kNowMs + kEdgeMs, true},
                {"beyond", kNowMs + kEdgeMs + 1, false},
                {"skew", kNowMs - 2000, true},
                {"before", kNowMs - 2001, false}};
  for (const auto& test : kCases) {
    StoreRig rig;
    rig.Create(kShop);
    const MessageRow claimed = rig.Claim({}).message;
    rig.Settle(claimed, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
    rig.Deliver({{.kind = TestItem::kEcho,
                  .mid = "m1",
                  .text = "hello",
                  .event_ms = test.echo_ms}});
    EXPECT_EQ(rig.Message(claimed.id).state == v1::MESSAGE_STATE_SENT,
              test.settles)
        << test.name;
  }
}

TEST_F(ApplyEchoTest, TwoUnconfirmedOfOneTextStayUnknown) {
  const MessageRow first = Unconfirmed("r1");
  const MessageRow second = Unconfirmed("r2", kNowMs + 10);
  Echo("m1");
  EXPECT_EQ(StateOf(first), v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_EQ(StateOf(second), v1::MESSAGE_STATE_UNCONFIRMED);
  // A second echo does not say which is whose either.
  Echo("m2", kNowMs + 600);
  EXPECT_EQ(StateOf(first), v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_EQ(StateOf(second), v1::MESSAGE_STATE_UNCONFIRMED);
}

// Its answer may still say that the echo is its own.
TEST_F(ApplyEchoTest, EarlierEchoWaitsForAPendingSendOfItsText) {
  Echo("m1", kNowMs);
  const MessageRow unknown = Claim("r1", kNowMs + 200);
  const MessageRow pending = Claim("r2", kNowMs + 300);
  rig_.Settle(unknown, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
  EXPECT_EQ(StateOf(unknown), v1::MESSAGE_STATE_UNCONFIRMED);
  rig_.Settle(pending, {.mid = "m2"});
  EXPECT_EQ(rig_.Message(unknown.id).mid, "m1");
}

// One that is weeks old and was never settled is no candidate any more; it
// must not keep all later ones of that text unknown for ever.
TEST_F(ApplyEchoTest, OldUnconfirmedIsNoCandidate) {
  const MessageRow old = Unconfirmed("r1", kNowMs - kDayMs);
  const MessageRow recent = Unconfirmed("r2");
  Echo("m1");
  EXPECT_EQ(StateOf(old), v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_EQ(StateOf(recent), v1::MESSAGE_STATE_SENT);
}

// The first settles; the second is of elsewhere.
TEST_F(ApplyEchoTest, SecondIdenticalEchoIsOfElsewhere) {
  const MessageRow unknown = Unconfirmed("r1");
  Echo("m1");
  Echo("m2", kNowMs + 600);
  EXPECT_EQ(rig_.Message(unknown.id).mid, "m1");
  EXPECT_THAT(LooseMids(), ElementsAre("m2"));
  EXPECT_EQ(MergeEvent(rig_.ReadEvents().back()).message_echoed().origin(),
            v1::MESSAGE_ORIGIN_ELSEWHERE);
}

TEST_F(ApplyEchoTest, OtherTextUserOrChannelSettlesNothing) {
  rig_.Create(kCafe);
  const MessageRow unknown = Unconfirmed("r1");
  Echo("m1", kNowMs + 500, "hello!");
  ItemSpec echo{.kind = TestItem::kEcho,
                .user = "502",
                .mid = "m2",
                .text = "hello",
                .event_ms = kNowMs + 500};
  rig_.Deliver({echo});
  echo.user = "501";
  echo.channel = kCafe;
  rig_.Deliver({echo});
  EXPECT_EQ(StateOf(unknown), v1::MESSAGE_STATE_UNCONFIRMED);
}

TEST_F(ApplyEchoTest, WhatMatchesNothingIsNotSettledByContent) {
  const MessageRow claimed = rig_.Claim({.attachment = true}).message;
  rig_.Settle(claimed, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
  rig_.Deliver({{.kind = TestItem::kEcho,
                 .mid = "m1",
                 .text = "hello",
                 .attachment = true}});
  EXPECT_EQ(StateOf(claimed), v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_THAT(LooseMids(), IsEmpty());
  // Nor by one whose content could match.
  Echo("m2");
  EXPECT_EQ(StateOf(claimed), v1::MESSAGE_STATE_UNCONFIRMED);
}

TEST_F(ApplyEchoTest, FailedAndSentAreNotSettledByContent) {
  const MessageRow failed = Claim("r1");
  rig_.Settle(failed, {.state = v1::MESSAGE_STATE_FAILED});
  const MessageRow sent = Claim("r2");
  rig_.Settle(sent, {.mid = "m9"});
  Echo("m1");
  EXPECT_EQ(StateOf(failed), v1::MESSAGE_STATE_FAILED);
  EXPECT_EQ(rig_.Message(sent.id).mid, "m9");
}

TEST_F(ApplyEchoTest, RedeliveredEchoSettlesOnce) {
  const MessageRow unknown = Unconfirmed("r1");
  Echo("m1");
  const MessageRow next = Unconfirmed("r2", kNowMs + 700);
  Echo("m1");
  EXPECT_EQ(StateOf(unknown), v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(StateOf(next), v1::MESSAGE_STATE_UNCONFIRMED);
}

TEST_F(ApplyEchoTest, EchoWithoutTimeCountsFromItsReceipt) {
  const MessageRow unknown = Unconfirmed("r1");
  rig_.Deliver(
      {{.kind = TestItem::kEcho, .mid = "m1", .text = "hello", .event_ms = 0}},
      kNowMs + 250);
  EXPECT_EQ(rig_.Message(unknown.id).echo_ms, kNowMs + 250);
}

}  // namespace
}  // namespace linktor::state
