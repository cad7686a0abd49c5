#include "server/base/paging.h"

#include <gtest/gtest.h>

#include <string>

namespace linktor {
namespace {

TEST(PagingTest, TokenLeadsToItsList) {
  const std::string token = MakePageToken(PagedList::kChannels, "ch_1");
  EXPECT_EQ(ReadPageToken(PagedList::kChannels, token), "ch_1");
  EXPECT_FALSE(ReadPageToken(PagedList::kApiKeys, token).has_value());
  EXPECT_EQ(ReadPageToken(PagedList::kChannels, ""), "");
}

TEST(PagingTest, TextsOfNoListAreRefused) {
  const std::string token = MakePageToken(PagedList::kChannels, "ch_1");
  for (const std::string& other : {std::string("ch_1"), std::string("Yw"),
                                   token + "=", token.substr(1), "!" + token}) {
    EXPECT_FALSE(ReadPageToken(PagedList::kChannels, other).has_value())
        << other;
  }
}

TEST(PagingTest, LargePagesAreCutShort) {
  EXPECT_EQ(PageSizeOf(0), kDefaultPageSize);
  EXPECT_EQ(PageSizeOf(1), 1);
  EXPECT_EQ(PageSizeOf(kMaxPageSize), kMaxPageSize);
  EXPECT_EQ(PageSizeOf(2'000'000'000), kMaxPageSize);
}

}  // namespace
}  // namespace linktor
