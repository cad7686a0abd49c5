// One wrong reading of the clock, and a server that was stopped: nothing is
// forgotten early, and everything at last.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::Each;
using ::testing::Pair;
using ClaimKind = ClaimAnswer::Kind;

constexpr std::int64_t k1970Ms = kMinuteMs;
constexpr std::int64_t k2100Ms = 4'102'444'800'000;

constexpr std::int64_t kEventAgeMs = 30 * kDayMs;
constexpr std::int64_t kRawAgeMs = 7 * kDayMs;
// The longest that a wrong clock can make something last.
constexpr std::int64_t kMostLateMs = 31 * kDayMs;

class ApplyExpiryTest : public testing::Test {
 protected:
  // The clock of the first record.
  void Start(std::int64_t clock_ms) {
    rig_ = std::make_unique<StoreRig>(StoreRig::PatientOptions(), clock_ms);
    // Durability is not tested here.
    rig_->Close();
    rig_->Open([](sqlite::Database& writer) {
      ASSERT_TRUE(writer.Execute("PRAGMA synchronous=OFF").ok());
    });
    rig_->Create(kShop, clock_ms);
  }

  // One row of each kind that expires, by a clock that says `clock_ms`.
  void Fill(std::int64_t clock_ms) {
    const std::string name = absl::StrCat("fill", ++made_);
    rig_->Deliver(
        {{.mid = name, .event_ms = clock_ms},
         {.kind = TestItem::kOther, .text = name, .event_ms = clock_ms},
         {.kind = TestItem::kEcho,
          .mid = absl::StrCat("echo", made_),
          .text = name,
          .event_ms = clock_ms}},
        clock_ms);
    const MessageRow sent =
        rig_->Claim({.user = "502", .request_id = name, .now_ms = clock_ms})
            .message;
    rig_->Settle(sent,
                 {.mid = absl::StrCat("sent", made_), .now_ms = clock_ms});
  }
  // How many rows of each kind there are.
  std::map<std::string, std::int64_t> Rows() {
    std::map<std::string, std::int64_t> rows;
    for (const char* table : {"events", "raw_items", "deliveries", "dedupe",
                              "unmatched_echoes", "send_calls"}) {
      rows[table] = rig_->Number(absl::StrCat("SELECT count(*) FROM ", table));
    }
    rows["request ids"] = rig_->Number(
        "SELECT count(*) FROM messages WHERE request_id IS NOT NULL");
    return rows;
  }
  // Housekeeping after `elapsed_ms` by a clock that says `clock_ms`.
  std::int64_t Trim(std::int64_t clock_ms, std::int64_t elapsed_ms) {
    return rig_
        ->Trim({.now_ms = clock_ms,
                .elapsed_ms = elapsed_ms,
                .event_age_ms = event_age_ms_,
                .raw_age_ms = kRawAgeMs})
        .deleted;
  }
  // Trims every six hours until the true clock shows this time.
  void LiveUntil(std::int64_t true_ms) {
    while (true_ms_ < true_ms) {
      const std::int64_t step = std::min(6 * kHourMs, true_ms - true_ms_);
      true_ms_ += step;
      Trim(true_ms_, step);
    }
  }
  // No row that was written at the true time `from_ms` goes before its age, but
  // for `slack_ms`, and all go.
  void ExpectNeitherEarlyNorNever(std::int64_t from_ms, std::int64_t slack_ms) {
    const std::vector<std::pair<std::string, std::int64_t>> ages = {
        {"unmatched_echoes", 20 * kMinuteMs},
        {"send_calls", 2 * kHourMs},
        {"dedupe", 3 * kDayMs},
        {"raw_items", kRawAgeMs},
        {"request ids", 7 * kDayMs},
        {"events", event_age_ms_}};
    const auto before = Rows();
    for (const auto& [kind, age] : ages) {
      LiveUntil(from_ms + age - slack_ms);
      EXPECT_EQ(Rows()[kind], before.at(kind)) << kind << " went early";
    }
    LiveUntil(from_ms + event_age_ms_ + kMostLateMs + kDayMs);
    auto left = Rows();
    EXPECT_LE(left["events"], 1) << "the last one stays";
    EXPECT_LE(left["deliveries"], 1) << "the last one stays";
    left.erase("events");
    left.erase("deliveries");
    EXPECT_THAT(left, Each(Pair(testing::_, 0)));
  }

  std::unique_ptr<StoreRig> rig_;
  std::int64_t event_age_ms_ = kEventAgeMs;
  std::int64_t true_ms_ = kNowMs;
  int made_ = 0;
};

