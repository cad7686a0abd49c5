#include "server/base/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>

namespace linktor {
namespace {

// Holds the executor's only thread until it is let go.
class Blocker {
 public:
  explicit Blocker(Executor& executor) {
    executor.Run([this, go = go_.get_future()]() mutable {
      started_.set_value();
      go.wait();
    });
    started_.get_future().wait();
  }
  void Release() { go_.set_value(); }

 private:
  std::promise<void> started_;
  std::promise<void> go_;
};

TEST(ExecutorTest, RefusesWhenTheQueueIsFull) {
  std::atomic<int> ran = 0;
  {
    Executor executor(1, 2);
    Blocker blocker(executor);
    EXPECT_TRUE(executor.TryRun([&] { ++ran; }));
    EXPECT_TRUE(executor.TryRun([&] { ++ran; }));
    EXPECT_FALSE(executor.TryRun([&] { ran += 100; }));
    executor.Run([&] { ++ran; });
    EXPECT_FALSE(executor.TryRun([&] { ran += 100; }));
    blocker.Release();
  }
  EXPECT_EQ(ran, 3);
}

TEST(ExecutorTest, RunsWhatWasAcceptedBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    Executor executor(3, 1000);
    for (int i = 0; i < 1000; ++i) {
      executor.Run([&] { ++ran; });
    }
  }
  EXPECT_EQ(ran, 1000);
}

TEST(ExecutorTest, ContinuationsOfAcceptedWorkRunToo) {
  std::atomic<int> depth = 0;
  std::function<void()> next;
  {
    Executor executor(2, 1);
    next = [&] {
      if (++depth < 50) executor.Run([&] { next(); });
    };
    executor.Run([&] { next(); });
  }
  EXPECT_EQ(depth, 50);
}

TEST(ExecutorTest, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    Executor executor(1, 100);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(executor.TryRun([&order, i] { order.push_back(i); }));
    }
  }
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

// Each task waits for all the others, so they end only when every one of them
// has a thread of its own.
TEST(ExecutorTest, ATaskThatBlocksKeepsNoThreadAsleep) {
  constexpr int kThreads = 8;
  for (int round = 0; round < 200; ++round) {
    std::latch all(kThreads);
    Executor executor(kThreads, kThreads);
    for (int i = 0; i < kThreads; ++i) {
      ASSERT_TRUE(executor.TryRun([&all] { all.arrive_and_wait(); }));
    }
  }
}

// The same holds for tasks that come one by one to threads that wait already.
TEST(ExecutorTest, ATaskFindsAThreadWhileOthersBlock) {
  constexpr int kThreads = 4;
  Executor executor(kThreads, kThreads);
  for (int round = 0; round < 200; ++round) {
    // The last task may still be in one of them when this thread goes on.
    const auto all = std::make_shared<std::latch>(kThreads);
    const auto done = std::make_shared<std::latch>(kThreads);
    const auto task = [all, done] {
      all->arrive_and_wait();
      done->count_down();
    };
    executor.Run([&executor, task] {
      for (int i = 1; i < kThreads; ++i) executor.Run(task);
      task();
    });
    done->wait();
  }
}

TEST(ExecutorTest, TakesTasksThatOnlyMove) {
  std::promise<int> seen;
  Executor executor(1, 1);
  executor.Run(
      [&seen, value = std::make_unique<int>(7)] { seen.set_value(*value); });
  EXPECT_EQ(seen.get_future().get(), 7);
}

}  // namespace
}  // namespace linktor
