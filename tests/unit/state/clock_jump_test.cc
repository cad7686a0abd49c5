// The computer's clock jumps two days ahead or back and is put right again.
// Instagram's clock, from which the times of messages come, is right
// throughout. Meanwhile the gateway may be wrong by the jump: it then refuses
// what Instagram would take, or asks Instagram, which refuses. Nothing of it
// may last once the clock is right, beyond what each test says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ClaimKind = ClaimAnswer::Kind;

// The right time at the beginning of each test.
constexpr std::int64_t kTrueMs = kNowMs;
constexpr std::int64_t kAheadMs = kTrueMs + 2 * kDayMs;
constexpr std::int64_t kBackMs = kTrueMs - 2 * kDayMs;
// The folder was made, and the channel created, before.
constexpr std::int64_t kStartMs = kTrueMs - 10 * kDayMs;
// A clock that was, once, at 2100-01-01.
constexpr std::int64_t kFarAheadMs = 4'102'444'800'000;

class ClockJumpTest : public testing::Test {
 protected:
  void SetUp() override { rig_.Create(kShop, kStartMs); }

  // The customer writes at `event_ms`; our clock says `clock_ms`.
  void Write(std::int64_t event_ms, std::int64_t clock_ms) {
    rig_.Deliver({{.mid = absl::StrCat("i", ++made_), .event_ms = event_ms}},
                 clock_ms);
  }
  ClaimAnswer ClaimAt(std::int64_t clock_ms, int quota = 0) {
    return rig_.Claim({.request_id = absl::StrCat("r", ++made_),
                       .now_ms = clock_ms,
                       .quota = quota});
  }
  ClaimKind KindAt(std::int64_t clock_ms, int quota = 0) {
    return ClaimAt(clock_ms, quota).kind;
  }
  // As many as `quota` allows, and it is tried. Returns how many that was.
  int ClaimAll(std::int64_t clock_ms, int quota) {
    int claimed = 0;
    for (int i = 0; i < 10; ++i) {
      if (KindAt(clock_ms, quota) == ClaimKind::kClaimed) ++claimed;
    }
    return claimed;
  }

  StoreRig rig_{StoreRig::PatientOptions(), kStartMs};
  int made_ = 0;
};

// ---- The window -------------------------------------------------------------

TEST_F(ClockJumpTest, AheadTheWindowSeemsClosedAndIsRightAfterwards) {
  Write(kTrueMs, kAheadMs);
  EXPECT_EQ(KindAt(kAheadMs), ClaimKind::kWindowClosed);
  EXPECT_EQ(KindAt(kTrueMs + kMinuteMs), ClaimKind::kClaimed);
  EXPECT_EQ(KindAt(kTrueMs + kDayMs - 1), ClaimKind::kClaimed);
  EXPECT_EQ(KindAt(kTrueMs + kDayMs), ClaimKind::kWindowClosed);
}

TEST_F(ClockJumpTest, AfterAClockWasAheadNewMessagesOpenTheirOwn24Hours) {
  Write(kTrueMs, kFarAheadMs);
  rig_.Reopen();
  Write(kTrueMs + kHourMs, kTrueMs + kHourMs);
  EXPECT_EQ(KindAt(kTrueMs + 25 * kHourMs - 1), ClaimKind::kClaimed);
  EXPECT_EQ(KindAt(kTrueMs + 25 * kHourMs), ClaimKind::kWindowClosed);
}

// The next message puts right what was stamped then.
TEST_F(ClockJumpTest, UntimedMessageOfAClockFarAheadCountsUntilTheNextOne) {
  Write(0, kFarAheadMs);
  Write(kTrueMs, kTrueMs);
  EXPECT_EQ(KindAt(kTrueMs + kDayMs - 1), ClaimKind::kClaimed);
  EXPECT_EQ(KindAt(kTrueMs + kDayMs), ClaimKind::kWindowClosed);
}

TEST_F(ClockJumpTest, AfterAClockWasAheadUntimedMessagesDoNotOpenItForEver) {
  rig_.Trim({.now_ms = kFarAheadMs, .elapsed_ms = kMinuteMs});
  Write(0, kTrueMs);
  EXPECT_EQ(KindAt(kTrueMs + kDayMs - 1), ClaimKind::kClaimed);
  EXPECT_EQ(KindAt(kTrueMs + kDayMs), ClaimKind::kWindowClosed);
}

// Nobody knows better when it came.
TEST_F(ClockJumpTest, AheadAnUntimedMessageOpensItForTheJumpLonger) {
  Write(0, kAheadMs);
  EXPECT_EQ(KindAt(kTrueMs), ClaimKind::kClaimed);
  EXPECT_EQ(KindAt(kAheadMs + kDayMs - 1), ClaimKind::kClaimed);
  EXPECT_EQ(KindAt(kAheadMs + kDayMs), ClaimKind::kWindowClosed);
}

