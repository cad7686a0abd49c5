// Disks that are full, fail, or forget what was not synced.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/state/faulty_vfs.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

using ::testing::SizeIs;

constexpr char kDatabase[] = "gateway.db";

Ending Deliver(state::StoreRig& rig, const std::string& mid,
               std::size_t raw_size = 10) {
  return rig.AppendOne(
      state::MakeDelivery(rig.sealer(), state::kNowMs,
                          {{.mid = mid, .raw = std::string(raw_size, 'x')}}));
}

void ExpectFull(const Ending& ending) {
  EXPECT_EQ(ending.kind, Ending::Kind::kRefused)
      << "it is certainly not stored";
  EXPECT_EQ(ending.status.code(), absl::StatusCode::kResourceExhausted)
      << ending.status;
  EXPECT_EQ(state::ReasonOf(ending.status), "DISK_FULL");
}

void ExpectFailed(const Ending& ending, Ending::Kind kind) {
  EXPECT_EQ(ending.kind, kind);
  EXPECT_EQ(ending.status.code(), absl::StatusCode::kUnavailable)
      << ending.status;
  EXPECT_EQ(state::ReasonOf(ending.status), "STORE_FAILED");
}

std::string MidOf(const state::CommittedEvent& event) {
  return state::MergeEvent(event).message_received().mid();
}

// ---- Full -------------------------------------------------------------------

