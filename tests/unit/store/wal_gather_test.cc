// The server's layer between SQLite and the write-ahead log.

#include "server/store/wal_gather.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>

#include "server/store/sqlite.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/store/faulty_vfs.h"

namespace linktor {
namespace {

// Fifty pages, more or less: each row has one of its own.
constexpr char kInsertFifty[] =
    "INSERT INTO t (b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
    "FROM n WHERE i < 50) SELECT randomblob(3000) FROM n";

class WalGatherTest : public testing::Test {
 protected:
  void SetUp() override {
    writer_ = Open(Database::Mode::kReadWrite);
    Run("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)");
  }

  std::unique_ptr<Database> Open(Database::Mode mode) {
    auto database = Database::Open(path_, mode);
    EXPECT_TRUE(database.ok()) << database.status();
    return database.ok() ? *std::move(database) : nullptr;
  }

  void Run(const char* sql) {
    const absl::Status done = writer_->Execute(sql);
    ASSERT_TRUE(done.ok()) << done;
  }

  static std::string In(Database& database, const char* sql) {
    Statement read(database, sql);
    const auto row = read.Step();
    return row.ok() && *row ? read.String(0) : row.status().ToString();
  }
  // As any other program sees it.
  std::string Seen(const char* sql) {
    return In(*Open(Database::Mode::kReadOnly), sql);
  }

