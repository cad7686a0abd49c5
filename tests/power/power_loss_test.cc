// Random records on a disk that loses power at a random call: nothing that was
// answered is missing or comes twice, and what was given out before (ids,
// sequences, cursors) is the same after.
//
//   LINKTOR_TEST_SEED     the first seed
//   LINKTOR_POWER_SEEDS   how many, instead of kJournalSeeds

#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <string>

#include "tests/power/power_run.h"
#include "tests/support/environment.h"
#include "tests/support/log_capture.h"
#include "tests/support/sanitized.h"
#include "tests/support/seed.h"

namespace linktor {
namespace {

constexpr std::uint64_t kJournalSeeds = kSanitized ? 60 : 500;
// From so many on everything that can be met with is.
constexpr std::uint64_t kEnough = 300;

void Print(const PowerTally& tally) {
  for (const auto& [call, times] : tally.cuts) {
    std::cout << times << " times in " << call << "\n";
  }
  std::cout << tally.damage.kept << " unsynced changes survived, "
            << tally.damage.lost << " did not, " << tally.damage.torn
            << " were torn; " << tally.damage.reordered << " files reordered, "
            << tally.damage.names << " names as before\n"
            << tally.applied << " records applied, " << tally.refused
            << " refused, of them " << tally.faulty << " by Apply; "
            << tally.searched << " files searched for what was erased; "
            << "of the batches whose end was unknown " << tally.unknown_kept
            << " were there, " << tally.unknown_lost << " not\n";
}

void ExpectEverything(const PowerTally& tally) {
  for (const char* call :
       {"start: create gateway.db", "start: write gateway.db",
        "start: write gateway.db-wal", "start: sync gateway.db-wal",
        "run: write gateway.db-wal", "run: sync gateway.db-wal",
        "run: write gateway.db", "run: sync gateway.db", "run: idle",
        "stop: write gateway.db", "stop: idle"}) {
    EXPECT_TRUE(tally.cuts.contains(call))
        << "the power never went in " << call;
  }
  EXPECT_GT(tally.damage.lost, 0);
  EXPECT_GT(tally.damage.kept, 0);
  EXPECT_GT(tally.damage.torn, 0);
  EXPECT_GT(tally.damage.reordered, 0);
  EXPECT_GT(tally.damage.names, 0);
  EXPECT_GT(tally.unknown_kept, 0);
  EXPECT_GT(tally.unknown_lost, 0);
  EXPECT_GT(tally.faulty, 0);
  EXPECT_GT(tally.refused, tally.faulty);
  EXPECT_GT(tally.searched, 0);
}

TEST(PowerLossTest, WhatWasAnsweredIsThereAfterwards) {
  const std::uint64_t first = TestSeed();
  const std::uint64_t seeds =
      NumberFromEnvironment("LINKTOR_POWER_SEEDS", kJournalSeeds);
  std::cout << "LINKTOR_TEST_SEED=" << first << " LINKTOR_POWER_SEEDS=" << seeds
            << "\n";
  const LogCapture log;
  PowerTally tally;
  for (std::uint64_t i = 0; i < seeds; ++i) {
    PowerRun(first + i, tally).Run();
    if (HasFailure()) {
      std::cout << "run it alone with LINKTOR_TEST_SEED=" << first + i
                << " LINKTOR_POWER_SEEDS=1\n";
      return;
    }
  }
  Print(tally);
  if (seeds >= kEnough) ExpectEverything(tally);
}

}  // namespace
}  // namespace linktor
