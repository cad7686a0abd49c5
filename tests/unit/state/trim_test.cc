// Trim deletes events, dedupe keys, raw items and deliveries, request
// ids, loose echoes, counted calls.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TrimTest : public testing::Test {
 protected:
  void SetUp() override { rig_.Create(kShop); }

  std::int64_t OldestSeq() {
    return rig_.Number("SELECT oldest_seq FROM log_state");
  }

  StoreRig rig_;
};

// ---- The expiry time --------------------------------------------------------

TEST_F(TrimTest, MovesTheExpiryTimeByAtMostTwiceWhatWasMeasured) {
  EXPECT_EQ(rig_.ExpiryMs(), kNowMs) << "of the first record";
  rig_.Trim({.now_ms = kNowMs + kDayMs, .elapsed_ms = kMinuteMs});
  EXPECT_EQ(rig_.ExpiryMs(), kNowMs + 2 * kMinuteMs);
  rig_.Trim({.now_ms = kNowMs + 3 * kMinuteMs, .elapsed_ms = kMinuteMs});
  EXPECT_EQ(rig_.ExpiryMs(), kNowMs + 3 * kMinuteMs);
  rig_.Reopen();
  EXPECT_EQ(rig_.ExpiryMs(), kNowMs + 3 * kMinuteMs);
}

TEST_F(TrimTest, OtherRecordsDoNotMoveIt) {
  rig_.Deliver({{.mid = "m1"}}, kNowMs + 9 * kDayMs);
  rig_.Claim({.now_ms = kNowMs + 9 * kDayMs});
  rig_.Trim({.now_ms = kNowMs + 9 * kDayMs});
  EXPECT_EQ(rig_.ExpiryMs(), kNowMs);
}

// ---- Events -----------------------------------------------------------------

TEST_F(TrimTest, EventsByAge) {
  rig_.Deliver({{.mid = "m1"}, {.mid = "m2"}}, kNowMs);
  rig_.Deliver({{.mid = "m3"}}, kNowMs + 1);
  rig_.Deliver({{.mid = "m4"}}, kNowMs + 2);
  EXPECT_EQ(rig_.TrimAt(kNowMs + kDayMs, {.event_age_ms = kDayMs - 1}).deleted,
            2 + 2)
      << "with their items as received";
  EXPECT_EQ(rig_.ReadEvents().front().seq, 3);
  EXPECT_EQ(OldestSeq(), 3);
  EXPECT_EQ(rig_.Trim({.event_age_ms = kDayMs - 1}).deleted, 0);
  const auto oldest = rig_.data().state().OldestSeq();
  ASSERT_TRUE(oldest.ok());
  EXPECT_EQ(*oldest, 3);
  const auto oldest_ms = rig_.data().state().OldestEventMs();
  ASSERT_TRUE(oldest_ms.ok());
  EXPECT_EQ(*oldest_ms, kNowMs + 1);
  // Their mids are forgotten with them, those of the others are not.
  const DeliveryAnswer again = rig_.Deliver({{.mid = "m1"}, {.mid = "m3"}});
  EXPECT_EQ(again.events, 1);
  EXPECT_EQ(again.duplicates, 1);
}

// The newest activities are in the rows of events alone, until a run is moved.
TEST_F(TrimTest, DeletedEventsLeaveTheirCustomersActivity) {
  rig_.Deliver({{.user = "501", .mid = "m1"}, {.user = "502", .mid = "m2"}});
  ASSERT_GT(rig_.TrimAt(kNowMs + kDayMs, {.event_age_ms = 0}).deleted, 0);
  ASSERT_EQ(OldestSeq(), 2);
  for (const bool reopened : {false, true}) {
    if (reopened) rig_.Reopen();
    EXPECT_EQ(rig_.Conversation(kShop, "501").last_inbound_ms, kNowMs);
    EXPECT_EQ(rig_.Conversation(kShop, "502").last_inbound_ms, kNowMs);
  }
}

