#include "server/rpc/stop_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace linktor::rpc {
namespace {

TEST(StopGateTest, AnswersAtOnceWhileItDrains) {
  StopGate gate;
  EXPECT_FALSE(gate.draining());
  gate.Drain();
  EXPECT_TRUE(gate.draining());
  int answered = 0;
  gate.Run([&] { ++answered; });
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(gate.arrivals(), 1);
}

TEST(StopGateTest, KeepsAnswersUntilTheyAreReleased) {
  StopGate gate;
  gate.Hold();
  EXPECT_TRUE(gate.draining());
  int answered = 0;
  gate.Run([&] { ++answered; });
  gate.Run([&] { ++answered; });
  EXPECT_EQ(answered, 0);
  EXPECT_EQ(gate.arrivals(), 2);
  gate.Release();
  EXPECT_EQ(answered, 2);
  // A call that comes later is not kept: nobody would release it.
  gate.Run([&] { ++answered; });
  EXPECT_EQ(answered, 3);
  gate.Release();
  EXPECT_EQ(answered, 3);
}

TEST(StopGateTest, AnAnswerMayBringAnotherCall) {
  StopGate gate;
  gate.Hold();
  bool second = false;
  gate.Run([&] { gate.Run([&] { second = true; }); });
  gate.Release();
  EXPECT_TRUE(second);
}

TEST(StopGateTest, CallsOfManyThreadsAreEachAnsweredOnce) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 2000;
  StopGate gate;
  gate.Hold();
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kCalls; ++n) gate.Run([&] { ++answered; });
    });
  }
  gate.Release();
  for (std::thread& thread : threads) thread.join();
  gate.Release();
  EXPECT_EQ(answered.load(), kThreads * kCalls);
}

}  // namespace
}  // namespace linktor::rpc
