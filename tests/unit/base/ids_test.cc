#include "server/base/ids.h"

#include <gtest/gtest.h>

#include <set>

namespace linktor {
namespace {

TEST(RawIdTest, NewOnesDiffer) {
  std::set<RawId> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(NewRawId());
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_EQ(seen.begin()->size(), 16U);
}

TEST(RawIdTest, TimedOnesDifferAndLieTogether) {
  std::set<RawId> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(NewTimedId(1'700'000'000'123));
  EXPECT_EQ(seen.size(), 1000U);
  for (const RawId& id : seen) {
    EXPECT_EQ(FormatId("", id).substr(0, 12), "018bcfe5687b");
    EXPECT_EQ(id.size(), 16U);
  }
  EXPECT_LT(*seen.rbegin(), NewTimedId(1'700'000'000'124));
}

TEST(RawIdTest, FormatAndParseAreInverse) {
  const RawId raw = NewRawId();
  const std::string id = FormatId(kMessagePrefix, raw);
  EXPECT_EQ(id.size(), 4U + 32U);
  EXPECT_EQ(ParseId(kMessagePrefix, id), raw);
}

TEST(RawIdTest, ParsesNothingElse) {
  const std::string good = "msg_0123456789abcdef0123456789abcdef";
  ASSERT_FALSE(ParseId(kMessagePrefix, good).empty());
  for (const std::string& bad :
       {std::string(), std::string("msg_"), "evt_" + good.substr(4),
        good.substr(0, 35), good + "0", good.substr(4), " " + good, good + " ",
        std::string("msg_0123456789ABCDEF0123456789abcdef"),
        std::string("msg_0123456789abcdeg0123456789abcdef")}) {
    EXPECT_TRUE(ParseId(kMessagePrefix, bad).empty()) << bad;
  }
}

TEST(HashedRawIdTest, EqualPartsGiveEqualIds) {
  EXPECT_EQ(HashedRawId({"a", "b"}), HashedRawId({"a", "b"}));
  EXPECT_EQ(HashedRawId({"a"}).size(), 16U);
}

// Joining parts without their lengths would make these equal.
TEST(HashedRawIdTest, PartsAreNotAmbiguous) {
  using namespace std::string_view_literals;
  const std::set<RawId> ids = {HashedRawId({}),
                               HashedRawId({""}),
                               HashedRawId({"", ""}),
                               HashedRawId({"ab"}),
                               HashedRawId({"a", "b"}),
                               HashedRawId({"", "ab"}),
                               HashedRawId({"ab", ""}),
                               HashedRawId({"b", "a"}),
                               HashedRawId({"a\0"sv}),
                               HashedRawId({"a", "\0"sv}),
                               HashedRawId({"\0\0\0\1a"sv}),
                               HashedRawId({"\0\0\0\1b"sv, "a"})};
  EXPECT_EQ(ids.size(), 12U);
}

TEST(IdLimitsTest, ChannelId) {
  EXPECT_TRUE(IsChannelId("ch_instagram_123"));
  EXPECT_TRUE(IsChannelId("A.b-_9"));
  EXPECT_TRUE(IsChannelId(std::string(64, 'x')));
  EXPECT_FALSE(IsChannelId(""));
  EXPECT_FALSE(IsChannelId(std::string(65, 'x')));
  for (const char* bad : {"a b", "a/b", "a:b", "\xc3\xa4", "a\n", "%41"}) {
    EXPECT_FALSE(IsChannelId(bad)) << bad;
  }
}

TEST(IdLimitsTest, RequestId) {
  EXPECT_TRUE(IsRequestId("order:77.retry-1_a"));
  EXPECT_TRUE(IsRequestId(std::string(128, 'x')));
  EXPECT_FALSE(IsRequestId(""));
  EXPECT_FALSE(IsRequestId(std::string(129, 'x')));
  EXPECT_FALSE(IsRequestId("a b"));
  EXPECT_FALSE(IsRequestId(std::string("a\0b", 3)));
}

TEST(IdLimitsTest, NumericId) {
  EXPECT_TRUE(IsNumericId("17841400000000001"));
  EXPECT_TRUE(IsNumericId(std::string(32, '9')));
  EXPECT_FALSE(IsNumericId(""));
  EXPECT_FALSE(IsNumericId(std::string(33, '9')));
  for (const char* bad : {"-1", "1.0", "1e5", " 1", "0x1", "12a"}) {
    EXPECT_FALSE(IsNumericId(bad)) << bad;
  }
}

}  // namespace
}  // namespace linktor
