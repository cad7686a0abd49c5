#include "server/http/budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <latch>
#include <limits>
#include <thread>

namespace linktor::http {
namespace {

TEST(HttpBudgetTest, TakesUpToTheLimit) {
  HttpBudget budget(100);
  EXPECT_TRUE(budget.Take(60));
  EXPECT_FALSE(budget.Take(41));
  EXPECT_EQ(budget.used(), 60U);
  EXPECT_TRUE(budget.Take(40));
  EXPECT_FALSE(budget.Take(1));
  budget.Give(100);
  EXPECT_EQ(budget.used(), 0U);
}

TEST(HttpBudgetTest, ToAskTakesNothing) {
  HttpBudget budget(100);
  ASSERT_TRUE(budget.Take(60));
  EXPECT_TRUE(budget.Fits(40));
  EXPECT_FALSE(budget.Fits(41));
  EXPECT_EQ(budget.used(), 60U);
}

// A sum of the two would begin again at 0.
TEST(HttpBudgetTest, NoNumberIsTooLargeToBeRefused) {
  HttpBudget budget(100);
  ASSERT_TRUE(budget.Take(60));
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  EXPECT_FALSE(budget.Take(kMost));
  EXPECT_FALSE(budget.Take(kMost - 59));
  EXPECT_FALSE(budget.Fits(kMost));
  EXPECT_EQ(budget.used(), 60U);
}

// One who asks for too much must not make it look full to the others.
TEST(HttpBudgetTest, ARefusalTakesNothingFromOtherThreads) {
  HttpBudget budget(100);
  std::atomic<bool> done = false;
  std::atomic<bool> over = false;
  std::latch both_run(2);
  std::thread greedy([&] {
    both_run.arrive_and_wait();
    while (!done) {
      if (budget.Take(101)) over = true;
    }
  });
  both_run.arrive_and_wait();
  int refused = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    if (!budget.Take(100)) {
      ++refused;
      continue;
    }
    if (budget.used() > 100) over = true;
    budget.Give(100);
  }
  done = true;
  greedy.join();
  EXPECT_EQ(refused, 0);
  EXPECT_FALSE(over);
  EXPECT_EQ(budget.used(), 0U);
}

TEST(HttpShareTest, GivesBackWhatItHas) {
  HttpBudget budget(100);
  {
    HttpShare share(budget);
    EXPECT_TRUE(share.GrowTo(30));
    EXPECT_TRUE(share.GrowTo(10));
    EXPECT_EQ(share.held(), 30U);
    EXPECT_TRUE(share.GrowTo(100));
    EXPECT_FALSE(share.GrowTo(101));
    EXPECT_EQ(budget.used(), 100U);
  }
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace linktor::http
