// The computer's clock jumps two days ahead or back and is put right again.
// Instagram's clock, from which the times of messages come, is right
// throughout. Meanwhile the gateway may be wrong by the jump: it then refuses
// what Instagram would take, or asks Instagram, which refuses. Nothing of it
// may last once the clock is right, beyond what each test says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/base/status.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using Kind = ClaimOutcome::Kind;

// The right time at the beginning of each test.
constexpr std::int64_t kTrueMs = kNowMs;
constexpr std::int64_t kAheadMs = kTrueMs + 2 * kDayMs;
constexpr std::int64_t kBackMs = kTrueMs - 2 * kDayMs;
// A clock that was, once, at 2100-01-01.
constexpr std::int64_t kFarAheadMs = 4'102'444'800'000;

class ClockJumpTest : public testing::Test {
 protected:
  void SetUp() override { rig_.Create(kShop, kTrueMs - 10 * kDayMs); }

  // The customer writes at `event_ms`; our clock says `clock_ms`.
  void Write(std::int64_t event_ms, std::int64_t clock_ms) {
    rig_.Deliver({{.mid = absl::StrCat("i", ++made_), .event_ms = event_ms}},
                 clock_ms);
  }
  absl::Status RefusalAt(std::int64_t clock_ms, int quota = 0) {
    return rig_
        .Claim({.request_id = absl::StrCat("r", ++made_),
                .now_ms = clock_ms,
                .quota = quota})
        .refusal;
  }
  // As many as `quota` allows, and it is tried. Returns how many that was.
  int ClaimAll(std::int64_t clock_ms, int quota) {
    int claimed = 0;
    for (int i = 0; i < 10; ++i) {
      if (RefusalAt(clock_ms, quota).ok()) ++claimed;
    }
    return claimed;
  }

  StoreRig rig_;
  int made_ = 0;
};

constexpr char kClosed[] = "OUTSIDE_MESSAGING_WINDOW";

// ---- The window -------------------------------------------------------------

TEST_F(ClockJumpTest, AheadTheWindowSeemsClosedAndIsRightAfterwards) {
  Write(kTrueMs, kAheadMs);
  EXPECT_THAT(RefusalAt(kAheadMs), HasReason(kClosed));
  EXPECT_THAT(RefusalAt(kTrueMs + kMinuteMs), IsOk());
  EXPECT_THAT(RefusalAt(kTrueMs + kDayMs - 1), IsOk());
  EXPECT_THAT(RefusalAt(kTrueMs + kDayMs), HasReason(kClosed));
}

TEST_F(ClockJumpTest, AfterAClockWasAheadNewMessagesOpenTheirOwn24Hours) {
  Write(kTrueMs, kFarAheadMs);
  rig_.Reopen();
  Write(kTrueMs + kHourMs, kTrueMs + kHourMs);
  EXPECT_THAT(RefusalAt(kTrueMs + 25 * kHourMs - 1), IsOk());
  EXPECT_THAT(RefusalAt(kTrueMs + 25 * kHourMs), HasReason(kClosed));
}

// Log time stays ahead for 74 years; the window must not.
TEST_F(ClockJumpTest, AfterAClockWasAheadUntimedMessagesDoNotOpenItForEver) {
  rig_.Trim(MakeTrim(kFarAheadMs));
  Write(0, kTrueMs);
  EXPECT_THAT(RefusalAt(kTrueMs + kDayMs - 1), IsOk());
  EXPECT_THAT(RefusalAt(kTrueMs + kDayMs), HasReason(kClosed));
}

// Nobody knows better when it came.
TEST_F(ClockJumpTest, AheadAnUntimedMessageOpensItForTheJumpLonger) {
  Write(0, kAheadMs);
  EXPECT_THAT(RefusalAt(kTrueMs), IsOk());
  EXPECT_THAT(RefusalAt(kAheadMs + kDayMs - 1), IsOk());
  EXPECT_THAT(RefusalAt(kAheadMs + kDayMs), HasReason(kClosed));
}

TEST_F(ClockJumpTest, BackAMessageOpensTheWholeWindow) {
  rig_.Trim(MakeTrim(kTrueMs));
  rig_.Reopen();
  Write(kTrueMs, kBackMs);
  EXPECT_THAT(RefusalAt(kBackMs), IsOk());
  EXPECT_THAT(RefusalAt(kTrueMs + kDayMs - 1), IsOk());
  EXPECT_THAT(RefusalAt(kTrueMs + kDayMs), HasReason(kClosed));
}