TEST(DiskFaultTest, FullDiskRefusesUntilThereIsRoom) {
  state::StoreRig rig;
  rig.Create(state::kShop);
  ASSERT_TRUE(Deliver(rig, "m0", 200'000).applied());
  rig.Close();
  rig.Open([](sqlite::Database& writer) {
    ASSERT_TRUE(writer.Execute("PRAGMA max_page_count=1").ok())
        << "no more than there are";
  });
  ExpectFull(Deliver(rig, "m1", 100'000));
  ExpectFull(Deliver(rig, "m2", 100'000));
  EXPECT_TRUE(rig.journal().disk_full());
  // Trimming makes room.
  EXPECT_EQ(rig.Trim({.raw_max_bytes = 0}).deleted, 1);
  EXPECT_FALSE(rig.journal().disk_full());
  EXPECT_TRUE(Deliver(rig, "m3", 100'000).applied());
  EXPECT_EQ(rig.failures(), 0);
  const auto events = rig.ReadEvents();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events.back().seq, 2);
  EXPECT_EQ(MidOf(events.back()), "m3");
}

// SQLite writes nothing for a record that changes nothing.
TEST(DiskFaultTest, FullDiskIsNotForgottenOverARecordThatWritesNothing) {
  state::FaultyVfs vfs;
  state::StoreRig rig;
  rig.Create(state::kShop);
  vfs.FailWrites(SQLITE_FULL);
  ExpectFull(Deliver(rig, "m1"));
  journal::Record idle = NewRecord(state::kNowMs);
  idle.mutable_use_api_keys();
  EXPECT_TRUE(AppendAndWait(rig.journal(), std::move(idle)).applied());
  EXPECT_TRUE(rig.journal().disk_full());
}

TEST(DiskFaultTest, RoomIsFoundWithoutAnAppend) {
  state::FaultyVfs vfs;
  state::StoreRig rig;
  rig.Create(state::kShop);
  vfs.FailWrites(SQLITE_FULL);
  ExpectFull(Deliver(rig, "m1"));
  const auto look = [&rig] {
    rig.journal().LookForRoom();
    return rig.journal().RunOnWriter(
        [](sqlite::Database&) { return absl::OkStatus(); });
  };
  ASSERT_TRUE(look().ok());
  EXPECT_TRUE(rig.journal().disk_full());
  vfs.FailWrites(0);
  ASSERT_TRUE(look().ok());
  EXPECT_FALSE(rig.journal().disk_full());
  EXPECT_EQ(rig.failures(), 0);
}

TEST(DiskFaultTest, FullDiskRefusesTheWholeBatch) {
  state::FaultyVfs vfs;
  state::StoreRig rig;
  rig.Create(state::kShop);
  const auto endings = rig.AppendTogether(
      {state::MakeDelivery(rig.sealer(), state::kNowMs, {{.mid = "m1"}}),
       state::MakeClaim(rig.sealer(), {}),
       state::MakeDelivery(rig.sealer(), state::kNowMs, {{.mid = "m2"}})},
      [&] { vfs.FailWrites(SQLITE_FULL); });
  for (const Ending& ending : endings) ExpectFull(ending);
  EXPECT_THAT(rig.batches(), SizeIs(0)) << "views are not told";
  vfs.FailWrites(0);
  // The same can be done now.
  EXPECT_TRUE(Deliver(rig, "m1").applied());
  EXPECT_EQ(rig.Claim({}).kind, state::ClaimAnswer::Kind::kClaimed);
  EXPECT_EQ(rig.failures(), 0);
  rig.Reopen();
  const auto events = rig.ReadEvents();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(MidOf(events.front()), "m1");
}

// Nothing is sealed under keys that were not stored.
TEST(DiskFaultTest, KeysThatFoundNoRoomAreMadeAgain) {
  state::FaultyVfs vfs;
  state::StoreRig rig;
  rig.Create(state::kShop);
  vfs.FailWrites(SQLITE_FULL);
  ExpectFull(Deliver(rig, "m1"));
  vfs.FailWrites(0);
  EXPECT_TRUE(Deliver(rig, "m1").applied());
  EXPECT_EQ(rig.Number("SELECT count(*) FROM data_keys"), 1);
  rig.Reopen();
  EXPECT_EQ(MidOf(rig.ReadEvents().front()), "m1");
}

// The commits are in the log; only writing them into the database fails.
TEST(DiskFaultTest, FullDiskInACheckpointPasses) {
  state::FaultyVfs vfs;
  state::StoreRig rig(
      {.max_batch_time = absl::Hours(1), .checkpoint_pages = 20});
  rig.Create(state::kShop);
  const int before = vfs.Writes(kDatabase);
  vfs.FailWrites(SQLITE_FULL, kDatabase);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(Deliver(rig, absl::StrCat("m", i)).applied());
  }
  EXPECT_EQ(vfs.Writes(kDatabase), before);
  vfs.FailWrites(0);
  rig.journal().Stop();
  EXPECT_GT(vfs.Writes(kDatabase), before);
  EXPECT_EQ(rig.failures(), 0);
  rig.Reopen();
  EXPECT_THAT(rig.ReadEvents(), SizeIs(20));
}

// ---- Busy -------------------------------------------------------------------

// Somebody looks into the database with another program and holds it.
TEST(DiskFaultTest, DatabaseHeldByAnotherIsOverloadAndPasses) {
  state::FaultyVfs vfs;
  state::StoreRig rig;
  rig.Create(state::kShop);
  rig.Close();
  rig.Open([](sqlite::Database& writer) {
    ASSERT_TRUE(writer.Execute("PRAGMA busy_timeout=0").ok());
  });
  for (const Ending& ending : rig.AppendTogether(
           {state::MakeDelivery(rig.sealer(), state::kNowMs, {{.mid = "m1"}}),
            state::MakeClaim(rig.sealer(), {})},
           [&] { vfs.FailWriteLocks(SQLITE_BUSY); })) {
    EXPECT_EQ(ending.kind, Ending::Kind::kRefused);
    EXPECT_EQ(ending.status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(state::ReasonOf(ending.status), "OVERLOADED");
  }
  vfs.FailWriteLocks(0);
  EXPECT_TRUE(Deliver(rig, "m1").applied());
  EXPECT_EQ(rig.failures(), 0);
}

// Even what should not happen is answered, and not tried for ever.
TEST(DiskFaultTest, TransactionThatCannotBeginIsAnswered) {
  state::FaultyVfs vfs;
  state::StoreRig rig;
  rig.Create(state::kShop);
  vfs.FailWriteLocks(SQLITE_FULL);
  ExpectFull(Deliver(rig, "m1"));
  vfs.FailWriteLocks(SQLITE_IOERR_SHMLOCK);
  ExpectFailed(Deliver(rig, "m1"), Ending::Kind::kRefused);
}

// ---- Failing ----------------------------------------------------------------

class FailingDiskTest : public testing::TestWithParam<bool> {};

TEST_P(FailingDiskTest, IsFinal) {
  state::FaultyVfs vfs;
  state::StoreRig rig;
  rig.Create(state::kShop);
  ASSERT_TRUE(Deliver(rig, "m0").applied());
  const auto endings = rig.AppendTogether(
      {state::MakeDelivery(rig.sealer(), state::kNowMs, {{.mid = "m1"}}),
       state::MakeClaim(rig.sealer(), {})},
      [&] {
        if (GetParam()) {
          vfs.FailSyncs(SQLITE_IOERR_FSYNC);
        } else {
          vfs.FailWrites(SQLITE_IOERR_WRITE);
        }
      });
  for (const Ending& ending : endings) {
    ExpectFailed(ending, Ending::Kind::kUnknown);
  }
  EXPECT_EQ(rig.failures(), 1);
  // It stays so although the disk seems well again: the kernel may have
  // dropped what could not be written.
  vfs.FailSyncs(0);
  vfs.FailWrites(0);
  ExpectFailed(Deliver(rig, "m2"), Ending::Kind::kRefused);
  EXPECT_EQ(rig.failures(), 1) << "told once";
  EXPECT_THAT(rig.batches(), SizeIs(1));
  // The next process finds everything that was acknowledged, and goes on.
  rig.Reopen();
  EXPECT_EQ(MidOf(rig.ReadEvents().front()), "m0");
  EXPECT_TRUE(Deliver(rig, "m3").applied());
}

INSTANTIATE_TEST_SUITE_P(WriteAndSync, FailingDiskTest, testing::Bool(),
                         [](const auto& test) {
                           return test.param ? "Sync" : "Write";
                         });

// Commits were synced before, and stay.
TEST(DiskFaultTest, FailingSyncInACheckpointIsFinal) {
  state::FaultyVfs vfs;
  state::StoreRig rig(
      {.max_batch_time = absl::Hours(1), .checkpoint_pages = 20});
  rig.Create(state::kShop);
  ASSERT_TRUE(Deliver(rig, "first").applied());
  vfs.FailSyncs(SQLITE_IOERR_FSYNC, kDatabase);
  std::size_t applied = 1;
  Ending ending = Deliver(rig, "m1");
  for (; ending.applied() && applied < 20; ++applied) {
    ending = Deliver(rig, absl::StrCat("next", applied));
  }
  ExpectFailed(ending, Ending::Kind::kRefused);
  EXPECT_EQ(rig.failures(), 1);
  vfs.FailSyncs(0);
  rig.Reopen();
  EXPECT_THAT(rig.ReadEvents(), SizeIs(applied));
  EXPECT_TRUE(Deliver(rig, "last").applied());
}

TEST(DiskFaultTest, WhatWaitsWhenTheDiskFailsIsAnswered) {
  state::FaultyVfs vfs;
  state::StoreRig rig({.max_batch_bytes = 1, .max_batch_time = absl::Hours(1)});
  rig.Create(state::kShop);
  constexpr std::size_t kRecords = 5;
  std::vector<state::SealedRecord> records;
  records.reserve(kRecords);
  while (records.size() < kRecords) {
    records.push_back(state::MakeDelivery(rig.sealer(), state::kNowMs, {}));
  }
  const auto endings = rig.AppendTogether(
      std::move(records), [&] { vfs.FailSyncs(SQLITE_IOERR_FSYNC); });
  ExpectFailed(endings.front(), Ending::Kind::kUnknown);
  for (std::size_t i = 1; i < kRecords; ++i) {
    ExpectFailed(endings[i], Ending::Kind::kRefused);
  }
  EXPECT_EQ(rig.failures(), 1);
}

// ---- Power ------------------------------------------------------------------

// The promise behind every 200: whatever is acknowledged survives the loss of
// everything that was not synced, at every moment, over checkpoints too.
TEST(DiskFaultTest, AcknowledgedSurvivesPowerFailure) {
  state::FaultyVfs vfs;
  state::StoreRig rig(
      {.max_batch_time = absl::Hours(1), .checkpoint_pages = 50});
  rig.Create(state::kShop);
  for (int i = 1; i <= 60; ++i) {
    ASSERT_TRUE(Deliver(rig, absl::StrCat("m", i), 3000).applied());
    if (i % 3 != 0) continue;
    const TempFolder after;
    vfs.WriteSynced(rig.folder(), after.path());
    const auto data = DataFolder::Open(after.path(), state::TestMasterKey());
    ASSERT_TRUE(data.ok()) << data.status();
    const auto page = (*data)->events().Read(
        {.last_seq = i}, [](auto, auto, auto) { return true; });
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_THAT(page->events, SizeIs(i));
    EXPECT_EQ(MidOf(page->events.back()), absl::StrCat("m", i));
  }
  EXPECT_GT(vfs.Writes(kDatabase), 100) << "checkpoints were among it";
}

}  // namespace
}  // namespace linktor::journal
