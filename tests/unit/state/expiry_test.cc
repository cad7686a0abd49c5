#include "server/state/expiry.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/state/record_makers.h"

namespace linktor::state {
namespace {

// Clocks that were never set, and set wrong.
constexpr std::int64_t kIn1970Ms = kMinuteMs;
constexpr std::int64_t kIn2100Ms = 4'102'444'800'000;

TEST(ExpiryTest, BornWithinTheExpiryTimeAnd31DaysAfterIt) {
  const struct {
    const char* name;
    std::int64_t time_ms;
    std::int64_t expiry_ms;
    std::int64_t born_ms;
  } kCases[] = {
      {"now", kNowMs, kNowMs, kNowMs},
      {"a week behind", kNowMs, kNowMs - 7 * kDayMs, kNowMs},
      {"31 days behind", kNowMs, kNowMs - 31 * kDayMs, kNowMs},
      {"more", kNowMs, kNowMs - 31 * kDayMs - 5, kNowMs - 5},
      {"ahead", kNowMs, kNowMs + 5, kNowMs + 5},
      {"31 days ahead", kNowMs, kNowMs + 31 * kDayMs, kNowMs + 31 * kDayMs},
      {"further ahead", kNowMs - 31 * kDayMs - 5, kNowMs, kNowMs + 31 * kDayMs},
      {"in 2100", kIn2100Ms, kNowMs, kNowMs + 31 * kDayMs},
      {"in 1970", kIn1970Ms, kNowMs, kNowMs + 31 * kDayMs},
      {"before 1970", -5, kNowMs, kNowMs + 31 * kDayMs},
      {"expiry time in 1970", kNowMs, kIn1970Ms, kIn1970Ms + 31 * kDayMs},
      {"expiry time in 2100", kNowMs, kIn2100Ms, kIn2100Ms + 31 * kDayMs},
      {"no expiry time yet", kNowMs, 0, kNowMs},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(BornMs(test.time_ms, {.time_ms = test.expiry_ms}), test.born_ms)
        << test.name;
  }
}

TEST(ExpiryTest, MovesByWhatWasMeasuredAndAtMostTwiceThat) {
  const struct {
    const char* name;
    std::int64_t behind_ms;
    std::int64_t elapsed_ms;
    std::int64_t moved_ms;
  } kCases[] = {
      {"on time", kMinuteMs, kMinuteMs, kMinuteMs},
      {"a little behind", kMinuteMs + 5, kMinuteMs, kMinuteMs + 5},
      {"just within reach", 2 * kMinuteMs, kMinuteMs, 2 * kMinuteMs},
      {"behind", kDayMs, kMinuteMs, 2 * kMinuteMs},
      {"31 days", 31 * kDayMs + kMinuteMs, kMinuteMs, 2 * kMinuteMs},
      {"more", 31 * kDayMs + kMinuteMs + 1, kMinuteMs, kMinuteMs},
      {"a clock in 2100", kIn2100Ms - kNowMs, kMinuteMs, kMinuteMs},
      {"ahead of the clock", -kDayMs, kMinuteMs, kMinuteMs},
      {"a clock in 1970", kIn1970Ms - kNowMs, kMinuteMs, kMinuteMs},
      {"nothing measured", kDayMs, 0, 0},
      {"nothing measured, clock back", -kDayMs, 0, 0},
      {"less than nothing", kDayMs, -kMinuteMs, 0},
      {"40 days measured", 40 * kDayMs, 40 * kDayMs, 40 * kDayMs},
  };
  for (const auto& test : kCases) {
    const Expiry moved =
        MoveExpiry({.time_ms = kNowMs}, {.clock_ms = kNowMs + test.behind_ms,
                                         .from_ms = kNowMs,
                                         .elapsed_ms = test.elapsed_ms});
    EXPECT_EQ(moved.time_ms, kNowMs + test.moved_ms) << test.name;
  }
}

TEST(ExpiryTest, DoesNotMoveByWhatAnotherTrimHasCounted) {
  const Expiry before{.time_ms = kNowMs, .offset_ms = 7};
  for (const std::int64_t from_ms : {kNowMs - 1, kNowMs + 1, std::int64_t{0}}) {
    const Expiry after = MoveExpiry(
        before,
        {.clock_ms = kIn2100Ms, .from_ms = from_ms, .elapsed_ms = kMinuteMs});
    EXPECT_EQ(after.time_ms, before.time_ms);
    EXPECT_EQ(after.offset_ms, before.offset_ms);
  }
}

// Another instance knows what has passed, and counts it later.
TEST(ExpiryTest, TrimThatHasMeasuredNothingSetsNoOffset) {
  for (const std::int64_t elapsed_ms : {std::int64_t{0}, -kMinuteMs}) {
    const Expiry after = MoveExpiry(
        {.time_ms = kNowMs},
        {.clock_ms = kIn2100Ms, .from_ms = kNowMs, .elapsed_ms = elapsed_ms});
    EXPECT_EQ(after.time_ms, kNowMs);
    EXPECT_EQ(after.offset_ms, 0);
  }
}

// From the next Trim on it is the time that it should be, and once the clock is
// right again, that is.
TEST(ExpiryTest, JumpOfTheClockIsCutOutOfTime) {
  for (const std::int64_t jumped_ms : {kIn1970Ms, kIn2100Ms}) {
    Expiry expiry{.time_ms = kNowMs};
    expiry = MoveExpiry(
        expiry,
        {.clock_ms = jumped_ms, .from_ms = kNowMs, .elapsed_ms = kMinuteMs});
    EXPECT_EQ(expiry.time_ms, kNowMs + kMinuteMs);
    EXPECT_EQ(BornMs(jumped_ms, expiry), kNowMs + kMinuteMs);
    EXPECT_EQ(BornMs(jumped_ms + 5, expiry), kNowMs + kMinuteMs + 5);
    EXPECT_EQ(BornMs(kNowMs + kMinuteMs, expiry), expiry.time_ms + kMostAheadMs)
        << "no Trim of the right clock came yet";
    expiry = MoveExpiry(expiry, {.clock_ms = kNowMs + 2 * kMinuteMs,
                                 .from_ms = expiry.time_ms,
                                 .elapsed_ms = kMinuteMs});
    EXPECT_EQ(expiry.time_ms, kNowMs + 2 * kMinuteMs);
    EXPECT_EQ(BornMs(kNowMs + 3 * kMinuteMs, expiry), kNowMs + 3 * kMinuteMs);
  }
}

// A stop of that length, then a clock that is right, trimmed every hour.
struct Life {
  explicit Life(std::int64_t stopped_ms) : clock_ms(kNowMs + stopped_ms) {}
  void Pass() {
    clock_ms += kHourMs;
    expiry = MoveExpiry(expiry, {.clock_ms = clock_ms,
                                 .from_ms = expiry.time_ms,
                                 .elapsed_ms = kHourMs});
  }
  // How long a row lasts that is written now.
  std::int64_t LifetimeOf(std::int64_t age_ms) {
    const std::int64_t written_ms = clock_ms;
    const std::int64_t born_ms = BornMs(clock_ms, expiry);
    while (born_ms >= expiry.time_ms - age_ms) Pass();
    return clock_ms - written_ms;
  }

