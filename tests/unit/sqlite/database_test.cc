#include "server/sqlite/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>

#include "server/sqlite/statement.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::sqlite {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    auto database = Database::Open(path_, Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    Run("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB UNIQUE)");
  }

  void Run(const char* sql) {
    const absl::Status done = database_->Execute(sql);
    ASSERT_TRUE(done.ok()) << done;
  }
  std::string One(Database& database, const char* sql) {
    Statement read(database, sql);
    const auto row = read.Step();
    return row.ok() && *row ? read.String(0) : "?";
  }

  TempFolder folder_;
  const std::string path_ = folder_.path() + "/t.db";
  std::unique_ptr<Database> database_;
};

TEST_F(DatabaseTest, WriterIsDurable) {
  EXPECT_EQ(One(*database_, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(One(*database_, "PRAGMA synchronous"), "2");
  EXPECT_EQ(One(*database_, "PRAGMA foreign_keys"), "1");
  EXPECT_EQ(One(*database_, "PRAGMA secure_delete"), "1");
}

TEST_F(DatabaseTest, ReaderCannotWrite) {
  auto reader = Database::Open(path_, Database::Mode::kReadOnly);
  ASSERT_TRUE(reader.ok());
  EXPECT_FALSE((*reader)->Execute("INSERT INTO t VALUES (1, 'x')").ok());
  EXPECT_EQ(One(**reader, "SELECT count(*) FROM t"), "0");
}

TEST_F(DatabaseTest, ReadOnlyDoesNotCreate) {
  const auto reader =
      Database::Open(folder_.path() + "/none.db", Database::Mode::kReadOnly);
  EXPECT_EQ(FaultOf(reader.status()), StoreFault::kDisk) << reader.status();
}

TEST_F(DatabaseTest, KeepsEmptyTextBlobAndNullApart) {
  Statement insert(*database_, "INSERT INTO t (b) VALUES (?)");
  ASSERT_TRUE(insert.BindBlob(1, {}).Run().ok());
  ASSERT_TRUE(insert.BindText(1, {}).Run().ok());
  ASSERT_TRUE(insert.BindBlobOrNull(1, {}).Run().ok());
  ASSERT_TRUE(insert.BindTextOrNull(1, {}).Run().ok());
  EXPECT_EQ(One(*database_, "SELECT group_concat(typeof(b)) FROM t"),
            "blob,text,null,null");
}

TEST_F(DatabaseTest, ConstraintIsTheRecordsFault) {
  Run("INSERT INTO t VALUES (1, 'x')");
  Statement insert(*database_, "INSERT INTO t VALUES (1, 'y')");
  EXPECT_EQ(FaultOf(insert.Run()), StoreFault::kRecord);
  EXPECT_EQ(FaultOf(absl::DataLossError("of ours")), StoreFault::kRecord);
  EXPECT_EQ(FaultOf(absl::OkStatus()), StoreFault::kNone);
}

TEST_F(DatabaseTest, NoSpaceIsFull) {
  Run("PRAGMA max_page_count=5");
  Statement insert(*database_, "INSERT INTO t (b) VALUES (zeroblob(100000))");
  EXPECT_EQ(FaultOf(insert.Run()), StoreFault::kFull);
}

TEST_F(DatabaseTest, CountsCommitsThatWrite) {
  Run("CREATE TABLE bare (a); INSERT INTO bare VALUES ('x')");
  const std::int64_t before = database_->written_commits();
  Run("UPDATE bare SET a = 'x'");
  EXPECT_EQ(database_->written_commits(), before) << "nothing is changed by it";
  Run("UPDATE bare SET a = 'y'");
  EXPECT_EQ(database_->written_commits(), before + 1);
  ASSERT_TRUE(database_->CommitUnchangedPage().ok());
  EXPECT_EQ(database_->written_commits(), before + 2);
}

TEST_F(DatabaseTest, NotADatabaseIsTheDisksFault) {
  const std::string path = folder_.path() + "/text";
  FILE* file = fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  for (int i = 0; i < 100; ++i) fputs("certainly not a database ", file);
  ASSERT_EQ(fclose(file), 0);
  const auto opened = Database::Open(path, Database::Mode::kReadWrite);
  EXPECT_EQ(FaultOf(opened.status()), StoreFault::kDisk) << opened.status();
}

TEST_F(DatabaseTest, TellsHowManyRowsChanged) {
  Run("INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z')");
  Statement remove(*database_, "DELETE FROM t WHERE a >= ?1");
  EXPECT_EQ(remove.Bind(1, 2).RunAndCount().value(), 2);
  EXPECT_EQ(remove.Bind(1, 2).RunAndCount().value(), 0);
}

TEST_F(DatabaseTest, FailedStatementCanBeUsedAgain) {
  Run("INSERT INTO t VALUES (1, 'x')");
  Statement insert(*database_, "INSERT INTO t (b) VALUES (?)");
  EXPECT_FALSE(insert.BindText(1, "x").Run().ok());
  EXPECT_TRUE(insert.BindText(1, "y").Run().ok());
}

// One value too long to bind must not make its statement useless for ever.
TEST_F(DatabaseTest, FailedBindIsForgottenByReset) {
  sqlite3_limit(database_->handle(), SQLITE_LIMIT_LENGTH, 1000);
  Statement insert(*database_, "INSERT INTO t (b) VALUES (?)");
  const absl::Status failed = insert.BindBlob(1, std::string(2000, 'x')).Run();
  EXPECT_EQ(FaultOf(failed), StoreFault::kRecord) << failed;
  EXPECT_TRUE(insert.BindBlob(1, "small").Run().ok());
}

// Also when it cannot be compiled because the file cannot be read.
TEST_F(DatabaseTest, UncompilableStatementReportsAndSurvivesReset) {
  Statement wrong(*database_, "SELECT nothing FROM nowhere");
  const absl::Status status = wrong.Bind(1, 1).Run();
  EXPECT_EQ(FaultOf(status), StoreFault::kRecord);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("nowhere"));
  wrong.Reset();
  EXPECT_FALSE(wrong.Step().ok());
}

// ---- The write-ahead log ----------------------------------------------------

TEST_F(DatabaseTest, TellsHowLongTheLogIs) {
  const std::int64_t before = database_->wal_pages();
  EXPECT_GT(before, 0);
  Run("INSERT INTO t VALUES (1, zeroblob(40960))");
  EXPECT_GE(database_->wal_pages(), before + 10);
}

// SQLite's own would be within a commit, and by any connection.
TEST_F(DatabaseTest, NothingIsCheckpointedByItself) {
  const auto before = std::filesystem::file_size(path_);
  for (int i = 0; i < 20; ++i) {
    Run("INSERT INTO t (b) SELECT randomblob(409600)");
  }
  EXPECT_GT(database_->wal_pages(), 2000);
  EXPECT_EQ(std::filesystem::file_size(path_), before);
}

TEST_F(DatabaseTest, CheckpointsBeginTheLogAnewOrEmptyIt) {
  const std::string log = path_ + "-wal";
  Run("INSERT INTO t VALUES (1, zeroblob(409600))");
  const std::int64_t pages = database_->wal_pages();
  const auto bytes = std::filesystem::file_size(log);
  ASSERT_THAT(database_->RunCheckpoint(Database::Checkpoint::kRestart), IsOk());
  EXPECT_EQ(std::filesystem::file_size(log), bytes);
  Run("INSERT INTO t VALUES (2, 'x')");
  EXPECT_LT(database_->wal_pages(), pages);
  EXPECT_EQ(std::filesystem::file_size(log), bytes);
  ASSERT_THAT(database_->RunCheckpoint(Database::Checkpoint::kTruncate),
              IsOk());
  EXPECT_EQ(std::filesystem::file_size(log), 0U);
  EXPECT_EQ(One(*database_, "SELECT count(*) FROM t"), "2");
}

TEST_F(DatabaseTest, WhatALogHeldIsOverwrittenOrCutOff) {
  const std::string log = path_ + "-wal";
  Run("INSERT INTO t VALUES (1, zeroblob(409600))");
  const auto bytes = std::filesystem::file_size(log);
  ASSERT_THAT(database_->RunCheckpoint(Database::Checkpoint::kRestart), IsOk());
  ASSERT_THAT(database_->BeginLogAnew(), IsOk());
  EXPECT_EQ(database_->wal_pages(), 1);
  const std::int64_t old = database_->OldLogBytes().value();
  EXPECT_EQ(old, static_cast<std::int64_t>(bytes) - 32 - 4120);
  Run("INSERT INTO t VALUES (2, zeroblob(40960))");
  EXPECT_LE(database_->OldLogBytes().value(), old - 10 * std::int64_t{4120});
  ASSERT_THAT(database_->CutLog(4120), IsOk());
  EXPECT_EQ(std::filesystem::file_size(log), bytes - 4120);
  ASSERT_THAT(database_->CutLog(1 << 20), IsOk());
  EXPECT_EQ(database_->OldLogBytes().value(), 0);
  const auto used = std::filesystem::file_size(log);
  EXPECT_EQ(static_cast<std::int64_t>(used),
            32 + 4120 * database_->wal_pages());
  ASSERT_THAT(database_->CutLog(1 << 20), IsOk()) << "nothing is left to cut";
  EXPECT_EQ(std::filesystem::file_size(log), used);
  Run("INSERT INTO t VALUES (3, 'x')");
  EXPECT_EQ(One(*database_, "SELECT count(*) FROM t"), "3");
  EXPECT_EQ(One(*database_, "PRAGMA integrity_check"), "ok");
}

// The log may have begun anew once more since.
TEST_F(DatabaseTest, WhatWasOverwrittenStaysSo) {
  Run("INSERT INTO t VALUES (1, zeroblob(409600))");
  ASSERT_THAT(database_->RunCheckpoint(Database::Checkpoint::kRestart), IsOk());
  ASSERT_THAT(database_->BeginLogAnew(), IsOk());
  Run("INSERT INTO t VALUES (2, zeroblob(819200))");
  ASSERT_THAT(database_->RunCheckpoint(Database::Checkpoint::kRestart), IsOk());
  Run("INSERT INTO t VALUES (3, 'x')");
  EXPECT_LT(database_->wal_pages(), 10);
  EXPECT_EQ(database_->OldLogBytes().value(), 0);
}

// A frame that is cut off before its time would take the database with it.
TEST_F(DatabaseTest, ALogThatDidNotBeginAnewIsTold) {
  Run("PRAGMA busy_timeout=0");
  Run("INSERT INTO t VALUES (1, zeroblob(409600))");
  auto reader = Database::Open(path_, Database::Mode::kReadOnly);
  ASSERT_THAT(reader, IsOk());
  ASSERT_THAT((*reader)->Execute("BEGIN"), IsOk());
  EXPECT_EQ(One(**reader, "SELECT count(*) FROM t"), "1");
  EXPECT_EQ(FaultOf(database_->BeginLogAnew()), StoreFault::kBusy);
  ASSERT_THAT((*reader)->Execute("COMMIT"), IsOk());
  ASSERT_THAT(database_->RunCheckpoint(Database::Checkpoint::kRestart), IsOk());
  EXPECT_THAT(database_->BeginLogAnew(), IsOk());
}

TEST_F(DatabaseTest, ReaderInTheWayIsBusy) {
  Run("PRAGMA busy_timeout=0");
  Run("INSERT INTO t VALUES (1, 'x')");
  auto reader = Database::Open(path_, Database::Mode::kReadOnly);
  ASSERT_THAT(reader, IsOk());
  ASSERT_THAT((*reader)->Execute("BEGIN"), IsOk());
  EXPECT_EQ(One(**reader, "SELECT count(*) FROM t"), "1");
  Run("INSERT INTO t VALUES (2, 'y')");
  EXPECT_THAT(database_->RunCheckpoint(Database::Checkpoint::kPassive), IsOk())
      << "it does what it can";
  EXPECT_EQ(FaultOf(database_->RunCheckpoint(Database::Checkpoint::kTruncate)),
            StoreFault::kBusy);
  ASSERT_THAT((*reader)->Execute("COMMIT"), IsOk());
  EXPECT_THAT(database_->RunCheckpoint(Database::Checkpoint::kTruncate),
              IsOk());
}

TEST_F(DatabaseTest, KnowsItsTransaction) {
  EXPECT_FALSE(database_->in_transaction());
  Run("BEGIN");
  EXPECT_TRUE(database_->in_transaction());
  Run("ROLLBACK");
  EXPECT_FALSE(database_->in_transaction());
}

// A SELECT that is not read to its end would hold its snapshot.
TEST_F(DatabaseTest, ResetEndsTheSnapshot) {
  Run("PRAGMA busy_timeout=0");
  Run("INSERT INTO t VALUES (1, 'x'), (2, 'y')");
  auto reader = Database::Open(path_, Database::Mode::kReadOnly);
  ASSERT_TRUE(reader.ok());
  Statement read(**reader, "SELECT a FROM t");
  {
    const StatementReset reset(read);
    ASSERT_TRUE(*read.Step());
  }
  Run("INSERT INTO t VALUES (3, 'z')");
  EXPECT_THAT(database_->RunCheckpoint(Database::Checkpoint::kTruncate),
              IsOk());
}

}  // namespace
}  // namespace linktor::sqlite
