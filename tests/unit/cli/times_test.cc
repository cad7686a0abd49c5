#include "client/cli/times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace linktor::cli {
namespace {

using ::testing::HasSubstr;

// This is 2026-03-01T12:00:00Z.
constexpr absl::Time kTypedAt = absl::FromUnixSeconds(1'772'366'400);

TEST(ParseSinceTest, HowLongAgoOrWhen) {
  const struct {
    const char* text;
    std::int64_t seconds;
    int nanos;
  } rows[] = {{"0", 1'772'366'400, 0},
              {"2h", 1'772'366'400 - 7200, 0},
              {"3d", 1'772'366'400 - 3 * 86'400, 0},
              {"1h30m", 1'772'366'400 - 5400, 0},
              {"1970-01-01T00:00:00Z", 0, 0},
              {"2026-03-01T13:00:00+01:00", 1'772'366'400, 0},
              {"2026-03-01 13:00:00+01:00", 1'772'366'400, 0},
              {"2026-03-01T12:00:00.25Z", 1'772'366'400, 250'000'000},
              // It may be a time to come.
              {"2027-01-01T00:00:00Z", 1'798'761'600, 0}};
  for (const auto& row : rows) {
    const auto since = ParseSince(row.text, kTypedAt);
    ASSERT_TRUE(since.ok()) << since.status();
    EXPECT_EQ(since->seconds(), row.seconds) << row.text;
    EXPECT_EQ(since->nanos(), row.nanos) << row.text;
  }
}

TEST(ParseSinceTest, AnythingElseIsAnErrorThatShowsTheForms) {
  for (const char* text : {"", "yesterday", "2026-03-01", "12:00", "3x"}) {
    EXPECT_THAT(std::string(ParseSince(text, kTypedAt).status().message()),
                HasSubstr("2h or 3d"))
        << text;
  }
  for (const char* text : {"-2h", "30000d", "inf"}) {
    EXPECT_FALSE(ParseSince(text, kTypedAt).ok()) << text;
  }
}

}  // namespace
}  // namespace linktor::cli