  std::int64_t clock_ms;
  Expiry expiry{.time_ms = kNowMs};
};

TEST(ExpiryTest, AStoppedWeekIsCaughtUpWithinAWeek) {
  Life life(7 * kDayMs);
  for (int hour = 0; hour < 7 * 24; ++hour) life.Pass();
  EXPECT_EQ(life.expiry.time_ms, life.clock_ms);
  life.Pass();
  EXPECT_EQ(life.expiry.time_ms, life.clock_ms) << "and never runs ahead";
}

TEST(ExpiryTest, NothingExpiresEarlyAfterAStop) {
  for (const std::int64_t stopped_days : {0, 1, 7, 30, 31}) {
    for (const std::int64_t age_days : {1, 3, 7, 30, 90, 365}) {
      Life life(stopped_days * kDayMs);
      const std::int64_t lasted = life.LifetimeOf(age_days * kDayMs);
      const std::int64_t caught_up_days = (stopped_days + age_days + 1) / 2;
      EXPECT_GT(lasted, age_days * kDayMs) << stopped_days << " " << age_days;
      EXPECT_LE(lasted, std::max(age_days, caught_up_days) * kDayMs + kHourMs)
          << stopped_days << " " << age_days;
    }
  }
}

// More than the 31 days that a clock is believed, or years: a first start in
// 1970. What comes before the first Trim is late, and nothing after it.
TEST(ExpiryTest, NeitherEarlyNorLateWhenTheExpiryTimeIsFarBehind) {
  for (const std::int64_t behind_ms :
       {32 * kDayMs, 90 * kDayMs, kNowMs - kIn1970Ms}) {
    for (const std::int64_t age_days : {1, 3, 7, 30, 31, 32, 90, 365}) {
      Life life(behind_ms);
      std::int64_t lasted = life.LifetimeOf(age_days * kDayMs);
      EXPECT_GT(lasted, age_days * kDayMs) << behind_ms << " " << age_days;
      EXPECT_LE(lasted, (age_days + 31) * kDayMs + kHourMs)
          << behind_ms << " " << age_days;
      lasted = life.LifetimeOf(age_days * kDayMs);
      EXPECT_GT(lasted, age_days * kDayMs) << behind_ms << " " << age_days;
      EXPECT_LE(lasted, age_days * kDayMs + kHourMs)
          << behind_ms << " " << age_days;
    }
  }
}

}  // namespace
}  // namespace linktor::state
