// Disks that are full, fail, or forget what was not synced.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/store/faulty_vfs.h"
#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using ::testing::SizeIs;

absl::StatusOr<WebhookOutcome> Deliver(StoreRig& rig, const std::string& mid,
                                       std::size_t raw_size = 10) {
  return rig.Append<WebhookOutcome>(MakeDelivery(
      rig.sealer(), kNowMs, {{.mid = mid, .raw = std::string(raw_size, 'x')}}));
}

void ExpectFull(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(ReasonOf(status), "DISK_FULL");
}

void ExpectFailed(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(ReasonOf(status), "STORE_FAILED");
}

TEST(DiskFaultTest, FullDiskRefusesUntilThereIsRoom) {
  StoreRig rig;
  rig.Create(kShop);
  ASSERT_TRUE(Deliver(rig, "m0", 200'000).ok());
  rig.Close();
  rig.Open([](Database& writer) {
    ASSERT_TRUE(writer.Execute("PRAGMA max_page_count=1").ok())
        << "no more than there are";
  });
  ExpectFull(Deliver(rig, "m1", 100'000).status());
  ExpectFull(Deliver(rig, "m2", 100'000).status());
  EXPECT_TRUE(rig.journal().disk_full());
  // Trimming makes room.
  TrimRecord trim = MakeTrim();
  trim.raw_max_bytes = 0;
  EXPECT_EQ(rig.Trim(trim).deleted, 1);
  EXPECT_FALSE(rig.journal().disk_full());
  EXPECT_TRUE(Deliver(rig, "m3", 100'000).ok());
  EXPECT_EQ(rig.failures(), 0);
  const auto events = rig.ReadEvents();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events.back().seq, 2);
  EXPECT_EQ(MergeEvent(events.back()).message_received().mid(), "m3");
}

TEST(DiskFaultTest, FullDiskRefusesTheWholeBatch) {
  FaultyVfs vfs;
  StoreRig rig;
  rig.Create(kShop);
  vfs.FailWrites(SQLITE_FULL);
  const auto outcomes =
      rig.AppendTogether({MakeDelivery(rig.sealer(), kNowMs, {{.mid = "m1"}}),
                          MakeClaim(rig.sealer(), {}),
                          MakeDelivery(rig.sealer(), kNowMs, {{.mid = "m2"}})});
  for (const auto& outcome : outcomes) ExpectFull(outcome.status());
  EXPECT_THAT(rig.batches(), SizeIs(0));
  vfs.FailWrites(0);
  // What was refused can be done now, with the key it was sealed under.
  EXPECT_TRUE(Deliver(rig, "m1").ok());
  EXPECT_EQ(rig.Claim({}).kind, ClaimOutcome::Kind::kClaimed);
  EXPECT_EQ(rig.failures(), 0);
  rig.Reopen();
  const auto events = rig.ReadEvents();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(MergeEvent(events.front()).message_received().mid(), "m1");
}

// Somebody looks into the database with another program and holds it.
TEST(DiskFaultTest, DatabaseHeldByAnotherIsOverloadAndPasses) {
  FaultyVfs vfs;
  StoreRig rig;
  rig.Create(kShop);
  rig.Close();
  rig.Open([](Database& writer) {
    ASSERT_TRUE(writer.Execute("PRAGMA busy_timeout=0").ok());
  });
  vfs.FailWriteLocks(SQLITE_BUSY);
  for (const auto& outcome :
       rig.AppendTogether({MakeDelivery(rig.sealer(), kNowMs, {{.mid = "m1"}}),
                           MakeClaim(rig.sealer(), {})})) {
    EXPECT_EQ(outcome.status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(ReasonOf(outcome.status()), "OVERLOADED");
  }
  vfs.FailWriteLocks(0);
  EXPECT_TRUE(Deliver(rig, "m1").ok());
  EXPECT_EQ(rig.failures(), 0);
}

// Even what should not happen is answered, and not tried for ever.
TEST(DiskFaultTest, TransactionThatCannotBeginIsAnswered) {
  FaultyVfs vfs;
  StoreRig rig;
  rig.Create(kShop);
  vfs.FailWriteLocks(SQLITE_FULL);
  ExpectFull(Deliver(rig, "m1").status());
  vfs.FailWriteLocks(SQLITE_IOERR_SHMLOCK);
  ExpectFailed(Deliver(rig, "m1").status());
}

class FailingDiskTest : public testing::TestWithParam<bool> {};

TEST_P(FailingDiskTest, IsFinal) {
  FaultyVfs vfs;
  StoreRig rig;
  rig.Create(kShop);
  ASSERT_TRUE(Deliver(rig, "m0").ok());
  if (GetParam()) {
    vfs.FailSyncs(SQLITE_IOERR_FSYNC);
  } else {
    vfs.FailWrites(SQLITE_IOERR_WRITE);
  }
  const auto outcomes =
      rig.AppendTogether({MakeDelivery(rig.sealer(), kNowMs, {{.mid = "m1"}}),
                          MakeClaim(rig.sealer(), {})});
  for (const auto& outcome : outcomes) ExpectFailed(outcome.status());
  EXPECT_EQ(rig.failures(), 1);
  // It stays so although the disk seems well again: the kernel may have
  // dropped what could not be written.
  vfs.FailSyncs(0);
  vfs.FailWrites(0);
  ExpectFailed(Deliver(rig, "m2").status());
  EXPECT_EQ(rig.failures(), 1) << "told once";
  EXPECT_THAT(rig.batches(), SizeIs(1));
  // The next process finds everything that was acknowledged, and goes on.
  rig.Reopen();
  EXPECT_EQ(MergeEvent(rig.ReadEvents().front()).message_received().mid(),
            "m0");
  EXPECT_TRUE(Deliver(rig, "m3").ok());
}

INSTANTIATE_TEST_SUITE_P(WriteAndSync, FailingDiskTest, testing::Bool(),
                         [](const auto& test) {
                           return test.param ? "Sync" : "Write";
                         });

TEST(DiskFaultTest, WhatWaitsWhenTheDiskFailsIsAnswered) {
  FaultyVfs vfs;
  StoreRig rig({.max_batch_bytes = 1, .max_batch_time = absl::Hours(1)});
  rig.Create(kShop);
  vfs.FailSyncs(SQLITE_IOERR_FSYNC);
  constexpr std::size_t kRecords = 5;
  std::vector<Record> records;
  records.reserve(kRecords);
  while (records.size() < kRecords) {
    records.emplace_back(MakeDelivery(rig.sealer(), kNowMs, {}));
  }
  for (const auto& outcome : rig.AppendTogether(std::move(records))) {
    ExpectFailed(outcome.status());
  }
  EXPECT_EQ(rig.failures(), 1);
}

// The promise behind every 200: whatever is acknowledged survives the loss of
// everything that was not synced, at every moment, over checkpoints too.
TEST(DiskFaultTest, AcknowledgedSurvivesPowerFailure) {
  FaultyVfs vfs;
  StoreRig rig;
  rig.Close();
  rig.Open([](Database& writer) {
    ASSERT_TRUE(writer.Execute("PRAGMA wal_autocheckpoint=50").ok());
  });
  rig.Create(kShop);
  for (int i = 1; i <= 60; ++i) {
    ASSERT_TRUE(Deliver(rig, absl::StrCat("m", i), 3000).ok());
    if (i % 3 != 0) continue;
    const TempFolder after;
    vfs.WriteSynced(rig.folder(), after.path());
    const auto store = Store::Open(after.path(), TestMasterKey());
    ASSERT_TRUE(store.ok()) << store.status();
    EventReader reader((*store)->pool(), (*store)->sealer());
    const auto page = reader.ReadAfter({.last_seq = i},
                                       [](auto, auto, auto) { return true; });
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_THAT(page->events, SizeIs(i));
    EXPECT_EQ(MergeEvent(page->events.back()).message_received().mid(),
              absl::StrCat("m", i));
  }
}

}  // namespace
}  // namespace linktor
