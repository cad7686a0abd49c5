#include <gtest/gtest.h>

#include "server/webhook/parser.h"

namespace linktor::webhook {
namespace {

struct TimeCase {
  std::string_view text;
  std::int64_t ms;
};

TEST(ParseEventTimeTest, Table) {
  const TimeCase cases[] = {
      {"1569262486134", 1569262486134},
      {"1569262486", 1569262486000},
      // Where seconds end and milliseconds begin.
      {"99999999999", 99999999999000},
      {"100000000000", 100000000000},
      {"99999999999999", 99999999999999},
      {"100000000000000", 0},
      {"9223372036854775807", 0},
      {"9223372036854775808", 0},
      {"0", 0},
      {"-1", 0},
      {"", 0},
      {"soon", 0},
      {"1e12", 0},
      {"1569262486.5", 0},
      {"2021-09-08T06:34:04+0000", 1631082844000},
      {"2021-09-08T06:34:04Z", 1631082844000},
      {"2021-09-08T08:34:04.250+02:00", 1631082844250},
      {"1969-12-31T23:59:59Z", 0},
      {"2021-09-08", 0},
      {"2021-13-08T06:34:04Z", 0},
      // Later than any message can carry.
      {"9999-12-31T23:59:59Z", 0},
      {"99999999-01-01T00:00:00Z", 0},
      // Words that the time library knows.
      {"infinite-future", 0},
      {"infinite-past", 0},
  };
  for (const TimeCase& c : cases) {
    EXPECT_EQ(ParseEventTime(c.text), c.ms) << c.text;
  }
}

}  // namespace
}  // namespace linktor::webhook
