#include "server/sqlite/read_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "server/sqlite/statement.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::sqlite {
namespace {

class ReadPoolTest : public testing::Test {
 protected:
  ReadPoolTest()
      : writer_(*Database::Open(path_, Database::Mode::kReadWrite)),
        pool_(path_) {
    Write("CREATE TABLE t (a INTEGER PRIMARY KEY)");
  }
  void Write(const char* sql) { ASSERT_THAT(writer_->Execute(sql), IsOk()); }
  static std::string Count(Database& database) {
    Statement read(database, "SELECT count(*) FROM t");
    return read.Step().value_or(false) ? read.String(0) : "?";
  }
  std::string Count() {
    std::string count;
    EXPECT_THAT(pool_.Read([&](Database& database) {
      count = Count(database);
      return absl::OkStatus();
    }),
                IsOk());
    return count;
  }
  // Gives other threads their turn.
  static void Yield() {
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  }

  TempFolder folder_;
  const std::string path_ = folder_.path() + "/t.db";
  std::unique_ptr<Database> writer_;
  ReadPool pool_;
};

TEST_F(ReadPoolTest, OneReadIsOneSnapshot) {
  const absl::Status read = pool_.Read([&](Database& database) {
    EXPECT_EQ(Count(database), "0");
    Write("INSERT INTO t VALUES (1)");
    EXPECT_EQ(Count(database), "0");
    return absl::OkStatus();
  });
  EXPECT_THAT(read, IsOk());
  EXPECT_EQ(Count(), "1");
}

TEST_F(ReadPoolTest, ReadsOfSeveralThreadsRunAtOnce) {
  // Each waits for the other within its read.
  std::latch inside(2);
  const auto read = [&] {
    EXPECT_THAT(pool_.Read([&](Database& database) {
      inside.arrive_and_wait();
      EXPECT_EQ(Count(database), "0");
      return absl::OkStatus();
    }),
                IsOk());
  };
  std::thread other(read);
  read();
  other.join();
}

TEST_F(ReadPoolTest, FailedReadIsToldAndItsConnectionIsUsedAgain) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(pool_.Read([](Database&) { return absl::AbortedError("x"); }),
                StatusIs(absl::StatusCode::kAborted));
  }
  EXPECT_EQ(Count(), "0");
}

TEST_F(ReadPoolTest, CannotWrite) {
  EXPECT_FALSE(pool_
                   .Read([](Database& database) {
                     return database.Execute("INSERT INTO t VALUES (1)");
                   })
                   .ok());
  EXPECT_EQ(Count(), "0");
}

TEST_F(ReadPoolTest, MissingDatabaseIsToldAndHoldsUpNoPause) {
  ReadPool none(folder_.path() + "/none.db");
  EXPECT_FALSE(none.Read([](Database&) { return absl::OkStatus(); }).ok());
  EXPECT_THAT(none.Pause([] { return absl::OkStatus(); }), IsOk());
}

// ---- Pause ------------------------------------------------------------------

TEST_F(ReadPoolTest, PauseTellsWhatCameOfIt) {
  EXPECT_THAT(pool_.Pause([] { return absl::AbortedError("x"); }),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(Count(), "0") << "reads go on";
}

TEST_F(ReadPoolTest, PauseWaitsForTheReadsThatRun) {
  std::latch inside(2);
  std::latch go_on(1);
  std::atomic<int> ended = 0;
  const auto read = [&] {
    EXPECT_THAT(pool_.Read([&](Database& database) {
      EXPECT_EQ(Count(database), "0");
      inside.count_down();
      go_on.wait();
      ++ended;
      return absl::OkStatus();
    }),
                IsOk());
  };
  std::thread first(read);
  std::thread second(read);
  inside.wait();
  std::latch pausing(1);
  std::thread pauser([&] {
    pausing.count_down();
    EXPECT_THAT(pool_.Pause([&] {
      EXPECT_EQ(ended, 2);
      return absl::OkStatus();
    }),
                IsOk());
  });
  pausing.wait();
  Yield();
  go_on.count_down();
  first.join();
  second.join();
  pauser.join();
}

TEST_F(ReadPoolTest, NoReadBeginsWithinAPause) {
  EXPECT_EQ(Count(), "0");
  std::atomic<bool> began = false;
  std::latch reading(1);
  std::thread reader;
  EXPECT_THAT(pool_.Pause([&] {
    reader = std::thread([&] {
      reading.count_down();
      EXPECT_THAT(pool_.Read([&](Database&) {
        began = true;
        return absl::OkStatus();
      }),
                  IsOk());
    });
    reading.wait();
    Yield();
    EXPECT_FALSE(began);
    return absl::OkStatus();
  }),
              IsOk());
  reader.join();
  EXPECT_TRUE(began) << "it went on afterwards";
}

// A pause lets the log be emptied although connections are kept.
TEST_F(ReadPoolTest, LogIsEmptiedWithinAPause) {
  Write("INSERT INTO t VALUES (1)");
  EXPECT_EQ(Count(), "1");
  EXPECT_THAT(pool_.Pause([&] {
    return writer_->RunCheckpoint(Database::Checkpoint::kTruncate);
  }),
              IsOk());
  EXPECT_EQ(std::filesystem::file_size(path_ + "-wal"), 0U);
  EXPECT_EQ(Count(), "1");
}

}  // namespace
}  // namespace linktor::sqlite