TEST_F(TrimTest, LastEventStays) {
  rig_.Deliver({{.mid = "m1"}, {.mid = "m2"}, {.mid = "m3"}});
  EXPECT_EQ(rig_.TrimAt(kNowMs + kDayMs, {.event_age_ms = 0}).deleted, 2 + 3)
      << "with all items as received";
  EXPECT_EQ(rig_.Trim({.event_age_ms = 0}).deleted, 0);
  EXPECT_EQ(OldestSeq(), 3);
  rig_.Reopen();
  rig_.Deliver({{.mid = "m4"}});
  EXPECT_EQ(rig_.ReadEvents().back().seq, 4);
}

TEST_F(TrimTest, EmptyLogIsLeftAlone) {
  EXPECT_EQ(rig_.TrimAt(kNowMs + kDayMs, {.event_age_ms = 0}).deleted, 0);
  EXPECT_EQ(OldestSeq(), 1);
}

// An erasure finds an item as received by its event.
TEST_F(TrimTest, ItemAsReceivedNeverOutlivesItsEvent) {
  rig_.Deliver({{.mid = "m1"}}, kNowMs);
  rig_.Deliver({{.mid = "m2"}}, kNowMs + kDayMs);
  rig_.Deliver({{.mid = "m3"}}, kNowMs + kDayMs);
  EXPECT_EQ(rig_.TrimAt(kNowMs + kDayMs,
                        {.event_age_ms = kHourMs, .raw_age_ms = kForeverMs})
                .deleted,
            2);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"), 2);
  EXPECT_EQ(OldestSeq(), 2);
}

// Items that are no events go in the same steps as those that are.
TEST_F(TrimTest, EventWaitsForItsItemAsReceived) {
  std::vector<ItemSpec> items(4100, {.kind = TestItem::kIssue});
  rig_.Deliver(items);
  rig_.Deliver({{.mid = "m1"}, {.mid = "m2"}});
  const TrimSpec all{.event_age_ms = 0};
  TrimAnswer answer = rig_.TrimAt(kNowMs + kDayMs, all);
  EXPECT_TRUE(answer.more);
  EXPECT_EQ(OldestSeq(), 1) << "its item is still there";
  while (answer.more) answer = rig_.Trim(all);
  EXPECT_EQ(OldestSeq(), 2);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"), 0);
}

// The log that is kept has no hole: a cursor is either expired or misses
// nothing.
TEST_F(TrimTest, EventsBehindAYoungerOneWaitForIt) {
  rig_.Deliver({{.mid = "m1"}}, kNowMs + 10 * kDayMs);
  rig_.Deliver({{.mid = "m2"}}, kNowMs);
  rig_.Deliver({{.mid = "m3"}}, kNowMs);
  EXPECT_EQ(rig_.TrimAt(kNowMs + 9 * kDayMs, {.event_age_ms = 0}).deleted, 0);
  EXPECT_EQ(rig_.TrimAt(kNowMs + 11 * kDayMs, {.event_age_ms = 0}).deleted,
            2 + 3);
}

TEST_F(TrimTest, MoreThanABatchIsTrimmedInSteps) {
  std::vector<ItemSpec> items(4100);
  for (std::size_t i = 0; i < items.size(); ++i) items[i].mid = absl::StrCat(i);
  rig_.Deliver(items);
  const TrimSpec all{.event_age_ms = 0, .raw_age_ms = 0};
  TrimAnswer answer = rig_.TrimAt(kNowMs + kDayMs, all);
  std::int64_t deleted = answer.deleted;
  int steps = 1;
  for (; answer.more; ++steps) {
    EXPECT_LE(answer.deleted, 4000);
    answer = rig_.Trim(all);
    deleted += answer.deleted;
  }
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(deleted, 4099 + 4100);
  EXPECT_EQ(OldestSeq(), 4100);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM event_mids"), 0);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"), 0);
  EXPECT_EQ(rig_.Deliver({{.mid = "0"}, {.mid = "4099"}}).duplicates, 1);
}

// ---- Dedupe keys ------------------------------------------------------------

TEST_F(TrimTest, DedupeKeysAreKeptFor72Hours) {
  const ItemSpec item{.kind = TestItem::kOther, .text = "optin"};
  EXPECT_EQ(rig_.Deliver({item}).events, 1);
  rig_.TrimAt(kNowMs + 3 * kDayMs);
  EXPECT_EQ(rig_.Deliver({item}).duplicates, 1);
  EXPECT_EQ(rig_.TrimAt(kNowMs + 3 * kDayMs + 1).deleted, 1);
  EXPECT_EQ(rig_.Deliver({item}).events, 1);
}