// ---- A minute of a wrong clock ----------------------------------------------

class WrongMinuteTest : public ApplyExpiryTest,
                        public testing::WithParamInterface<std::int64_t> {
 protected:
  void SetUp() override { Start(kNowMs); }
  // Housekeeping runs within the minute, and after it.
  void PassWrongMinute() {
    true_ms_ += kMinuteMs;
    EXPECT_EQ(Trim(GetParam(), kMinuteMs), 0);
    true_ms_ += kMinuteMs;
    EXPECT_EQ(Trim(true_ms_, kMinuteMs), 0);
  }
};

TEST_P(WrongMinuteTest, ForgetsNothing) {
  Fill(kNowMs);
  const auto before = Rows();
  PassWrongMinute();
  EXPECT_EQ(Rows(), before);
  // Redelivered and repeated, they are known.
  EXPECT_EQ(
      rig_->Deliver(
              {{.mid = "fill1", .event_ms = kNowMs},
               {.kind = TestItem::kOther, .text = "fill1", .event_ms = kNowMs}},
              true_ms_)
          .duplicates,
      2);
  EXPECT_EQ(
      rig_->Claim({.user = "502", .request_id = "fill1", .now_ms = true_ms_})
          .kind,
      ClaimKind::kEnded);
}

// Older rows expire as if the minute had not been.
TEST_P(WrongMinuteTest, WhatCameBeforeExpiresInTime) {
  Fill(kNowMs);
  PassWrongMinute();
  ExpectNeitherEarlyNorNever(kNowMs, 5 * kMinuteMs);
}

TEST_P(WrongMinuteTest, WhatItWroteExpiresAtLastAndNotEarly) {
  Fill(GetParam());
  PassWrongMinute();
  ExpectNeitherEarlyNorNever(kNowMs, 5 * kMinuteMs);
}

TEST_P(WrongMinuteTest, WhatComesAfterwardsExpiresInTime) {
  Fill(GetParam());
  PassWrongMinute();
  rig_->TrimAt(rig_->ExpiryMs() + kMostLateMs + kEventAgeMs,
               {.event_age_ms = 0, .raw_age_ms = 0});
  true_ms_ = rig_->ExpiryMs();
  const std::int64_t from_ms = true_ms_;
  Fill(from_ms);
  Fill(from_ms);
  LiveUntil(from_ms + kEventAgeMs + kHourMs);
  const auto left = Rows();
  EXPECT_EQ(left.at("events"), 1);
  EXPECT_EQ(left.at("raw_items"), 0);
  EXPECT_EQ(left.at("dedupe"), 0);
  EXPECT_EQ(left.at("request ids"), 0);
}

TEST_P(WrongMinuteTest, WindowIsRightOnTheFirstMessageAfterwards) {
  // One message has a time from Instagram, and the other has none.
  rig_->Deliver({{.mid = "a", .event_ms = kNowMs}, {.mid = "b", .event_ms = 0}},
                GetParam());
  PassWrongMinute();
  rig_->Deliver({{.mid = "c", .event_ms = true_ms_}}, true_ms_);
  EXPECT_EQ(
      rig_->Claim({.request_id = "in", .now_ms = true_ms_ + kDayMs - 1}).kind,
      ClaimKind::kClaimed);
  EXPECT_EQ(
      rig_->Claim({.request_id = "out", .now_ms = true_ms_ + kDayMs}).kind,
      ClaimKind::kWindowClosed);
}

TEST_P(WrongMinuteTest, CallsOfTheMinuteDoNotBlockAfterwards) {
  const ClaimSpec spec{.request_id = "a", .now_ms = GetParam(), .quota = 1};
  EXPECT_EQ(rig_->Claim(spec).kind, ClaimKind::kClaimed);
  PassWrongMinute();
  EXPECT_EQ(
      rig_->Claim({.request_id = "b", .now_ms = true_ms_, .quota = 1}).kind,
      ClaimKind::kClaimed);
}

INSTANTIATE_TEST_SUITE_P(Clock, WrongMinuteTest,
                         testing::Values(k1970Ms, k2100Ms),
                         [](const auto& test) {
                           return test.param == k1970Ms ? "In1970" : "In2100";
                         });

// ---- A first start by a wrong clock -----------------------------------------