TEST_F(ClockJumpTest, BackTheOpenWindowStaysOpen) {
  Write(kTrueMs, kTrueMs);
  EXPECT_THAT(RefusalAt(kBackMs), IsOk());
  EXPECT_THAT(RefusalAt(kTrueMs + kMinuteMs), IsOk());
}

// Instagram refuses meanwhile.
TEST_F(ClockJumpTest, BackAClosedWindowSeemsOpenAndIsClosedAfterwards) {
  Write(kTrueMs - 30 * kHourMs, kTrueMs - 30 * kHourMs);
  EXPECT_THAT(RefusalAt(kTrueMs), HasReason(kClosed));
  EXPECT_THAT(RefusalAt(kBackMs), IsOk());
  EXPECT_THAT(RefusalAt(kTrueMs), HasReason(kClosed));
}

// On a clock that nobody has ever set the message is of that time: later it
// seems older than it is, until the customer writes again.
TEST_F(ClockJumpTest, BehindFromTheStartLocksOutUntilTheNextMessage) {
  Write(kTrueMs, kBackMs);
  EXPECT_THAT(RefusalAt(kBackMs + kMinuteMs), IsOk());
  EXPECT_THAT(RefusalAt(kTrueMs + kMinuteMs), HasReason(kClosed));
  Write(kTrueMs + kHourMs, kTrueMs + kHourMs);
  EXPECT_THAT(RefusalAt(kTrueMs + kHourMs), IsOk());
}

// ---- The quota --------------------------------------------------------------

TEST_F(ClockJumpTest, CallsMadeAheadDoNotBlockWhenTheClockIsRightAgain) {
  EXPECT_EQ(ClaimAll(kAheadMs, 3), 3);
  EXPECT_EQ(ClaimAll(kTrueMs, 3), 3);
  // They count for an hour when their time comes.
  const absl::Status blocked = RefusalAt(kAheadMs + 10 * kMinuteMs, 3);
  EXPECT_THAT(blocked, HasReason("RATE_LIMITED"));
  EXPECT_EQ(RetryDelayOf(blocked), absl::Minutes(50));
  EXPECT_EQ(ClaimAll(kAheadMs + kHourMs, 3), 3);
}

TEST_F(ClockJumpTest, AheadTheHourBeginsAnewAndIsCountedAfterwards) {
  EXPECT_EQ(ClaimAll(kTrueMs, 3), 3);
  EXPECT_EQ(ClaimAll(kAheadMs, 3), 3);
  EXPECT_THAT(RefusalAt(kTrueMs + kMinuteMs, 3), HasReason("RATE_LIMITED"));
  EXPECT_EQ(ClaimAll(kTrueMs + kHourMs, 3), 3);
}

TEST_F(ClockJumpTest, BackTheHourBeginsAnewAndIsCountedAfterwards) {
  EXPECT_EQ(ClaimAll(kTrueMs, 3), 3);
  EXPECT_EQ(ClaimAll(kBackMs, 3), 3);
  const absl::Status blocked = RefusalAt(kBackMs + kMinuteMs, 3);
  EXPECT_EQ(RetryDelayOf(blocked), absl::Minutes(59)) << "never longer";
  EXPECT_THAT(RefusalAt(kTrueMs + kMinuteMs, 3), HasReason("RATE_LIMITED"));
  EXPECT_EQ(ClaimAll(kTrueMs + kHourMs, 3), 3);
}

// Housekeeping on a clock that is ahead drops the hour's calls.
TEST_F(ClockJumpTest, TrimmedAheadTheHourBeginsAnew) {
  EXPECT_EQ(ClaimAll(kTrueMs, 3), 3);
  TrimRecord trim = MakeTrim(kAheadMs);
  trim.calls_before_ms = kAheadMs - 2 * kHourMs;
  rig_.Trim(trim);
  EXPECT_EQ(ClaimAll(kTrueMs + kMinuteMs, 3), 3);
}

// ---- Opt-out ----------------------------------------------------------------

TEST_F(ClockJumpTest, OptOutHoldsWhateverTheClockSays) {
  rig_.OptOut({.now_ms = kAheadMs});
  for (const std::int64_t now : {kBackMs, kTrueMs, kAheadMs + 9 * kDayMs}) {
    EXPECT_THAT(RefusalAt(now), HasReason("RECIPIENT_OPTED_OUT"));
  }
  rig_.OptOut({.opted_out = false, .now_ms = kBackMs});
  EXPECT_THAT(RefusalAt(kTrueMs), IsOk());
}

}  // namespace
}  // namespace linktor