// Which go first must not depend on how SQLite walks the table: two copies of
// the state would differ.
TEST_F(TrimTest, OldestDedupeKeysGoFirst) {
  // Keys begin with Instagram's time: the other way round.
  constexpr int kKeys = 2100;
  std::vector<SealedRecord> records;
  records.reserve(kKeys);
  for (int i = 0; i < kKeys; ++i) {
    records.push_back(MakeDelivery(
        rig_.sealer(), kNowMs + i,
        {{.kind = TestItem::kOther, .text = "optin", .event_ms = kNowMs - i}}));
  }
  rig_.AppendTogether(std::move(records));
  EXPECT_EQ(rig_.TrimAt(kNowMs + 4 * kDayMs).deleted, kTrimRows);
  EXPECT_EQ(rig_.Number("SELECT min(born_ms) FROM dedupe"), kNowMs + kTrimRows);
}

// ---- Items as received ------------------------------------------------------

TEST_F(TrimTest, RawItemsByAge) {
  rig_.Deliver({{.mid = "m1"}, {.mid = "m2"}}, kNowMs);
  rig_.Deliver({{.mid = "m3"}}, kNowMs + 1);
  // Two items, and their delivery, which says nothing any more.
  EXPECT_EQ(rig_.TrimAt(kNowMs + kDayMs, {.raw_age_ms = kDayMs - 1}).deleted,
            3);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"), 1);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM deliveries"), 1);
  EXPECT_THAT(rig_.ReadEvents(true), SizeIs(3));
}

TEST_F(TrimTest, RawBytesAreCountedOverRestartAndRollback) {
  const std::string stored = "SELECT sum(length(sealed_raw)) FROM raw_items";
  const std::string counted = "SELECT raw_bytes FROM log_state";
  rig_.Deliver({{.mid = "m1"}, {.mid = "m2", .raw = "{\"longer\":1}"}});
  rig_.Reopen();
  rig_.Deliver({{.mid = "m3"}, {.mid = "m3"}, {.kind = TestItem::kIgnored}});
  EXPECT_EQ(rig_.Number(counted), rig_.Number(stored));
  rig_.Trim({.raw_max_bytes = 60});
  EXPECT_EQ(rig_.Number(counted), rig_.Number(stored));
}

TEST_F(TrimTest, RawItemsBySize) {
  for (const char* mid : {"m1", "m2", "m3"}) {
    rig_.Deliver({{.mid = mid, .raw = std::string(963, 'x')}});
  }
  // Each sealed item has 1000 bytes.
  ASSERT_EQ(rig_.Number("SELECT sum(length(sealed_raw)) FROM raw_items"), 3000);
  EXPECT_EQ(rig_.Trim({.raw_max_bytes = 2000}).deleted, 1);
  EXPECT_EQ(rig_.Trim({.raw_max_bytes = 1999}).deleted, 1);
  EXPECT_EQ(rig_.Trim({.raw_max_bytes = 0}).deleted, 1);
  // Deliveries stay for their age.
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM deliveries"), 3);
}

// After all raw items have gone, new ones must not take the numbers by which
// old events know theirs: one customer's JSON would be delivered as another's.
TEST_F(TrimTest, NumbersOfRawItemsAreNotUsedAgain) {
  rig_.Deliver({{.user = "501", .mid = "m1", .raw = R"({"of":"501"})"}});
  rig_.TrimAt(kNowMs + 1, {.raw_age_ms = 0});
  rig_.Reopen();
  rig_.Deliver({{.user = "502", .mid = "m2", .raw = R"({"of":"502"})"}});
  const auto events = rig_.ReadEvents(/*include_raw=*/true);
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(MergeEvent(events[0]).raw_json(), "");
  EXPECT_EQ(MergeEvent(events[1]).raw_json(), R"({"of":"502"})");
}

