// What Trim deletes: events, dedupe keys, raw items and deliveries, request
// ids, loose echoes, counted calls.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TrimTest : public testing::Test {
 protected:
  void SetUp() override { rig_.Create(kShop, kNowMs - 100 * kDayMs); }

  std::string OldestSeq() {
    return rig_.Rows("SELECT oldest_seq FROM log_state").front();
  }

  StoreRig rig_;
};

TEST_F(TrimTest, EventsByLogTime) {
  rig_.Deliver({{.mid = "m1"}, {.mid = "m2"}}, kNowMs);
  rig_.Deliver({{.mid = "m3"}}, kNowMs + 1);
  rig_.Deliver({{.mid = "m4"}}, kNowMs + 2);
  TrimRecord trim = MakeTrim(kNowMs + kDayMs);
  trim.events_before_ms = kNowMs + 1;
  EXPECT_EQ(rig_.Trim(trim).deleted, 2);
  EXPECT_EQ(rig_.ReadEvents().front().seq, 3);
  EXPECT_EQ(OldestSeq(), "3");
  EXPECT_EQ(rig_.Number("SELECT (SELECT count(*) FROM event_mids) + "
                        "(SELECT count(*) FROM recent_mids)"),
            2);
  EXPECT_EQ(rig_.Trim(trim).deleted, 0);
}

TEST_F(TrimTest, LastEventStays) {
  rig_.Deliver({{.mid = "m1"}, {.mid = "m2"}, {.mid = "m3"}});
  TrimRecord trim = MakeTrim();
  trim.events_before_ms = kNowMs + kDayMs;
  EXPECT_EQ(rig_.Trim(trim).deleted, 2);
  EXPECT_EQ(rig_.Trim(trim).deleted, 0);
  EXPECT_EQ(OldestSeq(), "3");
  rig_.Reopen();
  rig_.Deliver({{.mid = "m4"}});
  EXPECT_EQ(rig_.ReadEvents().back().seq, 4);
}

TEST_F(TrimTest, EmptyLogIsLeftAlone) {
  TrimRecord trim = MakeTrim();
  trim.events_before_ms = kNowMs + kDayMs;
  EXPECT_EQ(rig_.Trim(trim).deleted, 0);
  EXPECT_EQ(OldestSeq(), "1");
}

TEST_F(TrimTest, MoreThanABatchIsTrimmedInSteps) {
  std::vector<ItemSpec> items(4100);
  for (std::size_t i = 0; i < items.size(); ++i) items[i].mid = absl::StrCat(i);
  rig_.Deliver(items);
  TrimRecord trim = MakeTrim();
  trim.events_before_ms = kNowMs + kDayMs;
  trim.raw_before_ms = kNowMs + kDayMs;
  std::int64_t deleted = 0;
  int steps = 0;
  for (bool more = true; more; ++steps) {
    const TrimOutcome outcome = rig_.Trim(trim);
    EXPECT_LE(outcome.deleted, 4000);
    deleted += outcome.deleted;
    more = outcome.more;
  }
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(deleted, 4099 + 4100);
  EXPECT_EQ(OldestSeq(), "4100");
  EXPECT_EQ(rig_.Number("SELECT (SELECT count(*) FROM event_mids) + "
                        "(SELECT count(*) FROM recent_mids)"),
            1);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"), 0);
}

TEST_F(TrimTest, DedupeKeysExpireByLogTime) {
  const ItemSpec item{.kind = TestItem::kOther, .text = "optin"};
  EXPECT_EQ(rig_.Deliver({item}).events, 1);
  TrimRecord trim = MakeTrim();
  trim.dedupe_before_ms = kNowMs;
  rig_.Trim(trim);
  EXPECT_EQ(rig_.Deliver({item}).duplicates, 1);
  trim.dedupe_before_ms = kNowMs + 1;
  EXPECT_EQ(rig_.Trim(trim).deleted, 1);
  EXPECT_EQ(rig_.Deliver({item}).events, 1);
}

TEST_F(TrimTest, RawItemsByAge) {
  rig_.Deliver({{.mid = "m1"}, {.mid = "m2"}}, kNowMs);
  rig_.Deliver({{.mid = "m3"}}, kNowMs + 1);
  TrimRecord trim = MakeTrim();
  trim.raw_before_ms = kNowMs + 1;
  // Two items, and their delivery, which says nothing any more.
  EXPECT_EQ(rig_.Trim(trim).deleted, 3);
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
  TrimRecord trim = MakeTrim();
  trim.raw_max_bytes = 60;
  rig_.Trim(trim);
  EXPECT_EQ(rig_.Number(counted), rig_.Number(stored));
}

TEST_F(TrimTest, RawItemsBySize) {
  for (const char* mid : {"m1", "m2", "m3"}) {
    rig_.Deliver({{.mid = mid, .raw = std::string(963, 'x')}});
  }
  // 1000 bytes each once sealed.
  ASSERT_EQ(rig_.Number("SELECT sum(length(sealed_raw)) FROM raw_items"), 3000);
  TrimRecord trim = MakeTrim();
  trim.raw_max_bytes = 2000;
  EXPECT_EQ(rig_.Trim(trim).deleted, 1);
  trim.raw_max_bytes = 1999;
  EXPECT_EQ(rig_.Trim(trim).deleted, 1);
  trim.raw_max_bytes = 0;
  EXPECT_EQ(rig_.Trim(trim).deleted, 1);
  // Deliveries stay for their age.
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM deliveries"), 3);
}

