#include "server/sqlite/page_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/sqlite/database.h"
#include "server/sqlite/statement.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor {
namespace {

// A cache that kept a page behind the end of the database would give it to
// whoever makes a page of that number anew.
class PageCacheTest : public testing::Test {
 protected:
  PageCacheTest() {
    auto opened =
        Database::Open(folder_.path() + "/a.db", Database::Mode::kReadWrite);
    EXPECT_THAT(opened, IsOk());
    database_ = *std::move(opened);
    // A key in no order splits pages everywhere, which is when they are sorted.
    Run("CREATE TABLE t (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID");
    Run("CREATE TABLE u (no INTEGER PRIMARY KEY, value BLOB)");
  }

  void Run(const char* sql) { EXPECT_THAT(database_->Execute(sql), IsOk()); }
  void Put(const std::string& key, const std::string& value) {
    Statement put(*database_, "INSERT OR REPLACE INTO t VALUES (?1, ?2)");
    EXPECT_THAT(put.BindBlob(1, key).BindBlob(2, value).Run(), IsOk());
    Statement add(*database_, "INSERT INTO u (value) VALUES (?1)");
    EXPECT_THAT(add.BindBlob(1, value).Run(), IsOk());
  }
  std::map<std::string, std::string> All() {
    std::map<std::string, std::string> all;
    Statement rows(*database_, "SELECT key, value FROM t");
    for (;;) {
      const auto row = rows.Step();
      EXPECT_THAT(row, IsOk());
      if (!row.ok() || !*row) return all;
      all[rows.String(0)] = rows.String(1);
    }
  }
  std::string Integrity() {
    Statement check(*database_, "PRAGMA integrity_check");
    EXPECT_TRUE(check.Step().value_or(false));
    return check.String(0);
  }

  const TempFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(PageCacheTest, PagesBehindTheEndAreForgotten) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): always the same.
  std::map<std::string, std::string> kept;
  for (int round = 0; round < 120; ++round) {
    std::map<std::string, std::string> now = kept;
    Run("BEGIN IMMEDIATE");
    for (int i = 0; i < 40; ++i) {
      const std::string key = absl::StrCat(random() % 5000);
      const std::string value(100 + random() % 9000,
                              static_cast<char>('a' + random() % 26));
      Put(key, value);
      now[key] = value;
    }
    if (round % 5 == 4) {
      Run("DELETE FROM u");
      Run("DELETE FROM t");
      now.clear();
    }
    // What was rolled back has made the database longer for a while.
    if (random() % 3 == 0) {
      Run("ROLLBACK");
    } else {
      Run("COMMIT");
      kept = now;
    }
    ASSERT_EQ(All(), kept) << round;
    if (round % 30 == 29) {
      EXPECT_THAT(database_->RunCheckpoint(Database::Checkpoint::kTruncate),
                  IsOk());
      Run("VACUUM");
      ASSERT_EQ(Integrity(), "ok") << round;
    }
  }
  EXPECT_EQ(All(), kept);
}

}  // namespace
}  // namespace linktor