// Nor do those of deliveries, which bound what is trimmed.
TEST_F(TrimTest, DeliveriesWithoutItemsGoWithTheOthers) {
  for (int i = 0; i < 3; ++i) rig_.Deliver({{.kind = TestItem::kIgnored}});
  rig_.TrimAt(kNowMs + 1, {.raw_age_ms = 0});
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM deliveries"), 1)
      << "the last one keeps the number";
  rig_.Deliver({{.kind = TestItem::kIgnored}});
  EXPECT_EQ(rig_.Number("SELECT max(no) FROM deliveries"), 4);
}

// ---- Sends ------------------------------------------------------------------

TEST_F(TrimTest, RequestIdsOfEndedSendsAreKeptForAWeek) {
  const MessageRow sent = rig_.Claim({.request_id = "sent"}).message;
  rig_.Settle(sent, {.mid = "m1"});
  const MessageRow unknown = rig_.Claim({.request_id = "unknown"}).message;
  rig_.Settle(unknown, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
  rig_.Claim({.request_id = "pending"});
  rig_.TrimAt(kNowMs + 7 * kDayMs);
  EXPECT_EQ(rig_.Message(sent.id).request_id, "sent");
  EXPECT_EQ(rig_.TrimAt(kNowMs + 7 * kDayMs + 1).deleted, 1);
  EXPECT_EQ(rig_.Message(sent.id).request_id, "");
  EXPECT_EQ(rig_.Message(sent.id).state, v1::MESSAGE_STATE_SENT);
  // The id names a new send now; the others still name theirs.
  const ClaimAnswer again = rig_.Claim({.request_id = "sent"});
  EXPECT_EQ(again.kind, ClaimAnswer::Kind::kClaimed);
  EXPECT_NE(again.message.id, sent.id);
  EXPECT_EQ(rig_.Claim({.request_id = "unknown"}).kind,
            ClaimAnswer::Kind::kEnded);
  EXPECT_EQ(rig_.Claim({.request_id = "pending"}).kind,
            ClaimAnswer::Kind::kInFlight);
}

TEST_F(TrimTest, SevenDaysCountFromTheLatestAttempt) {
  const MessageRow first = rig_.Claim({}).message;
  rig_.Settle(first, {.state = v1::MESSAGE_STATE_FAILED});
  const MessageRow second = rig_.Claim({.now_ms = kNowMs + 6 * kDayMs}).message;
  rig_.Settle(second, {.mid = "m1"});
  rig_.TrimAt(kNowMs + 13 * kDayMs);
  EXPECT_EQ(rig_.Message(second.id).request_id, "r1");
  rig_.TrimAt(kNowMs + 13 * kDayMs + 1);
  EXPECT_EQ(rig_.Message(second.id).request_id, "");
}

TEST_F(TrimTest, CallsByTheirAge) {
  for (int i = 0; i < 3; ++i) {
    rig_.Claim({.request_id = absl::StrCat("r", i), .now_ms = kNowMs + i});
  }
  rig_.Claim({.user = "502", .request_id = "other", .now_ms = kNowMs});
  EXPECT_EQ(rig_.TrimAt(kNowMs + 2 * kHourMs).deleted, 0);
  EXPECT_EQ(rig_.TrimAt(kNowMs + 2 * kHourMs + 2).deleted, 3);
  EXPECT_THAT(rig_.Rows("SELECT call_ms FROM send_calls"),
              ElementsAre(std::to_string(kNowMs + 2)));
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM messages"), 4)
      << "the messages stay";
}

TEST_F(TrimTest, ManyCallsAreTrimmedInSteps) {
  constexpr int kCalls = 2001;
  std::vector<SealedRecord> claims;
  claims.reserve(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    claims.push_back(
        MakeClaim(rig_.sealer(), {.request_id = absl::StrCat("r", i)}));
  }
  rig_.AppendTogether(std::move(claims));
  const TrimAnswer first = rig_.TrimAt(kNowMs + 2 * kHourMs + 1);
  EXPECT_EQ(first.deleted, 2000);
  EXPECT_TRUE(first.more);
  const TrimAnswer second = rig_.Trim();
  EXPECT_EQ(second.deleted, 1);
  EXPECT_FALSE(second.more);
}

TEST_F(TrimTest, LooseEchoesAreKeptTwiceAsLongAsTheyCanMatch) {
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "e1", .text = "hi"}});
  EXPECT_EQ(rig_.TrimAt(kNowMs + 20 * kMinuteMs).deleted, 0);
  EXPECT_EQ(rig_.TrimAt(kNowMs + 20 * kMinuteMs + 1).deleted, 1);
  EXPECT_THAT(rig_.Rows("SELECT seq FROM unmatched_echoes"), IsEmpty());
  EXPECT_THAT(Summary(rig_.ReadEvents()), ElementsAre("message.echoed 501"));
}

