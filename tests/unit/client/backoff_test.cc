#include "client/cpp/src/backoff.h"

#include <gtest/gtest.h>

namespace linktor::instagram {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(BackoffTest, DoublesUpToTheMost) {
  Backoff backoff([] { return 0.9999999; });
  milliseconds last(0);
  for (int i = 0; i < 20; ++i) {
    const milliseconds wait = backoff.Next();
    EXPECT_GE(wait, last);
    EXPECT_LE(wait, Backoff::kMost);
    last = wait;
  }
  EXPECT_GT(last, Backoff::kMost * 0.99);
}

TEST(BackoffTest, IsBetweenHalfAndAllOfTheStep) {
  EXPECT_EQ(Backoff([] { return 0.0; }).Next(), Backoff::kFirst / 2);
  EXPECT_EQ(Backoff([] { return 0.5; }).Next(), Backoff::kFirst * 3 / 4);
}

TEST(BackoffTest, NeverLessThanTheServerAsksFor) {
  Backoff backoff([] { return 0.0; });
  EXPECT_EQ(backoff.Next(seconds(60)), seconds(60));
  EXPECT_EQ(backoff.Next(std::chrono::nanoseconds(60'000'000'001)),
            milliseconds(60'001));
}

TEST(BackoffTest, BeginsAnewAfterASuccess) {
  Backoff backoff([] { return 0.0; });
  for (int i = 0; i < 5; ++i) (void)backoff.Next();
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), Backoff::kFirst / 2);
}

TEST(BackoffTest, RandomFractionsAreFractionsAndDiffer) {
  const double first = RandomFraction();
  bool differ = false;
  for (int i = 0; i < 100; ++i) {
    const double next = RandomFraction();
    EXPECT_GE(next, 0);
    EXPECT_LT(next, 1);
    differ = differ || next != first;
  }
  EXPECT_TRUE(differ);
}

}  // namespace
}  // namespace linktor::instagram
