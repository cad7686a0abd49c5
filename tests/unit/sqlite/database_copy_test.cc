#include "server/sqlite/database_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "server/sqlite/statement.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::sqlite {
namespace {

class DatabaseCopyTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened =
        Database::Open(folder_.path() + "/a.db", Database::Mode::kReadWrite);
    ASSERT_THAT(opened, IsOk());
    from_ = *std::move(opened);
    Run("CREATE TABLE t (no INTEGER PRIMARY KEY, value BLOB NOT NULL)");
    for (int i = 0; i < kRows; ++i) Insert();
    std::ofstream touch(to());
  }

  std::string to() const { return folder_.path() + "/b.db"; }
  void Run(const char* sql) { ASSERT_THAT(from_->Execute(sql), IsOk()); }
  // A row fills most of a page.
  void Insert() { Run("INSERT INTO t (value) VALUES (randomblob(3000))"); }

  static std::string One(Database& database, const char* sql) {
    Statement read(database, sql);
    const auto row = read.Step();
    return row.ok() && *row ? read.String(0) : "?";
  }
  static std::string All(Database& database) {
    return One(database,
               "SELECT group_concat(no || hex(value)) FROM (SELECT no, value "
               "FROM t ORDER BY no)");
  }
  void ExpectSameAs(const std::string& content) {
    ASSERT_THAT(MakeSingleFile(to()), IsOk());
    const auto copy = Database::Open(to(), Database::Mode::kReadOnly);
    ASSERT_THAT(copy, IsOk());
    EXPECT_THAT(CheckIntegrity(**copy), IsOk());
    EXPECT_TRUE(All(**copy) == content);
  }

  static constexpr int kRows = 50;
  const TempFolder folder_;
  std::unique_ptr<Database> from_;
};

// Pages that are copied, pages that are not, and new ones: everything that is
// written between two steps is in the copy.
TEST_F(DatabaseCopyTest, FollowsWhatIsWrittenBetweenItsSteps) {
  const auto copy = DatabaseCopy::Begin(*from_, to());
  ASSERT_THAT(copy, IsOk());
  int steps = 0;
  for (bool whole = false; !whole; ++steps) {
    ASSERT_LT(steps, 1000);
    const auto step = (*copy)->Step(2);
    ASSERT_THAT(step, IsOk());
    whole = *step;
    if (whole || steps > 100) continue;
    Run("UPDATE t SET value = randomblob(3000) WHERE no IN (1, 25, 50)");
    Insert();
    Run("DELETE FROM t WHERE no = (SELECT min(no) + 3 FROM t)");
    if (steps % 7 == 0) {
      ASSERT_THAT(from_->RunCheckpoint(Database::Checkpoint::kTruncate),
                  IsOk());
    }
  }
  EXPECT_GT(steps, 25) << "it began anew, or was not in steps";
  EXPECT_EQ((*copy)->copied(), (*copy)->pages());
  const std::string content = All(*from_);
  // What comes after the last step is not in it.
  Insert();
  ExpectSameAs(content);
}

TEST_F(DatabaseCopyTest, BeginsAnewAfterARollback) {
  const auto copy = DatabaseCopy::Begin(*from_, to());
  ASSERT_THAT(copy, IsOk());
  ASSERT_EQ((*copy)->Step(20).value(), false);
  EXPECT_EQ((*copy)->copied(), 20);
  Run("BEGIN");
  Insert();
  Run("ROLLBACK");
  ASSERT_EQ((*copy)->Step(1).value(), false);
  EXPECT_EQ((*copy)->copied(), 1);
  ASSERT_EQ((*copy)->Step(1'000'000).value(), true);
  ExpectSameAs(All(*from_));
}

TEST_F(DatabaseCopyTest, UnfinishedOneLetsGoOfTheDatabase) {
  {
    const auto copy = DatabaseCopy::Begin(*from_, to());
    ASSERT_THAT(copy, IsOk());
    ASSERT_EQ((*copy)->Step(2).value(), false);
  }
  Insert();
  EXPECT_THAT(from_->RunCheckpoint(Database::Checkpoint::kTruncate), IsOk());
  // Only a connection that nothing holds on to takes its log away.
  from_.reset();
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/a.db-wal"));
}

