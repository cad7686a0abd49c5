// An item that waits for its message in vain becomes an event, once, and any
// other becomes none.

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

constexpr std::int64_t kGraceMs = 5 * kMinuteMs;

class WaitingItemTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    rig_.Create(kCafe);
  }
  static ItemSpec Edit(const std::string& mid) {
    return {.kind = TestItem::kWaits, .user = "501", .mid = mid, .text = mid};
  }
  ReleaseAnswer Release(std::int64_t now_ms = kNowMs + kGraceMs) {
    journal::Record record = journal::NewRecord(now_ms);
    record.mutable_release_waiting()->set_grace_ms(kGraceMs);
    const auto answer = rig_.Append<ReleaseAnswer>(SealedRecord(record));
    EXPECT_THAT(answer, IsOk());
    return answer.value_or(ReleaseAnswer());
  }
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (const CommittedEvent& committed : rig_.ReadEvents()) {
      const v1::Event event = MergeEvent(committed);
      told.push_back(absl::StrCat(event.type(), " ", event.unknown().mid()));
    }
    return told;
  }
  std::int64_t Waiting() {
    const std::int64_t rows = rig_.Number("SELECT count(*) FROM waiting_items");
    EXPECT_EQ(rig_.Number("SELECT waiting_items FROM log_state"), rows);
    return rows;
  }

  StoreRig rig_;
};

TEST_F(WaitingItemTest, InVainBecomesAnEvent) {
  const DeliveryAnswer answer = rig_.Deliver({Edit("m1")});
  EXPECT_EQ(answer.ignored, 1);
  EXPECT_EQ(Waiting(), 1);
  EXPECT_EQ(Release(kNowMs + kGraceMs - 1).events, 0);
  EXPECT_EQ(Release().events, 1);
  EXPECT_THAT(Told(), ElementsAre("instagram.unknown m1"));
  EXPECT_EQ(Waiting(), 0);
  EXPECT_EQ(Release().events, 0);
  const auto events = rig_.ReadEvents(/*include_raw=*/true);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].receive_ms, kNowMs) << "it came then";
}

TEST_F(WaitingItemTest, SurvivesARestart) {
  rig_.Deliver({Edit("m1")});
  rig_.Reopen();
  EXPECT_EQ(Waiting(), 1);
  EXPECT_EQ(Release().events, 1);
}

TEST_F(WaitingItemTest, AMessageThatFollowsIsTheOnlyEvent) {
  rig_.Deliver({Edit("m1"), Edit("m2"), Edit("m3")});
  rig_.Deliver({{.mid = "m1"}});
  rig_.Deliver({{.kind = TestItem::kPostback, .mid = "m2"}});
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "m3"}});
  EXPECT_EQ(Waiting(), 0);
  EXPECT_EQ(Release().events, 0);
  EXPECT_THAT(Told(), ElementsAre("message.received ", "instagram.postback ",
                                  "message.echoed "));
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"), 3);
}

TEST_F(WaitingItemTest, AMessageThatWasThereIsTheOnlyEvent) {
  rig_.Deliver({{.mid = "m1"}, Edit("m1")});
  EXPECT_EQ(rig_.Deliver({Edit("m1")}).ignored, 1);
  EXPECT_EQ(Waiting(), 0);
}

// A message that is not understood has come all the same.
TEST_F(WaitingItemTest, AMessageThatIsUnknownIsTheOnlyEvent) {
  rig_.Deliver({Edit("m1")});
  rig_.Deliver({{.kind = TestItem::kOther, .mid = "m1", .text = "misfit"}});
  EXPECT_EQ(Waiting(), 0);
  rig_.Deliver({Edit("m1")});
  EXPECT_EQ(Waiting(), 0);
}

// An outcome that nobody knows yet may be that of the same message.
TEST_F(WaitingItemTest, AHeldEchoIsKnownWhenItIsDue) {
  rig_.Claim({});
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "m1"}});
  rig_.Deliver({Edit("m1")});
  EXPECT_EQ(Waiting(), 0);
}

TEST_F(WaitingItemTest, ARowThatCannotBeReadHoldsUpNone) {
  rig_.Deliver({Edit("m1"), Edit("m2")});
  rig_.Close();
  rig_.ExecuteClosed(
      "UPDATE waiting_items SET sealed_item = x'ff' WHERE no = 1");
  rig_.Open();
  EXPECT_EQ(Release().events, 1);
  EXPECT_THAT(Told(), ElementsAre("instagram.unknown m2"));
  EXPECT_EQ(Waiting(), 0);
}

