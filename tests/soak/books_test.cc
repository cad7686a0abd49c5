// The comparison of books sees what does not add up.

#include "tests/soak/books.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linktor::testing {
namespace {

using ::testing::HasSubstr;

constexpr PostCounts kSmall{.bytes = 100, .items = 1};
constexpr PostCounts kLarge{.bytes = 9000, .items = 40, .ignored = 2};

TEST(CompareBooksTest, AnsweredPostsAreCountedOnceEach) {
  const Books books{.posts = {kLarge, kSmall, kSmall}};
  EXPECT_EQ(CompareBooks(books, {kSmall, kSmall, kLarge}, {}), "");
}

TEST(CompareBooksTest, UnansweredPostsMayBeCounted) {
  EXPECT_EQ(CompareBooks({.posts = {kSmall, kLarge}}, {kSmall}, {kLarge}), "");
  EXPECT_EQ(CompareBooks({.posts = {kSmall}}, {kSmall}, {kLarge}), "");
}

TEST(CompareBooksTest, AnsweredButNotCounted) {
  EXPECT_THAT(CompareBooks({.posts = {kSmall}}, {kSmall, kLarge}, {}),
              HasSubstr("a post of 9000 bytes with 40 items, 2 to ignore and 0 "
                        "of strangers was answered 200 but is not counted so"));
}

TEST(CompareBooksTest, CountedOnceMoreThanPosted) {
  EXPECT_THAT(CompareBooks({.posts = {kSmall, kSmall}}, {kSmall}, {kLarge}),
              HasSubstr("a post of 100 bytes with 1 items, 0 to ignore and 0 "
                        "of strangers is counted but was not posted so"));
}

TEST(CompareBooksTest, CountsThatDoNotAddUp) {
  PostCounts short_of_one = kLarge;
  --short_of_one.items;
  EXPECT_NE(CompareBooks({.posts = {short_of_one}}, {kLarge}, {}), "");
}

TEST(ReadBooksTest, NoDatabaseIsAnError) {
  EXPECT_FALSE(ReadBooks("/tmp/linktor-no-such-folder").ok());
}

}  // namespace
}  // namespace linktor::testing
