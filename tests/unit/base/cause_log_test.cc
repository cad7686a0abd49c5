#include "server/base/cause_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/log_capture.h"

namespace linktor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

constexpr CauseLimiter::TimePoint kBegin{std::chrono::hours(1)};
constexpr auto kTick = std::chrono::nanoseconds(1);

class CauseLimiterTest : public ::testing::Test {
 protected:
  // Offers the next line of a cause and returns its fields if it is written.
  std::optional<LogFields> Offer(const std::string& cause,
                                 CauseLimiter::TimePoint now) {
    auto line = limiter_.Offer(
        cause, {.fields = {{"n", std::to_string(++count_)}}}, now);
    if (!line.has_value()) return std::nullopt;
    return line->fields;
  }

  CauseLimiter limiter_;
  int count_ = 0;
};

TEST_F(CauseLimiterTest, TheFirstAtOnceThenOneAnIntervalWithTheNumberLeftOut) {
  EXPECT_THAT(Offer("a", kBegin), Optional(ElementsAre(Pair("n", "1"))));
  EXPECT_EQ(Offer("a", kBegin), std::nullopt);
  EXPECT_EQ(Offer("a", kBegin + CauseLimiter::kInterval - kTick), std::nullopt);
  EXPECT_THAT(Offer("a", kBegin + CauseLimiter::kInterval),
              Optional(ElementsAre(Pair("n", "4"), Pair("left_out", "2"))));
  EXPECT_THAT(Offer("a", kBegin + 2 * CauseLimiter::kInterval),
              Optional(ElementsAre(Pair("n", "5"))));
}

TEST_F(CauseLimiterTest, CausesDoNotHideOneAnother) {
  EXPECT_TRUE(Offer("a", kBegin).has_value());
  EXPECT_TRUE(Offer("b", kBegin).has_value());
}

// An operator would not hear of lines that were left out if none came after
// them.
TEST_F(CauseLimiterTest, WhatWasLeftOutIsToldWhenTheIntervalHasEnded) {
  for (int i = 0; i < 4; ++i) (void)Offer("a", kBegin);
  (void)Offer("b", kBegin);
  const auto end = kBegin + CauseLimiter::kInterval;
  EXPECT_THAT(limiter_.TakeLeftOut(end - kTick), IsEmpty());
  const auto lines = limiter_.TakeLeftOut(end);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0].fields,
              ElementsAre(Pair("n", "4"), Pair("left_out", "2")));
  EXPECT_THAT(limiter_.TakeLeftOut(end + CauseLimiter::kInterval), IsEmpty());
  // Telling it began another interval.
  EXPECT_EQ(Offer("a", end), std::nullopt);
  EXPECT_EQ(limiter_.TakeLeftOut(end, /*all=*/true).size(), 1U);
}

// Causes may be named by strangers: they must not fill the memory, and those
// beyond the limit must not fill the log.
TEST_F(CauseLimiterTest, VeryManyCausesCountAsOne) {
  for (std::size_t i = 0; i < CauseLimiter::kMaxCauses; ++i) {
    EXPECT_TRUE(Offer(absl::StrCat(i), kBegin).has_value());
  }
  EXPECT_TRUE(Offer("one more", kBegin).has_value());
  EXPECT_FALSE(Offer("and another", kBegin).has_value());
  // Causes that have been quiet give their room back.
  const auto later = kBegin + CauseLimiter::kInterval;
  EXPECT_TRUE(Offer("and another", later).has_value());
  EXPECT_TRUE(Offer("one more", later).has_value());
}

TEST(LogCauseTest, WritesTheFieldsOfTheFirst) {
  // Whatever other tests have caused is told before.
  LogLeftOutCauses(/*all=*/true);
  const LogCapture log;
  for (int i = 0; i < 3; ++i) {
    LogCause(LogLevel::kWarning, "something is wrong", "LogCauseTest",
             {{"channel", "ch_of_this_test"}});
  }
  EXPECT_EQ(log.Count("something is wrong"), 1);
  EXPECT_EQ(log.Count("ch_of_this_test"), 1);
  LogLeftOutCauses(/*all=*/true);
  EXPECT_EQ(log.Count("ch_of_this_test"), 2);
  EXPECT_EQ(log.Count("\"left_out\":\"1\""), 1);
}

}  // namespace
}  // namespace linktor