TEST_F(WaitingItemTest, AMidOfAnotherChannelIsAnother) {
  rig_.Deliver({Edit("m1")});
  rig_.Deliver({{.channel = kCafe, .mid = "m1"}});
  EXPECT_EQ(Waiting(), 1);
}

TEST_F(WaitingItemTest, IsToldOnce) {
  rig_.Deliver({Edit("m1")});
  ItemSpec later = Edit("m1");
  later.event_ms += 1000;
  EXPECT_EQ(rig_.Deliver({later}).ignored, 1);
  EXPECT_EQ(Waiting(), 1);
  EXPECT_EQ(Release().events, 1);
  EXPECT_EQ(rig_.Deliver({Edit("m1")}).ignored, 1);
  later.event_ms += 1000;
  EXPECT_EQ(rig_.Deliver({later}).ignored, 1);
  EXPECT_EQ(Waiting(), 0);
}

// An edit of ours accompanies a send of ours.
TEST_F(WaitingItemTest, ASendOfOursIsKnown) {
  const auto send = [this](const std::string& request, const std::string& mid) {
    const MessageRow message = rig_.Claim({.request_id = request}).message;
    rig_.Settle(message, {.mid = mid});
  };
  rig_.Deliver({Edit("m1")});
  send("r1", "m1");
  EXPECT_EQ(Waiting(), 0);
  send("r2", "m2");
  rig_.Deliver({Edit("m2")});
  EXPECT_EQ(Waiting(), 0);
}

TEST_F(WaitingItemTest, AHeldEchoIsKnownWhenItIsTold) {
  const MessageRow message = rig_.Claim({}).message;
  rig_.Deliver({Edit("m1")});
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "m1"}});
  EXPECT_EQ(Waiting(), 0);
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "m2"}});
  rig_.Deliver({Edit("m2")});
  rig_.Settle(message, {.state = v1::MESSAGE_STATE_FAILED});
  EXPECT_EQ(Waiting(), 0);
}

TEST_F(WaitingItemTest, WhatWasTakenBackWaitsForNothing) {
  rig_.Deliver({Edit("m1")});
  rig_.Deliver({{.kind = TestItem::kUnsend, .mid = "m1"}});
  EXPECT_EQ(Waiting(), 0);
  rig_.Deliver({{.kind = TestItem::kUnsend, .mid = "m2"}});
  rig_.Deliver({Edit("m2")});
  EXPECT_EQ(Waiting(), 0);
}

TEST_F(WaitingItemTest, ADeletedChannelHasNoEvents) {
  rig_.Deliver({Edit("m1")});
  rig_.Delete(kShop.id);
  EXPECT_EQ(Release().events, 0);
  EXPECT_EQ(Waiting(), 0);
  EXPECT_EQ(rig_.Deliver({Edit("m2")}).ignored, 1);
  EXPECT_EQ(Waiting(), 0);
}

TEST_F(WaitingItemTest, OneRecordReleasesABoundedNumber) {
  std::vector<ItemSpec> many;
  many.reserve(kReleaseItems + 1);
  for (int i = 0; i < kReleaseItems + 1; ++i) {
    many.push_back(Edit(absl::StrCat("m", i)));
  }
  rig_.Deliver(many);
  const ReleaseAnswer first = Release();
  EXPECT_EQ(first.events, kReleaseItems);
  EXPECT_TRUE(first.more);
  const ReleaseAnswer second = Release();
  EXPECT_EQ(second.events, 1);
  EXPECT_FALSE(second.more);
}

// A minute in another century must not make one wait for a century.
TEST_F(WaitingItemTest, AWrongClockDelaysItByAMonth) {
  rig_.Deliver({Edit("m1")}, kNowMs + 36'500 * kDayMs);
  EXPECT_EQ(Release(kNowMs + kGraceMs).events, 0);
  rig_.TrimAt(kNowMs + kDayMs);
  EXPECT_EQ(Release(kNowMs + kMostAheadMs + kGraceMs).events, 1);
}

TEST_F(WaitingItemTest, TheReaderKnowsWhatIsDue) {
  StateReader& state = rig_.data().state();
  EXPECT_FALSE(state.HasDueWaiting(kNowMs + kGraceMs, kGraceMs).value());
  rig_.Deliver({Edit("m1")});
  EXPECT_FALSE(state.HasDueWaiting(kNowMs + kGraceMs - 1, kGraceMs).value());
  EXPECT_TRUE(state.HasDueWaiting(kNowMs + kGraceMs, kGraceMs).value());
}

}  // namespace
}  // namespace linktor::state
