#include "server/sqlite/page_cleaner.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/sqlite/database.h"
#include "server/sqlite/statement.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace linktor::sqlite {
namespace {

using Page = std::array<std::uint8_t, kPageSize>;

// A page that is full of sevens but for a header of a b-tree at `header`.
Page PageOf(std::uint8_t kind, std::uint8_t cells, int content_start,
            std::size_t header = 0) {
  Page page;
  page.fill(7);
  page[header] = kind;
  page[header + 3] = 0;
  page[header + 4] = cells;
  page[header + 5] = static_cast<std::uint8_t>(content_start >> 8);
  page[header + 6] = static_cast<std::uint8_t>(content_start);
  return page;
}

// The places from `begin` to `end` are zero, and all others as they were.
void ExpectZeroed(Page page, std::size_t begin, std::size_t end,
                  bool first = false) {
  Page wanted = page;
  for (std::size_t i = begin; i < end; ++i) wanted[i] = 0;
  ZeroUnallocated(page, first);
  EXPECT_EQ(page, wanted);
}

TEST(ZeroUnallocatedTest, LeavesOfTablesAndIndexes) {
  ExpectZeroed(PageOf(13, 3, 4000), 8 + 6, 4000);
  ExpectZeroed(PageOf(10, 200, 500), 8 + 400, 500);
}

TEST(ZeroUnallocatedTest, InnerPagesHaveALongerHeader) {
  ExpectZeroed(PageOf(5, 3, 4000), 12 + 6, 4000);
  ExpectZeroed(PageOf(2, 3, 4000), 12 + 6, 4000);
}

TEST(ZeroUnallocatedTest, TheFirstPageBeginsWithTheHeaderOfTheFile) {
  ExpectZeroed(PageOf(13, 1, 3000, 100), 100 + 8 + 2, 3000, true);
}

TEST(ZeroUnallocatedTest, AnEmptyPageIsAllUnallocated) {
  ExpectZeroed(PageOf(13, 0, kPageSize), 8, kPageSize);
}

TEST(ZeroUnallocatedTest, OtherPagesStay) {
  for (int kind = 0; kind < 256; ++kind) {
    if (kind == 2 || kind == 5 || kind == 10 || kind == 13) continue;
    ExpectZeroed(PageOf(static_cast<std::uint8_t>(kind), 3, 4000), 0, 0);
  }
}

TEST(ZeroUnallocatedTest, WhatMakesNoSenseStays) {
  // The cells' pointers reach to the content, or past it.
  ExpectZeroed(PageOf(13, 250, 508), 0, 0);
  ExpectZeroed(PageOf(13, 250, 400), 0, 0);
  // The content begins past the page's end.
  ExpectZeroed(PageOf(13, 1, kPageSize + 1), 0, 0);
  ExpectZeroed(PageOf(13, 1, 0), 0, 0);
}

constexpr int kRows = 3000;

class PageCleanerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto database = Database::Open(path_, Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    Run("CREATE TABLE t (no INTEGER PRIMARY KEY, b BLOB NOT NULL)");
  }

  void Run(const std::string& sql) {
    const absl::Status done = database_->Execute(sql.c_str());
    ASSERT_TRUE(done.ok()) << done;
  }
  // Content that no other row has.
  std::string Content(int no) {
    return absl::StrCat("<content of row ", no, ">",
                        std::string(dice_() % 700, '.'));
  }
  void Insert(int no) {
    Statement insert(*database_, "INSERT INTO t VALUES (?1, ?2)");
    const std::string content = Content(no);
    ASSERT_TRUE(insert.Bind(1, no).BindBlob(2, content).Run().ok());
  }
  void Zero(int no) {
    Statement zero(*database_,
                   "UPDATE t SET b = zeroblob(length(b)) WHERE no = ?1");
    ASSERT_TRUE(zero.Bind(1, no).Run().ok());
  }
  // The rows whose content the file holds.
  std::vector<int> Found() {
    EXPECT_TRUE(database_->RunCheckpoint(Database::Checkpoint::kTruncate).ok());
    const std::string file = ReadFile(path_);
    std::vector<int> found;
    for (int no = 0; no < kRows; ++no) {
      if (file.find(absl::StrCat("<content of row ", no, ">")) !=
          std::string::npos) {
        found.push_back(no);
      }
    }
    return found;
  }

  TempFolder folder_;
  const std::string path_ = folder_.path() + "/t.db";
  std::mt19937 dice_{1};
  std::set<int> written_;
  std::unique_ptr<Database> database_;
};

// Rows are moved by the deletions and insertions beside them, again and again,
// before they are themselves deleted or erased.
TEST_F(PageCleanerTest, NothingStaysOfWhatWasDeletedOrErased) {
  std::set<int> kept;
  for (int round = 0; round < 20; ++round) {
    Run("BEGIN");
    for (int step = 0; step < 400; ++step) {
      const int no = static_cast<int>(dice_() % kRows);
      if (written_.insert(no).second) {
        Insert(no);
        kept.insert(no);
      } else if (dice_() % 2 == 0) {
        Run(absl::StrCat("DELETE FROM t WHERE no = ", no));
        kept.erase(no);
      } else {
        Zero(no);
        kept.erase(no);
      }
    }
    Run("COMMIT");
    ASSERT_EQ(Found(), std::vector<int>(kept.begin(), kept.end()));
  }
  Statement check(*database_, "PRAGMA integrity_check");
  ASSERT_TRUE(*check.Step());
  EXPECT_EQ(check.String(0), "ok");
}

}  // namespace
}  // namespace linktor::sqlite