TEST_F(ApplyExpiryTest, AfterAFirstStartIn2100NothingGoesEarlyAndAllGoes) {
  Start(k2100Ms);
  Fill(k2100Ms);
  true_ms_ += kMinuteMs;
  EXPECT_EQ(Trim(k2100Ms + kMinuteMs, kMinuteMs), 0);
  Fill(true_ms_);
  ExpectNeitherEarlyNorNever(true_ms_, 5 * kMinuteMs);
}

// The expiry time is then decades behind; what is written between the clock's
// being set and the next Trim begins 31 days ahead.
TEST_F(ApplyExpiryTest, AfterAFirstStartIn1970NothingGoesEarlyAndAllGoes) {
  Start(k1970Ms);
  true_ms_ += kMinuteMs;
  Trim(k1970Ms + kMinuteMs, kMinuteMs);
  Fill(true_ms_);
  ExpectNeitherEarlyNorNever(true_ms_, 5 * kMinuteMs);
}

// Longer than the 31 days that a clock is believed.
TEST_F(ApplyExpiryTest, AfterAFirstStartIn1970EventsOf90DaysAreKeptFor90Days) {
  event_age_ms_ = 90 * kDayMs;
  Start(k1970Ms);
  LiveUntil(kNowMs + kHourMs);
  Fill(true_ms_);
  Fill(true_ms_);
  ExpectNeitherEarlyNorNever(true_ms_, 5 * kMinuteMs);
}

TEST_F(ApplyExpiryTest, AfterAFirstStartIn1970RowsLastNoLongerThanTheirAge) {
  Start(k1970Ms);
  LiveUntil(kNowMs + kHourMs);
  Fill(true_ms_);
  Fill(true_ms_);
  LiveUntil(true_ms_ + kEventAgeMs + 6 * kHourMs);
  EXPECT_EQ(Rows()["events"], 1) << "the last one stays";
}

// ---- Three months stopped ---------------------------------------------------

TEST_F(ApplyExpiryTest, AfterThreeMonthsStoppedEventsOf90DaysAreKeptFor90Days) {
  event_age_ms_ = 90 * kDayMs;
  Start(kNowMs);
  true_ms_ += 90 * kDayMs;
  rig_->Reopen();
  Trim(true_ms_, 0);
  Fill(true_ms_);
  ExpectNeitherEarlyNorNever(true_ms_, 5 * kMinuteMs);
}

// ---- A week stopped ---------------------------------------------------------

TEST_F(ApplyExpiryTest, AfterAWeekStoppedNothingGoesEarlyAndAllGoesAtLast) {
  Start(kNowMs);
  Fill(kNowMs);
  const auto before = Rows();
  rig_->Reopen();
  true_ms_ += 7 * kDayMs;
  EXPECT_EQ(Trim(true_ms_, 0), 0) << "the first one has measured nothing";
  EXPECT_EQ(Trim(true_ms_ + kMinuteMs, kMinuteMs), 0);
  EXPECT_EQ(Rows(), before);
  Fill(true_ms_);
  ExpectNeitherEarlyNorNever(true_ms_ - 7 * kDayMs, 5 * kMinuteMs);
}

TEST_F(ApplyExpiryTest, AfterAWeekStoppedNewRowsAreKeptForTheirAge) {
  Start(kNowMs);
  true_ms_ += 7 * kDayMs;
  Trim(true_ms_, 0);
  Fill(true_ms_);
  ExpectNeitherEarlyNorNever(true_ms_, 5 * kMinuteMs);
}

TEST_F(ApplyExpiryTest, AStoppedWeekIsCaughtUpWithinAWeek) {
  Start(kNowMs);
  true_ms_ += 7 * kDayMs;
  Trim(true_ms_, 0);
  EXPECT_EQ(rig_->ExpiryMs(), kNowMs);
  LiveUntil(true_ms_ + 7 * kDayMs);
  EXPECT_EQ(rig_->ExpiryMs(), true_ms_);
}

TEST_F(ApplyExpiryTest, AfterAWeekStoppedTheWindowIsRight) {
  Start(kNowMs);
  rig_->Deliver({{.mid = "a"}});
  true_ms_ += 7 * kDayMs;
  EXPECT_EQ(rig_->Claim({.request_id = "a", .now_ms = true_ms_}).kind,
            ClaimKind::kWindowClosed);
  rig_->Deliver({{.mid = "b", .event_ms = true_ms_}}, true_ms_);
  EXPECT_EQ(rig_->Claim({.request_id = "a", .now_ms = true_ms_}).kind,
            ClaimKind::kClaimed);
}

}  // namespace
}  // namespace linktor::state
