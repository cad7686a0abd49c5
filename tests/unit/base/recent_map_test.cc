#include "server/base/recent_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace linktor {
namespace {

using Map = RecentMap<int, std::string>;

TEST(RecentMapTest, KeepsTheLastUsedAndAtMostTwiceAsMany) {
  constexpr int kCount = 10;
  Map map(kCount);
  for (int i = 0; i < 95; ++i) {
    map.Insert(i, std::to_string(i));
    for (int last = std::max(0, i - kCount + 1); last <= i; ++last) {
      // Looking it up would make it the last used one of all.
      Map copy = map;
      ASSERT_NE(copy.Find(last), nullptr) << last << " of " << i;
    }
  }
  int kept = 0;
  for (int i = 0; i < 95; ++i) {
    Map copy = map;
    if (copy.Find(i) != nullptr) ++kept;
  }
  EXPECT_LE(kept, 2 * kCount);
}

TEST(RecentMapTest, WhatIsFoundAgainAndAgainStays) {
  Map map(10);
  map.Insert(-1, "used");
  for (int i = 0; i < 1000; ++i) {
    map.Insert(i, "once");
    ASSERT_NE(map.Find(-1), nullptr) << i;
  }
  EXPECT_EQ(*map.Find(-1), "used");
}

TEST(RecentMapTest, InsertReplacesInEitherGeneration) {
  Map map(2);
  map.Insert(1, "old");
  map.Insert(2, "b");
  map.Insert(3, "c");
  map.Insert(1, "new");
  EXPECT_EQ(*map.Find(1), "new");
  map.Insert(1, "newer");
  EXPECT_EQ(*map.Find(1), "newer");
}

TEST(RecentMapTest, EraseForgetsInEitherGeneration) {
  Map map(2);
  map.Insert(1, "a");
  map.Insert(2, "b");
  map.Insert(3, "c");
  map.Erase(1);
  map.Erase(3);
  EXPECT_EQ(map.Find(1), nullptr);
  EXPECT_EQ(map.Find(3), nullptr);
  EXPECT_EQ(*map.Find(2), "b");
}

}  // namespace
}  // namespace linktor
