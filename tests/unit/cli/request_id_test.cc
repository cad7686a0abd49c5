#include "client/cli/request_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace linktor::cli {
namespace {

using ::testing::MatchesRegex;

TEST(RequestIdTest, GivenOneStaysAndNewOnesDiffer) {
  EXPECT_EQ(RequestIdOr("order-17"), "order-17");
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(RequestIdOr(""));
  EXPECT_EQ(ids.size(), 1000U);
  EXPECT_THAT(*ids.begin(), MatchesRegex("cli-[0-9a-f]{32}"));
}

}  // namespace
}  // namespace linktor::cli
