#include "server/sqlite/page_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <iterator>
#include <random>
#include <set>

#include "server/sqlite/database.h"
#include "server/sqlite/statement.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::sqlite {
namespace {

// A cache that keeps a page behind the end of the database gives it to whoever
// makes a page of that number anew.
class PageCacheTest : public testing::Test {
 public:
  ~PageCacheTest() override { methods_.xDestroy(cache_); }

 protected:
  static constexpr int kPageSize = 4096;
  // No page is evicted, so that the test knows which are there.
  static constexpr int kRoom = 10'000;

  PageCacheTest() : methods_(*PageCacheInFront()) {
    EXPECT_EQ(sqlite3_initialize(), SQLITE_OK);
    cache_ = methods_.xCreate(kPageSize, /*szExtra=*/64, /*bPurgeable=*/1);
    methods_.xCachesize(cache_, kRoom);
  }
  bool Has(unsigned number) {
    sqlite3_pcache_page* page = methods_.xFetch(cache_, number, 0);
    if (page == nullptr) return false;
    methods_.xUnpin(cache_, page, 0);
    return true;
  }
  void Add(unsigned number) {
    constexpr int kCreate = 2;
    sqlite3_pcache_page* page = methods_.xFetch(cache_, number, kCreate);
    ASSERT_NE(page, nullptr);
    methods_.xUnpin(cache_, page, 0);
  }
  // Gives the page another number, as when pages are sorted.
  void Rename(unsigned from, unsigned to) {
    sqlite3_pcache_page* page = methods_.xFetch(cache_, from, 0);
    ASSERT_NE(page, nullptr);
    methods_.xRekey(cache_, page, from, to);
    methods_.xUnpin(cache_, page, 0);
  }
  int Count() { return methods_.xPagecount(cache_); }

  const sqlite3_pcache_methods2& methods_;
  sqlite3_pcache* cache_ = nullptr;
};

TEST_F(PageCacheTest, PagesFromTheLimitOnAreForgotten) {
  for (unsigned number = 1; number <= 10; ++number) Add(number);
  methods_.xTruncate(cache_, 11);
  EXPECT_EQ(Count(), 10);
  methods_.xTruncate(cache_, 8);
  EXPECT_EQ(Count(), 7);
  EXPECT_FALSE(Has(8));
}

TEST_F(PageCacheTest, PageThatKeepsANumberBeyondTheOthersIsForgotten) {
  Add(1);
  Add(2);
  Rename(2, 300'000);
  methods_.xTruncate(cache_, 3);
  EXPECT_EQ(Count(), 1);
  EXPECT_TRUE(Has(1));
}

TEST_F(PageCacheTest, PageThatHadANumberBeyondTheOthersForAMomentStays) {
  Add(1);
  Add(2);
  Rename(2, 300'000);
  Rename(300'000, 2);
  methods_.xTruncate(cache_, 3);
  EXPECT_EQ(Count(), 2);
  methods_.xTruncate(cache_, 2);
  EXPECT_EQ(Count(), 1);
}

// SQLite itself, with a table whose pages are split all the time, as those of
// mids are.
TEST(PageCacheOfSqliteTest, CommitsThatSplitPagesAreSparedTheWalk) {
  const TempFolder folder;
  auto database =
      Database::Open(folder.path() + "/a.db", Database::Mode::kReadWrite);
  ASSERT_THAT(database, IsOk());
  ASSERT_THAT((*database)->Execute("PRAGMA synchronous=OFF"), IsOk());
  ASSERT_THAT(
      (*database)->Execute("CREATE TABLE t (k BLOB PRIMARY KEY) WITHOUT ROWID"),
      IsOk());
  Statement insert(**database, "INSERT INTO t VALUES (randomblob(100))");
  const std::int64_t before = ForwardedTruncations();
  constexpr int kCommits = 200;
  for (int i = 0; i < kCommits; ++i) {
    ASSERT_THAT((*database)->Execute("BEGIN"), IsOk());
    for (int row = 0; row < 100; ++row) ASSERT_THAT(insert.Run(), IsOk());
    ASSERT_THAT((*database)->Execute("COMMIT"), IsOk());
  }
  EXPECT_LE(ForwardedTruncations() - before, kCommits / 20);
}

// What the cache should have is a set of numbers.
TEST_F(PageCacheTest, RandomHistory) {
  std::mt19937 random(11);  // NOLINT(cert-msc51-cpp): always the same.
  std::set<unsigned> model;
  const auto below = [&random](unsigned limit) {
    return static_cast<unsigned>(random()) % limit;
  };
  const auto any = [&] {
    return *std::next(model.begin(),
                      below(static_cast<unsigned>(model.size())));
  };
  for (int step = 0; step < 20'000; ++step) {
    switch (below(6)) {
      case 0:
      case 1: {
        const unsigned number = 1 + below(500);
        Add(number);
        model.insert(number);
        break;
      }
      case 2:
      case 3: {
        // To where no page is, near or far.
        const unsigned to = below(2) == 0 ? 1 + below(600) : 262'145;
        if (model.empty() || model.contains(to)) break;
        const unsigned from = any();
        Rename(from, to);
        model.erase(from);
        model.insert(to);
        break;
      }
      default: {
        const unsigned limit = 1 + below(700);
        methods_.xTruncate(cache_, limit);
        model.erase(model.lower_bound(limit), model.end());
      }
    }
    ASSERT_EQ(Count(), static_cast<int>(model.size())) << step;
  }
  for (const unsigned number : model) EXPECT_TRUE(Has(number));
}

}  // namespace
}  // namespace linktor::sqlite
