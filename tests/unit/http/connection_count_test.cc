#include "server/http/connection_count.h"

#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <utility>

namespace linktor::http {
namespace {

using Place = HttpConnectionCount::Place;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;

TEST(HttpConnectionCountTest, PlaceGoesBackOnce) {
  HttpConnectionCount count(1, 1);
  std::optional<Place> first = count.Enter("192.0.2.1");
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->address(), "192.0.2.1");
  {
    const Place moved = *std::move(first);
    first.reset();
    EXPECT_FALSE(count.Enter("192.0.2.2").has_value());
  }
  EXPECT_TRUE(count.Enter("192.0.2.2").has_value());
}

TEST(HttpConnectionCountTest, LimitsOneAddress) {
  HttpConnectionCount count(3, 1);
  const std::optional<Place> first = count.Enter("192.0.2.1");
  EXPECT_FALSE(count.Enter("192.0.2.1").has_value());
  EXPECT_TRUE(count.Enter("192.0.2.2").has_value());
}

TEST(HttpConnectionCountTest, WaitEndsWithTheLastPlace) {
  HttpConnectionCount count(2, 2);
  std::optional<Place> first = count.Enter("192.0.2.1");
  std::optional<Place> second = count.Enter("192.0.2.1");
  auto none =
      std::async(std::launch::async, [&] { return count.WaitUntilNone(1h); });
  first.reset();
  EXPECT_EQ(none.wait_for(0ms), std::future_status::timeout);
  second.reset();
  EXPECT_TRUE(none.get());
}

TEST(HttpConnectionCountTest, WaitEndsWithItsTime) {
  HttpConnectionCount count(1, 1);
  EXPECT_TRUE(count.WaitUntilNone(0ms));
  const std::optional<Place> held = count.Enter("192.0.2.1");
  EXPECT_FALSE(count.WaitUntilNone(0ms));
  EXPECT_FALSE(count.WaitUntilNone(1ms));
}

}  // namespace
}  // namespace linktor::http
