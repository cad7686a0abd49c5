#include "server/store/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

class SqliteTest : public testing::Test {
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

TEST_F(SqliteTest, WriterIsDurable) {
  EXPECT_EQ(One(*database_, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(One(*database_, "PRAGMA synchronous"), "2");
  EXPECT_EQ(One(*database_, "PRAGMA foreign_keys"), "1");
  EXPECT_EQ(One(*database_, "PRAGMA secure_delete"), "1");
}

TEST_F(SqliteTest, ReaderCannotWrite) {
  auto reader = Database::Open(path_, Database::Mode::kReadOnly);
  ASSERT_TRUE(reader.ok());
  EXPECT_FALSE((*reader)->Execute("INSERT INTO t VALUES (1, 'x')").ok());
  EXPECT_EQ(One(**reader, "SELECT count(*) FROM t"), "0");
}

TEST_F(SqliteTest, ReadOnlyDoesNotCreate) {
  const auto reader =
      Database::Open(folder_.path() + "/none.db", Database::Mode::kReadOnly);
  EXPECT_EQ(FaultOf(reader.status()), StoreFault::kDisk) << reader.status();
}

TEST_F(SqliteTest, KeepsEmptyTextBlobAndNullApart) {
  Statement insert(*database_, "INSERT INTO t (b) VALUES (?)");
  ASSERT_TRUE(insert.BindBlob(1, {}).Run().ok());
  ASSERT_TRUE(insert.BindText(1, {}).Run().ok());
  ASSERT_TRUE(insert.BindBlobOrNull(1, {}).Run().ok());
  ASSERT_TRUE(insert.BindTextOrNull(1, {}).Run().ok());
  EXPECT_EQ(One(*database_, "SELECT group_concat(typeof(b)) FROM t"),
            "blob,text,null,null");
}

TEST_F(SqliteTest, ConstraintIsTheRecordsFault) {
  Run("INSERT INTO t VALUES (1, 'x')");
  Statement insert(*database_, "INSERT INTO t VALUES (1, 'y')");
  EXPECT_EQ(FaultOf(insert.Run()), StoreFault::kRecord);
  EXPECT_EQ(FaultOf(absl::DataLossError("of ours")), StoreFault::kRecord);
  EXPECT_EQ(FaultOf(absl::OkStatus()), StoreFault::kNone);
}

TEST_F(SqliteTest, NoSpaceIsFull) {
  Run("PRAGMA max_page_count=5");
  Statement insert(*database_, "INSERT INTO t (b) VALUES (zeroblob(100000))");
  EXPECT_EQ(FaultOf(insert.Run()), StoreFault::kFull);
}

TEST_F(SqliteTest, NotADatabaseIsTheDisksFault) {
  const std::string path = folder_.path() + "/text";
  FILE* file = fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  for (int i = 0; i < 100; ++i) fputs("certainly not a database ", file);
  ASSERT_EQ(fclose(file), 0);
  const auto opened = Database::Open(path, Database::Mode::kReadWrite);
  EXPECT_EQ(FaultOf(opened.status()), StoreFault::kDisk) << opened.status();
}

TEST_F(SqliteTest, FailedStatementCanBeUsedAgain) {
  Run("INSERT INTO t VALUES (1, 'x')");
  Statement insert(*database_, "INSERT INTO t (b) VALUES (?)");
  EXPECT_FALSE(insert.BindText(1, "x").Run().ok());
  EXPECT_TRUE(insert.BindText(1, "y").Run().ok());
}

// One value too long to bind must not make its statement useless for ever.
TEST_F(SqliteTest, FailedBindIsForgottenByReset) {
  sqlite3_limit(database_->handle(), SQLITE_LIMIT_LENGTH, 1000);
  Statement insert(*database_, "INSERT INTO t (b) VALUES (?)");
  const absl::Status failed = insert.BindBlob(1, std::string(2000, 'x')).Run();
  EXPECT_EQ(FaultOf(failed), StoreFault::kRecord) << failed;
  EXPECT_TRUE(insert.BindBlob(1, "small").Run().ok());
}

// Also when it cannot be compiled because the file cannot be read.
TEST_F(SqliteTest, UncompilableStatementReportsAndSurvivesReset) {
  Statement wrong(*database_, "SELECT nothing FROM nowhere");
  const absl::Status status = wrong.Bind(1, 1).Run();
  EXPECT_EQ(FaultOf(status), StoreFault::kRecord);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("nowhere"));
  wrong.Reset();
  EXPECT_FALSE(wrong.Step().ok());
}

// A SELECT that is not read to its end would hold its snapshot.
TEST_F(SqliteTest, ResetEndsTheSnapshot) {
  Run("INSERT INTO t VALUES (1, 'x'), (2, 'y')");
  auto reader = Database::Open(path_, Database::Mode::kReadOnly);
  ASSERT_TRUE(reader.ok());
  Statement read(**reader, "SELECT a FROM t");
  {
    const StatementReset reset(read);
    ASSERT_TRUE(*read.Step());
  }
  Run("INSERT INTO t VALUES (3, 'z')");
  EXPECT_EQ(One(*database_, "PRAGMA wal_checkpoint(TRUNCATE)"), "0");
}

}  // namespace
}  // namespace linktor
