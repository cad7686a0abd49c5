// The write-ahead log stays bounded whatever readers do, and is empty after a
// clean stop.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/sqlite/statement.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

constexpr std::int64_t kPageBytes = 4096;
constexpr std::int64_t kCheckpointPages = 64;
// The log may grow beyond that until it is looked at again (kCheckpointStep of
// embedded_journal.cc), and by one batch.
constexpr std::int64_t kMostWalBytes = (kCheckpointPages + 2048 + 256) * 4120;

// Readers whose snapshots overlap without a pause: each keeps its own until
// another has begun. Where none comes, one leaves in the end, as a read must.
class OverlappingReaders {
 public:
  explicit OverlappingReaders(sqlite::ReadPool& pool) : pool_(pool) {
    for (int i = 0; i < 3; ++i) threads_.emplace_back([this] { Run(); });
  }
  ~OverlappingReaders() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    entered_.SignalAll();
    for (std::thread& thread : threads_) thread.join();
  }
  // How many left because another had come.
  int overlaps() const {
    MutexLock lock(mutex_);
    return overlaps_;
  }

 private:
  void Run() {
    for (;;) {
      {
        MutexLock lock(mutex_);
        if (stopping_) return;
      }
      EXPECT_THAT(pool_.Read([this](sqlite::Database& database) {
        // The snapshot begins with the first row that is read.
        sqlite::Statement read(database, "SELECT last_seq FROM log_state");
        EXPECT_THAT(read.Step(), IsOk());
        Stay();
        return absl::OkStatus();
      }),
                  IsOk());
    }
  }
  void Stay() {
    MutexLock lock(mutex_);
    const int mine = ++entries_;
    entered_.SignalAll();
    bool waited = true;
    while (entries_ == mine && !stopping_ && waited) {
      waited = entered_.WaitFor(mutex_, std::chrono::milliseconds(20));
    }
    if (entries_ != mine) ++overlaps_;
  }

  sqlite::ReadPool& pool_;
  mutable Mutex mutex_;
  CondVar entered_;
  int entries_ ABSL_GUARDED_BY(mutex_) = 0;
  int overlaps_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

class WalTest : public testing::Test {
 protected:
  void SetUp() override {
    // Durability is not tested here.
    rig_.Close();
    rig_.Open([](sqlite::Database& writer) {
      ASSERT_THAT(writer.Execute("PRAGMA synchronous=OFF"), IsOk());
    });
    rig_.Create(state::kShop);
  }
  // Appends about that many pages. Returns the largest size of the log.
  std::int64_t AppendPages(std::int64_t pages) {
    constexpr std::int64_t kPagesOfOne = 100;
    std::int64_t largest = 0;
    for (std::int64_t i = 0; i < pages / kPagesOfOne; ++i) {
      rig_.Deliver({{.mid = absl::StrCat("m", ++made_),
                     .raw = std::string(kPagesOfOne * kPageBytes, 'x')}});
      largest = std::max(largest, SizesOf(rig_.folder()).wal_bytes);
    }
    return largest;
  }

  state::StoreRig rig_{EmbeddedJournal::Options{
      .max_batch_time = absl::Hours(1), .checkpoint_pages = kCheckpointPages}};
  int made_ = 0;
};

TEST_F(WalTest, StaysBoundedWithoutReaders) {
  EXPECT_LT(AppendPages(6'000), kMostWalBytes);
}

TEST_F(WalTest, StaysBoundedUnderOverlappingReaders) {
  const OverlappingReaders readers(rig_.data().pool());
  EXPECT_LT(AppendPages(10'000), kMostWalBytes);
  EXPECT_GT(readers.overlaps(), 10) << "the readers did not overlap";
}

TEST_F(WalTest, CleanStopLeavesItEmpty) {
  AppendPages(200);
  rig_.ReadEvents();
  ASSERT_GT(SizesOf(rig_.folder()).wal_bytes, 0);
  rig_.journal().Stop();
  EXPECT_TRUE(std::filesystem::exists(rig_.database_path() + "-wal"))
      << "a reader's connection keeps it";
  EXPECT_EQ(SizesOf(rig_.folder()).wal_bytes, 0);
  rig_.Reopen();
  EXPECT_EQ(rig_.ReadEvents().size(), 2U);
}

TEST_F(WalTest, CleanStopUnderOverlappingReadersLeavesItEmpty) {
  AppendPages(200);
  {
    const OverlappingReaders readers(rig_.data().pool());
    rig_.journal().Stop();
    EXPECT_EQ(SizesOf(rig_.folder()).wal_bytes, 0);
  }
  rig_.Reopen();
  EXPECT_EQ(rig_.ReadEvents().size(), 2U);
}

// A start with a long log that a crash has left.
TEST_F(WalTest, LongLogOfACrashIsReadAndShortened) {
  AppendPages(1'000);
  const TempFolder crashed;
  for (const char* name :
       {"/gateway.db", "/gateway.db-wal", "/gateway.marker"}) {
    std::filesystem::copy_file(rig_.folder() + name, crashed.path() + name);
  }
  ASSERT_GT(SizesOf(crashed.path()).wal_bytes, 0);
  const auto data = DataFolder::Open(crashed.path(), state::TestMasterKey());
  ASSERT_THAT(data, IsOk());
  EXPECT_EQ((*data)->last_seq(), 10);
  const auto journal = EmbeddedJournal::Create({}, **data, state::kNowMs,
                                               [](const absl::Status&) {});
  ASSERT_THAT(journal, IsOk());
  (*journal)->Stop();
  EXPECT_EQ(SizesOf(crashed.path()).wal_bytes, 0);
}

}  // namespace
}  // namespace linktor::journal
