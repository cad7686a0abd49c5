#include "server/rpc/stream_turn.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace linktor::rpc {
namespace {

TEST(StreamTurnTest, IsBornTaken) {
  StreamTurn turn;
  const bool taken = turn.TryTake();
  EXPECT_FALSE(taken);
  if (taken) turn.GiveBack();
}

TEST(StreamTurnTest, TheFirstEndCounts) {
  StreamTurn turn;
  EXPECT_FALSE(turn.end().has_value());
  turn.End(absl::UnavailableError("draining"));
  turn.End(absl::CancelledError("gone"));
  ASSERT_TRUE(turn.end().has_value());
  EXPECT_EQ(turn.end()->code(), absl::StatusCode::kUnavailable);
}

// Several threads work in turns; each sees what the one before it wrote.
TEST(StreamTurnTest, OneThreadHasItAtATime) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 5000;
  StreamTurn turn;
  turn.AssertHeld();
  turn.GiveBack();
  // Not atomic: a second thread with the turn loses counts, and is a race that
  // ThreadSanitizer reports.
  int worked = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int done = 0; done < kRounds;) {
        if (!turn.TryTake()) {
          std::this_thread::yield();
          continue;
        }
        ++worked;
        ++done;
        turn.GiveBack();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(worked, kThreads * kRounds);
}

}  // namespace
}  // namespace linktor::rpc