  FaultyVfs vfs_;
  TempFolder folder_;
  const std::string path_ = folder_.path() + "/t.db";
  std::unique_ptr<Database> writer_;
};

TEST_F(WalGatherTest, CommitIsOneWrite) {
  Run("INSERT INTO t (b) VALUES (1)");
  const int before = vfs_.Writes("-wal");
  Run("INSERT INTO t (b) VALUES (randomblob(100000))");
  EXPECT_EQ(vfs_.Writes("-wal") - before, 1);
  EXPECT_EQ(Seen("SELECT count(*) FROM t"), "2");
}

TEST_F(WalGatherTest, LargeCommitIsWrittenInPieces) {
  const int before = vfs_.Writes("-wal");
  Run("INSERT INTO t (b) VALUES (randomblob(5000000))");
  EXPECT_THAT(vfs_.Writes("-wal") - before,
              testing::AllOf(testing::Ge(38), testing::Le(42)));
  EXPECT_EQ(Seen("SELECT length(b) FROM t"), "5000000");
  EXPECT_EQ(Seen("PRAGMA integrity_check"), "ok");
}

// A transaction that outgrows SQLite's cache writes before it commits, and
// reads it back.
TEST_F(WalGatherTest, SpilledPagesAreReadBack) {
  Run("PRAGMA cache_size=10");
  Run("BEGIN");
  Run(kInsertFifty);
  Run("UPDATE t SET b = randomblob(3000) WHERE a BETWEEN 35 AND 38");
  Run("UPDATE t SET b = randomblob(3000)");
  EXPECT_EQ(Seen("SELECT count(*) FROM t"), "0");
  Run("COMMIT");
  EXPECT_EQ(Seen("SELECT count(*) FROM t"), "50");
  EXPECT_EQ(Seen("PRAGMA integrity_check"), "ok");
}

// Another program commits where the pages of a transaction that was rolled
// back would have been.
TEST_F(WalGatherTest, WhatWasRolledBackIsNotWrittenLater) {
  // So that the rollback has nothing to read in the log.
  Run("PRAGMA wal_checkpoint(TRUNCATE)");
  Run("PRAGMA cache_size=10");
  Run("BEGIN");
  Run(kInsertFifty);
  Run("ROLLBACK");
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(other,
                         "INSERT INTO t (b) WITH RECURSIVE n(i) AS (SELECT 1 "
                         "UNION ALL SELECT i + 1 FROM n WHERE i < 50) "
                         "SELECT zeroblob(3000) FROM n",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  Run("INSERT INTO t (b) VALUES (1)");
  sqlite3_close(other);
  EXPECT_EQ(Seen("SELECT count(*) FROM t WHERE b = zeroblob(3000)"), "50");
  EXPECT_EQ(Seen("PRAGMA integrity_check"), "ok");
}

TEST_F(WalGatherTest, CommitThatIsNotSyncedIsSeen) {
  Run("PRAGMA synchronous=OFF");
  Run(kInsertFifty);
  EXPECT_EQ(Seen("SELECT count(*) FROM t"), "50");
  Run("PRAGMA cache_size=10");
  Run("BEGIN");
  Run(kInsertFifty);
  Run("UPDATE t SET b = randomblob(3000)");
  Run("COMMIT");
  EXPECT_EQ(Seen("SELECT count(*) FROM t"), "100");
  EXPECT_EQ(Seen("PRAGMA integrity_check"), "ok");
}

// The disk has room again when SQLite rolls back, which reads the log. A crash
// right then must not bring back what was refused.
TEST_F(WalGatherTest, RefusedCommitIsNotWrittenByItsRollback) {
  Run(kInsertFifty);
  vfs_.FailOneWrite(SQLITE_FULL);
  EXPECT_EQ(
      FaultOf(writer_->Execute("INSERT INTO t (b) VALUES (randomblob(50000))")),
      StoreFault::kFull);
  const TempFolder after;
  for (const char* end : {"", "-wal"}) {
    std::filesystem::copy_file(path_ + end, after.path() + "/t.db" + end);
  }
  auto left =
      Database::Open(after.path() + "/t.db", Database::Mode::kReadWrite);
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(In(**left, "SELECT count(*) FROM t"), "50");
  Run("INSERT INTO t (b) VALUES (2)");
  EXPECT_EQ(Seen("SELECT count(*) FROM t"), "51");
  EXPECT_EQ(Seen("PRAGMA integrity_check"), "ok");
}

// A statement whose read of a spilled page fails is rolled back alone; its
// transaction must not commit without those pages.
TEST_F(WalGatherTest, TransactionThatLostPagesCannotCommit) {
  Run("CREATE TABLE u (b BLOB UNIQUE)");
  Run("PRAGMA cache_size=10");
  Run("BEGIN");
  Run(kInsertFifty);
  vfs_.FailWrites(SQLITE_FULL);
  EXPECT_FALSE(writer_->Execute("INSERT INTO u SELECT b FROM t").ok());
  vfs_.FailWrites(0);
  if (!writer_->Execute("COMMIT").ok()) (void)writer_->Execute("ROLLBACK");
  EXPECT_EQ(Seen("SELECT count(*) FROM t"), "0");
  EXPECT_EQ(Seen("PRAGMA integrity_check"), "ok");
  Run(kInsertFifty);
  EXPECT_EQ(Seen("SELECT count(*) FROM t"), "50");
  EXPECT_EQ(Seen("PRAGMA integrity_check"), "ok");
}

// A checkpoint that does not reach the end of the log is not synced, and new
// readers look into the database at once.
TEST_F(WalGatherTest, CheckpointIsWrittenAtOnce) {
  Run("PRAGMA wal_autocheckpoint=0");
  Run(kInsertFifty);
  const auto old = Open(Database::Mode::kReadOnly);
  Statement snapshot(*old, "SELECT a FROM t");
  ASSERT_TRUE(*snapshot.Step());
  Run("INSERT INTO t (b) VALUES (1)");
  Run("PRAGMA wal_checkpoint(PASSIVE)");
  EXPECT_EQ(Seen("SELECT count(*) FROM t"), "51");
  EXPECT_EQ(Seen("PRAGMA integrity_check"), "ok");
}

TEST_F(WalGatherTest, LogThatBeginsAnewAndIsCheckpointed) {
  Run("PRAGMA wal_autocheckpoint=20");
  for (int i = 0; i < 20; ++i) Run(kInsertFifty);
  Run("PRAGMA wal_checkpoint(TRUNCATE)");
  Run(kInsertFifty);
  EXPECT_EQ(Seen("SELECT count(*) FROM t"), "1050");
  writer_.reset();
  EXPECT_EQ(Seen("PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace linktor