// ---- Sends ------------------------------------------------------------------

class SendTrimTest : public TrimTest {
 protected:
  // Sends a message, which ends in that state.
  MessageRow Send(const std::string& request, v1::MessageState state) {
    const MessageRow message = rig_.Claim({.request_id = request}).message;
    return rig_.Settle(message, {.state = state}).message;
  }
  std::int64_t Sends() { return rig_.Number("SELECT count(*) FROM messages"); }
  static TrimSpec After(std::int64_t message_age_ms) {
    return {.event_age_ms = kDayMs, .message_age_ms = message_age_ms};
  }
};

TEST_F(SendTrimTest, EndedOnesGoWithAllOfTheirContent) {
  Send("r1", v1::MESSAGE_STATE_SENT);
  Send("r2", v1::MESSAGE_STATE_FAILED);
  Send("r3", v1::MESSAGE_STATE_UNCONFIRMED);
  // The last event of all is never deleted.
  rig_.Deliver({{.mid = "last"}});
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM contents"), 3 + 2 + 1)
      << "contents, errors, and what an echo would tell";
  rig_.TrimAt(kNowMs + 30 * kDayMs, After(30 * kDayMs));
  EXPECT_EQ(Sends(), 3);
  rig_.TrimAt(kNowMs + 30 * kDayMs + 1, After(30 * kDayMs));
  EXPECT_EQ(Sends(), 0);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM contents"), 0);
  rig_.Reopen();
  Send("r4", v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(rig_.Number("SELECT no FROM messages"), 4)
      << "no number is used again";
}

TEST_F(SendTrimTest, WithoutAnAgeAllAreKept) {
  Send("r1", v1::MESSAGE_STATE_SENT);
  rig_.TrimAt(kNowMs + 365 * kDayMs, After(0));
  EXPECT_EQ(Sends(), 1);
}

TEST_F(SendTrimTest, PendingOnesHoldUpThoseBehindThem) {
  rig_.Claim({.request_id = "r1"});
  Send("r2", v1::MESSAGE_STATE_SENT);
  rig_.TrimAt(kNowMs + 60 * kDayMs, After(30 * kDayMs));
  EXPECT_EQ(Sends(), 2);
}

// A request id is kept for 7 days, whatever the configuration says.
TEST_F(SendTrimTest, NoneGoesBeforeItsRequestId) {
  Send("r1", v1::MESSAGE_STATE_UNCONFIRMED);
  Send("r2", v1::MESSAGE_STATE_SENT);
  rig_.Deliver({{.mid = "last"}});
  rig_.TrimAt(kNowMs + 7 * kDayMs, After(kDayMs));
  EXPECT_EQ(Sends(), 2);
  rig_.TrimAt(kNowMs + 7 * kDayMs + 1, After(kDayMs));
  EXPECT_EQ(Sends(), 0);
}

// An erasure finds the events of a send by the send. Here they wait for a
// younger event that is before them.
TEST_F(SendTrimTest, NoneGoesBeforeItsEvents) {
  rig_.Deliver({{.mid = "m1"}}, kNowMs + 20 * kDayMs);
  Send("r1", v1::MESSAGE_STATE_SENT);
  rig_.Deliver({{.mid = "last"}});
  const TrimSpec spec{.event_age_ms = 40 * kDayMs,
                      .message_age_ms = 40 * kDayMs};
  rig_.TrimAt(kNowMs + 41 * kDayMs, spec);
  EXPECT_EQ(Sends(), 1);
  rig_.TrimAt(kNowMs + 60 * kDayMs + 1, spec);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM events"), 1);
  EXPECT_EQ(Sends(), 0);
}

}  // namespace
}  // namespace linktor::state
