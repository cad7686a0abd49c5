#include "server/state/expiry.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/state/record_makers.h"

namespace linktor {
namespace {

// Clocks that were never set, and set wrong.
constexpr std::int64_t k1970Ms = kMinuteMs;
constexpr std::int64_t k2100Ms = 4'102'444'800'000;

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
      {"in 2100", k2100Ms, kNowMs, kNowMs + 31 * kDayMs},
      {"in 1970", k1970Ms, kNowMs, kNowMs},
      {"before 1970", -5, kNowMs, kNowMs},
      {"expiry time in 1970", kNowMs, k1970Ms, k1970Ms + 31 * kDayMs},
      {"expiry time in 2100", kNowMs, k2100Ms, k2100Ms},
      {"no expiry time yet", kNowMs, 0, kNowMs},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(BornMs(test.time_ms, test.expiry_ms), test.born_ms) << test.name;
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
      {"a clock in 2100", k2100Ms - kNowMs, kMinuteMs, 2 * kMinuteMs},
      {"ahead of the clock", -kDayMs, kMinuteMs, kMinuteMs},
      {"a clock in 1970", k1970Ms - kNowMs, kMinuteMs, kMinuteMs},
      {"nothing measured", kDayMs, 0, 0},
      {"nothing measured, clock back", -kDayMs, 0, 0},
      {"less than nothing", kDayMs, -kMinuteMs, 0},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(MoveExpiry(kNowMs, kNowMs + test.behind_ms, test.elapsed_ms),
              kNowMs + test.moved_ms)
        << test.name;
  }
}

// A stop of that length, then a clock that is right, trimmed every hour.
struct Life {
  explicit Life(std::int64_t stopped_ms) : clock_ms(kNowMs + stopped_ms) {}
  void Pass() {
    clock_ms += kHourMs;
    expiry_ms = MoveExpiry(expiry_ms, clock_ms, kHourMs);
  }
  // How long a row lasts that is written now.
  std::int64_t LifetimeOf(std::int64_t age_ms) {
    const std::int64_t written_ms = clock_ms;
    const std::int64_t born_ms = BornMs(clock_ms, expiry_ms);
    while (born_ms >= expiry_ms - age_ms) Pass();
    return clock_ms - written_ms;
  }

  std::int64_t clock_ms;
  std::int64_t expiry_ms = kNowMs;
};

TEST(ExpiryTest, AStoppedWeekIsCaughtUpWithinAWeek) {
  Life life(7 * kDayMs);
  for (int hour = 0; hour < 7 * 24; ++hour) life.Pass();
  EXPECT_EQ(life.expiry_ms, life.clock_ms);
  life.Pass();
  EXPECT_EQ(life.expiry_ms, life.clock_ms) << "and never runs ahead";
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

// The expiry time is then years behind: a first start in 1970.
TEST(ExpiryTest, NeitherEarlyNorLateWhenTheFirstClockWasIn1970) {
  for (const std::int64_t age_days : {1, 3, 7, 30}) {
    Life life(kNowMs - k1970Ms);
    const std::int64_t lasted = life.LifetimeOf(age_days * kDayMs);
    EXPECT_GE(lasted, age_days * kDayMs) << age_days;
    EXPECT_LE(lasted, (age_days + 31) * kDayMs) << age_days;
  }
}

}  // namespace
}  // namespace linktor
