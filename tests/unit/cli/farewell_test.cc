#include "client/cli/farewell.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace linktor::cli {
namespace {

// Lets the signal into the process, which it ends then. Another test of the
// program may have blocked it, and shells have what runs in their background
// ignore SIGINT.
void LetIn(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  std::signal(signal, SIG_DFL);
}

TEST(FarewellTest, SaysItsTextAndEndsWithItsCode) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EXIT(
        {
          LetIn(signal);
          const Farewell farewell("repeat this\n", ExitCode::kOutcomeUnknown);
          std::raise(signal);
        },
        ::testing::ExitedWithCode(4), "^repeat this\n$");
  }
}

TEST(FarewellTest, SignalsEndTheProgramAsEverAfterwards) {
  EXPECT_EXIT(
      {
        LetIn(SIGTERM);
        { const Farewell farewell("x", ExitCode::kOutcomeUnknown); }
        std::raise(SIGTERM);
      },
      ::testing::KilledBySignal(SIGTERM), "^$");
}

// nohup has a program ignore SIGHUP, and the program must outlive it.
TEST(FarewellTest, IgnoredSignalStaysIgnored) {
  EXPECT_EXIT(
      {
        LetIn(SIGHUP);
        std::signal(SIGHUP, SIG_IGN);
        const Farewell farewell("x", ExitCode::kOutcomeUnknown);
        std::raise(SIGHUP);
        _exit(0);
      },
      ::testing::ExitedWithCode(0), "^$");
}

}  // namespace
}  // namespace linktor::cli
