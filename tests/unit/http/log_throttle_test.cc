#include "server/http/log_throttle.h"

#include <gtest/gtest.h>

namespace linktor {
namespace {

TEST(LogThrottleTest, OneLineAnInterval) {
  LogThrottle throttle;
  constexpr LogThrottle::TimePoint kBegin{std::chrono::hours(1)};
  constexpr auto kTick = std::chrono::nanoseconds(1);
  EXPECT_TRUE(throttle.Pass(kBegin));
  EXPECT_FALSE(throttle.Pass(kBegin));
  EXPECT_FALSE(throttle.Pass(kBegin + LogThrottle::kInterval - kTick));
  EXPECT_TRUE(throttle.Pass(kBegin + LogThrottle::kInterval));
  EXPECT_FALSE(throttle.Pass(kBegin + LogThrottle::kInterval + kTick));
}

}  // namespace
}  // namespace linktor
