#include "server/kinds/content/limits.h"

#include <gtest/gtest.h>

namespace linktor::kinds {
namespace {

TEST(CountCharactersTest, CountsCodePoints) {
  EXPECT_EQ(CountCharacters(""), 0U);
  EXPECT_EQ(CountCharacters("abc"), 3U);
  EXPECT_EQ(CountCharacters("a\u00e4\u20ac\U0001F600"), 4U);
}

TEST(ViolationsTest, AreTakenInTheOrderInWhichTheyWereFound) {
  Violations found;
  found.Url("https://example.com/a.jpg", "content.good");
  found.Url("ftp://example.com/a.jpg", "content.first");
  found.Count(3, 0, 2, "content.second");
  found.Payload("", "content.third");
  found.Characters("\u20ac\u20ac\u20ac", 1, 3, "content.three");
  const std::vector<FieldViolation> taken = found.Take();
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[0].field, "content.first");
  EXPECT_EQ(taken[1].field, "content.second");
  EXPECT_EQ(taken[2].field, "content.third");
}

}  // namespace
}  // namespace linktor::kinds
