// A sync that fails once, while all later ones succeed: the kernel may have
// forgotten what it could not write, so that nothing can be relied on any more
// until the next start.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/power_loss_vfs.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr char kDatabase[] = "gateway.db";
constexpr char kLog[] = "gateway.db-wal";

Ending Deliver(state::StoreRig& rig, const std::string& mid) {
  return rig.AppendOne(
      state::MakeDelivery(rig.sealer(), state::kNowMs, {{.mid = mid}}));
}

std::vector<std::string> Mids(state::StoreRig& rig) {
  std::vector<std::string> mids;
  for (const state::CommittedEvent& event : rig.ReadEvents()) {
    mids.push_back(state::MergeEvent(event).message_received().mid());
  }
  return mids;
}

void ExpectFailed(const Ending& ending, Ending::Kind kind) {
  EXPECT_EQ(ending.kind, kind);
  EXPECT_EQ(ending.status.code(), absl::StatusCode::kUnavailable)
      << ending.status;
  EXPECT_EQ(state::ReasonOf(ending.status), "STORE_FAILED");
}

// Nothing is stored by this process any more, although its disk is well again.
void ExpectFinal(state::StoreRig& rig) {
  EXPECT_EQ(rig.failures(), 1) << "told once";
  ExpectFailed(Deliver(rig, "later"), Ending::Kind::kRefused);
  EXPECT_EQ(state::ReasonOf(rig.journal().BeginLogAnew()), "STORE_FAILED");
  ExpectFailed(rig.AppendOne(state::MakeNothing()), Ending::Kind::kRefused);
  EXPECT_EQ(rig.failures(), 1);
}

void ExpectWhole(state::StoreRig& rig) {
  EXPECT_THAT(rig.Rows("PRAGMA integrity_check"), ElementsAre("ok"));
  EXPECT_TRUE(Deliver(rig, "last").applied());
}

TEST(SyncFaultTest, CommitWhoseSyncFailsOnceIsTheLast) {
  PowerLossVfs vfs;
  state::StoreRig rig;
  rig.Create(state::kShop);
  ASSERT_TRUE(Deliver(rig, "m1").applied());
  vfs.FailNextSync(kLog);
  ExpectFailed(Deliver(rig, "m2"), Ending::Kind::kUnknown);
  EXPECT_THAT(rig.batches(), SizeIs(1)) << "views are not told";
  ExpectFinal(rig);
  rig.Reopen();
  EXPECT_THAT(Mids(rig), AnyOf(ElementsAre("m1"), ElementsAre("m1", "m2")))
      << "unknown is unknown";
  ExpectWhole(rig);
}

TEST(SyncFaultTest, CheckpointWhoseSyncFailsOnceIsTheLast) {
  PowerLossVfs vfs;
  state::StoreRig rig(
      {.max_batch_time = absl::Hours(1), .checkpoint_pages = 20});
  rig.Create(state::kShop);
  vfs.FailNextSync(kDatabase);
  std::size_t applied = 0;
  while (applied < 100 && Deliver(rig, absl::StrCat("m", applied)).applied()) {
    ++applied;
  }
  ASSERT_LT(applied, 100) << "it was checkpointed";
  ExpectFinal(rig);
  rig.Reopen();
  EXPECT_THAT(Mids(rig), SizeIs(applied));
  ExpectWhole(rig);
}

class BeginLogAnewFaultTest : public testing::TestWithParam<const char*> {};

TEST_P(BeginLogAnewFaultTest, SyncThatFailsOnceIsTheLast) {
  PowerLossVfs vfs;
  state::StoreRig rig;
  rig.Create(state::kShop);
  ASSERT_TRUE(Deliver(rig, "m1").applied());
  vfs.FailNextSync(GetParam());
  EXPECT_FALSE(rig.journal().BeginLogAnew().ok());
  ExpectFinal(rig);
  rig.Reopen();
  EXPECT_THAT(Mids(rig), ElementsAre("m1"));
  ExpectWhole(rig);
}

INSTANTIATE_TEST_SUITE_P(LogAndDatabase, BeginLogAnewFaultTest,
                         testing::Values(kLog, kDatabase),
                         [](const auto& test) {
                           return std::string(test.param) == kLog ? "Log"
                                                                  : "Database";
                         });

TEST(SyncFaultTest, StopWhoseSyncFailsLosesNothing) {
  PowerLossVfs vfs;
  state::StoreRig rig;
  rig.Create(state::kShop);
  ASSERT_TRUE(Deliver(rig, "m1").applied());
  vfs.FailNextSync(kDatabase);
  rig.Reopen();
  EXPECT_THAT(Mids(rig), ElementsAre("m1"));
  ExpectWhole(rig);
}

// The process ends after a failed sync without closing anything, and the next
// one reads what the disk never got. What that one is told is stored must not
// depend on it.
TEST(SyncFaultTest, WhatTheNextProcessAnswersSurvivesPowerFailure) {
  for (const char* failing : {kLog, kDatabase}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      PowerLossVfs vfs;
      state::StoreRig rig;
      rig.Create(state::kShop);
      ASSERT_TRUE(Deliver(rig, "m1").applied());
      vfs.FailNextSync(failing);
      (void)Deliver(rig, "m2");
      (void)rig.journal().BeginLogAnew();
      ASSERT_EQ(rig.failures(), 1);
      vfs.Cut();
      rig.Close();
      vfs.Resume();
      rig.Open();
      std::vector<std::string> expected = Mids(rig);
      ASSERT_TRUE(Deliver(rig, "m3").applied());
      expected.emplace_back("m3");
      vfs.Cut();
      rig.Close();
      vfs.Restore(seed);
      rig.Open();
      ASSERT_EQ(Mids(rig), expected)
          << "after a failed sync of " << failing << ", seed " << seed;
      ExpectWhole(rig);
    }
  }
}

}  // namespace
}  // namespace linktor::journal