TEST_F(DatabaseCopyTest, IsOneFileThatCanBeReadWhereNothingCanBeWritten) {
  const auto copy = DatabaseCopy::Begin(*from_, to());
  ASSERT_THAT(copy, IsOk());
  ASSERT_EQ((*copy)->Step(1'000'000).value(), true);
  ASSERT_THAT(MakeSingleFile(to()), IsOk());
  EXPECT_FALSE(std::filesystem::exists(to() + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(to() + "-shm"));
  const auto opened = Database::Open(to(), Database::Mode::kReadOnly);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(One(**opened, "PRAGMA journal_mode"), "delete");
}

TEST_F(DatabaseCopyTest, MissingTargetIsAnError) {
  EXPECT_FALSE(DatabaseCopy::Begin(*from_, folder_.path() + "/no/b.db").ok());
}

TEST_F(DatabaseCopyTest, IntegrityFindsADamagedPage) {
  EXPECT_THAT(CheckIntegrity(*from_), IsOk());
  ASSERT_THAT(from_->RunCheckpoint(Database::Checkpoint::kTruncate), IsOk());
  from_.reset();
  const std::string path = folder_.path() + "/a.db";
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(4096 * 10L);
  file << std::string(4096, '\x5a');
  file.close();
  const auto damaged = Database::Open(path, Database::Mode::kReadOnly);
  ASSERT_THAT(damaged, IsOk());
  EXPECT_THAT(CheckIntegrity(**damaged), StatusIs(absl::StatusCode::kDataLoss));
}

// ---- The file alone ---------------------------------------------------------

TEST_F(DatabaseCopyTest, FileAloneIsReadWithoutItsLog) {
  ASSERT_THAT(from_->RunCheckpoint(Database::Checkpoint::kTruncate), IsOk());
  EXPECT_TRUE(from_->checkpoint_was_whole());
  const std::string before = All(*from_);
  Insert();
  const auto alone =
      Database::Open(folder_.path() + "/a.db", Database::Mode::kFileAlone);
  ASSERT_THAT(alone, IsOk());
  EXPECT_TRUE(All(**alone) == before);
}

TEST(DatabaseFileAloneTest, PathMayHoldAnyCharacter) {
  const TempFolder folder;
  const std::string path = folder.path() + "/a b%20?#ä&'.db";
  {
    const auto made = Database::Open(path, Database::Mode::kReadWrite);
    ASSERT_THAT(made, IsOk());
    ASSERT_THAT((*made)->Execute("CREATE TABLE here (a)"), IsOk());
  }
  const auto alone = Database::Open(path, Database::Mode::kFileAlone);
  ASSERT_THAT(alone, IsOk());
  EXPECT_EQ(Statement(**alone, "SELECT 1 FROM here").Step().value(), false);
}

// A reader's snapshot keeps a checkpoint from writing all.
TEST_F(DatabaseCopyTest, CheckpointBesideAReaderIsNotWhole) {
  ASSERT_THAT(from_->RunCheckpoint(Database::Checkpoint::kTruncate), IsOk());
  Insert();
  const auto reader =
      Database::Open(folder_.path() + "/a.db", Database::Mode::kReadOnly);
  ASSERT_THAT(reader, IsOk());
  ASSERT_THAT((*reader)->Execute("BEGIN"), IsOk());
  EXPECT_EQ(One(**reader, "SELECT count(*) FROM t"), std::to_string(kRows + 1));
  Insert();
  ASSERT_THAT(from_->RunCheckpoint(Database::Checkpoint::kPassive), IsOk());
  EXPECT_FALSE(from_->checkpoint_was_whole());
  ASSERT_THAT((*reader)->Execute("COMMIT"), IsOk());
  ASSERT_THAT(from_->RunCheckpoint(Database::Checkpoint::kPassive), IsOk());
  EXPECT_TRUE(from_->checkpoint_was_whole());
}

}  // namespace
}  // namespace linktor::sqlite