TEST_F(ClockJumpTest, BackTheOpenWindowStaysOpen) {
  Write(kTrueMs, kTrueMs);
  EXPECT_EQ(KindAt(kBackMs), ClaimKind::kClaimed);
  EXPECT_EQ(KindAt(kTrueMs + kMinuteMs), ClaimKind::kClaimed);
}

// Instagram refuses meanwhile.
TEST_F(ClockJumpTest, BackAClosedWindowSeemsOpenAndIsClosedAfterwards) {
  Write(kTrueMs - 30 * kHourMs, kTrueMs - 30 * kHourMs);
  EXPECT_EQ(KindAt(kTrueMs), ClaimKind::kWindowClosed);
  EXPECT_EQ(KindAt(kBackMs), ClaimKind::kClaimed);
  EXPECT_EQ(KindAt(kTrueMs), ClaimKind::kWindowClosed);
}

// The message is of that time: later it seems older than it is, until the
// customer writes again.
TEST_F(ClockJumpTest, BackAMessageLocksOutUntilTheNextMessage) {
  rig_.Trim({.now_ms = kTrueMs, .elapsed_ms = kMinuteMs});
  Write(kTrueMs, kBackMs);
  EXPECT_EQ(KindAt(kBackMs + kMinuteMs), ClaimKind::kClaimed);
  EXPECT_EQ(KindAt(kTrueMs + kMinuteMs), ClaimKind::kWindowClosed);
  Write(kTrueMs + kHourMs, kTrueMs + kHourMs);
  EXPECT_EQ(KindAt(kTrueMs + kHourMs), ClaimKind::kClaimed);
}

// ---- The quota --------------------------------------------------------------

TEST_F(ClockJumpTest, CallsMadeAheadDoNotBlockWhenTheClockIsRightAgain) {
  EXPECT_EQ(ClaimAll(kAheadMs, 3), 3);
  EXPECT_EQ(ClaimAll(kTrueMs, 3), 3);
  // They count for an hour when their time comes.
  const ClaimAnswer blocked = ClaimAt(kAheadMs + 10 * kMinuteMs, 3);
  EXPECT_EQ(blocked.kind, ClaimKind::kOverQuota);
  EXPECT_EQ(blocked.time_ms, kAheadMs + kHourMs);
  EXPECT_EQ(ClaimAll(kAheadMs + kHourMs, 3), 3);
}

TEST_F(ClockJumpTest, AheadTheHourBeginsAnewAndIsCountedAfterwards) {
  EXPECT_EQ(ClaimAll(kTrueMs, 3), 3);
  EXPECT_EQ(ClaimAll(kAheadMs, 3), 3);
  EXPECT_EQ(KindAt(kTrueMs + kMinuteMs, 3), ClaimKind::kOverQuota);
  EXPECT_EQ(ClaimAll(kTrueMs + kHourMs, 3), 3);
}

TEST_F(ClockJumpTest, BackTheHourBeginsAnewAndIsCountedAfterwards) {
  EXPECT_EQ(ClaimAll(kTrueMs, 3), 3);
  EXPECT_EQ(ClaimAll(kBackMs, 3), 3);
  EXPECT_EQ(ClaimAt(kBackMs + kMinuteMs, 3).time_ms, kBackMs + kHourMs)
      << "never longer than an hour";
  EXPECT_EQ(KindAt(kTrueMs + kMinuteMs, 3), ClaimKind::kOverQuota);
  EXPECT_EQ(ClaimAll(kTrueMs + kHourMs, 3), 3);
}

// Housekeeping on a clock that is ahead forgets no call of the hour.
TEST_F(ClockJumpTest, TrimmedAheadTheHourIsStillCounted) {
  EXPECT_EQ(ClaimAll(kTrueMs, 3), 3);
  EXPECT_EQ(rig_.Trim({.now_ms = kAheadMs, .elapsed_ms = kMinuteMs}).deleted,
            0);
  EXPECT_EQ(ClaimAll(kTrueMs + kMinuteMs, 3), 0);
}

// ---- Opt-out ----------------------------------------------------------------

TEST_F(ClockJumpTest, OptOutHoldsWhateverTheClockSays) {
  rig_.OptOut({.now_ms = kAheadMs});
  for (const std::int64_t now : {kBackMs, kTrueMs, kAheadMs + 9 * kDayMs}) {
    EXPECT_EQ(KindAt(now), ClaimKind::kOptedOut);
  }
  rig_.OptOut({.opted_out = false, .now_ms = kBackMs});
  EXPECT_EQ(KindAt(kTrueMs), ClaimKind::kClaimed);
}

}  // namespace
}  // namespace linktor::state