// After all raw items have gone, new ones must not take the numbers by which
// old events know theirs: one customer's JSON would be delivered as another's.
TEST_F(TrimTest, NumbersOfRawItemsAreNotUsedAgain) {
  rig_.Deliver({{.user = "501", .mid = "m1", .raw = R"({"of":"501"})"}});
  TrimRecord trim = MakeTrim();
  trim.raw_before_ms = kNowMs + 1;
  rig_.Trim(trim);
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
  TrimRecord trim = MakeTrim();
  trim.raw_before_ms = kNowMs + 1;
  rig_.Trim(trim);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM deliveries"), 1)
      << "the last one keeps the number";
  rig_.Deliver({{.kind = TestItem::kIgnored}});
  EXPECT_EQ(rig_.Number("SELECT max(no) FROM deliveries"), 4);
}

TEST_F(TrimTest, RequestIdsOfEndedSendsExpire) {
  const MessageRow sent = rig_.Claim({.request_id = "sent"}).message;
  rig_.Settle(sent, {.mid = "m1"});
  const MessageRow unknown = rig_.Claim({.request_id = "unknown"}).message;
  rig_.Settle(unknown, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
  rig_.Claim({.request_id = "pending"});
  TrimRecord trim = MakeTrim();
  trim.requests_before_ms = kNowMs;
  EXPECT_EQ(rig_.Trim(trim).deleted, 0);
  trim.requests_before_ms = kNowMs + 1;
  EXPECT_EQ(rig_.Trim(trim).deleted, 1);
  EXPECT_EQ(rig_.Message(sent.id).request_id, "");
  EXPECT_EQ(rig_.Message(sent.id).state, v1::MESSAGE_STATE_SENT);
  // The id names a new send now; the others still name theirs.
  const ClaimOutcome again = rig_.Claim({.request_id = "sent"});
  EXPECT_EQ(again.kind, ClaimOutcome::Kind::kClaimed);
  EXPECT_NE(again.message.id, sent.id);
  EXPECT_EQ(rig_.Claim({.request_id = "unknown"}).kind,
            ClaimOutcome::Kind::kEnded);
  EXPECT_EQ(rig_.Claim({.request_id = "pending"}).kind,
            ClaimOutcome::Kind::kInFlight);
}

TEST_F(TrimTest, SevenDaysCountFromTheLatestAttempt) {
  const MessageRow first = rig_.Claim({}).message;
  rig_.Settle(first, {.state = v1::MESSAGE_STATE_FAILED});
  const MessageRow second = rig_.Claim({.now_ms = kNowMs + 6 * kDayMs}).message;
  rig_.Settle(second, {.mid = "m1"});
  TrimRecord trim = MakeTrim();
  trim.requests_before_ms = kNowMs + kDayMs;
  EXPECT_EQ(rig_.Trim(trim).deleted, 0);
}

TEST_F(TrimTest, CallsByTheirTime) {
  for (int i = 0; i < 3; ++i) {
    rig_.Claim({.request_id = absl::StrCat("r", i), .now_ms = kNowMs + i});
  }
  rig_.Claim({.user = "502", .request_id = "other", .now_ms = kNowMs});
  TrimRecord trim = MakeTrim(kNowMs + kDayMs);
  trim.calls_before_ms = kNowMs;
  EXPECT_EQ(rig_.Trim(trim).deleted, 0);
  trim.calls_before_ms = kNowMs + 2;
  EXPECT_EQ(rig_.Trim(trim).deleted, 3);
  EXPECT_THAT(rig_.Rows("SELECT call_ms FROM send_calls"),
              ElementsAre(std::to_string(kNowMs + 2)));
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM messages"), 4)
      << "the messages stay";
}

TEST_F(TrimTest, ManyCallsAreTrimmedInSteps) {
  constexpr int kCalls = 2001;
  std::vector<Record> claims;
  claims.reserve(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    claims.emplace_back(
        MakeClaim(rig_.sealer(), {.request_id = absl::StrCat("r", i)}));
  }
  rig_.AppendTogether(std::move(claims));
  TrimRecord trim = MakeTrim();
  trim.calls_before_ms = kNowMs + 1;
  const TrimOutcome first = rig_.Trim(trim);
  EXPECT_EQ(first.deleted, 2000);
  EXPECT_TRUE(first.more);
  const TrimOutcome second = rig_.Trim(trim);
  EXPECT_EQ(second.deleted, 1);
  EXPECT_FALSE(second.more);
}

TEST_F(TrimTest, LooseEchoesExpireByLogTime) {
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "e1", .text = "hi"}});
  TrimRecord trim = MakeTrim();
  trim.echoes_before_ms = kNowMs;
  EXPECT_EQ(rig_.Trim(trim).deleted, 0);
  trim.echoes_before_ms = kNowMs + 1;
  EXPECT_EQ(rig_.Trim(trim).deleted, 1);
  EXPECT_THAT(rig_.Rows("SELECT seq FROM unmatched_echoes"), IsEmpty());
  EXPECT_THAT(Summary(rig_.ReadEvents()), ElementsAre("message.echoed 501"));
}

}  // namespace
}  // namespace linktor
