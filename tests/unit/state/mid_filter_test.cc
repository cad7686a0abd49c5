#include "server/state/mid_filter.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"

namespace linktor::state {
namespace {

constexpr std::size_t kCapacity = 4096;

// It is a hash, as the keys of mids are.
std::string Mid(std::string_view what, std::size_t number) {
  return std::string(
      AsBytes(Sha256(absl::StrCat(std::string(what), number))).substr(0, 16));
}

// Returns how many of 100,000 others it takes for one that was added.
int WronglyTaken(const MidFilter& filter) {
  int wrong = 0;
  for (std::size_t i = 0; i < 100'000; ++i) {
    if (filter.MayHave(Mid("other", i))) ++wrong;
  }
  return wrong;
}

TEST(MidFilterTest, ForgetsNoneAndTakesFewForAnother) {
  MidFilter filter(kCapacity);
  EXPECT_EQ(WronglyTaken(filter), 0);
  for (std::size_t i = 0; i < 4 * kCapacity; ++i) {
    filter.Add(Mid("own", i));
    if (i + 1 == kCapacity) {
      EXPECT_LE(WronglyTaken(filter), 100'000 / 500);
    }
  }
  EXPECT_LE(WronglyTaken(filter), 100'000 / 2);
  for (std::size_t i = 0; i < 4 * kCapacity; ++i) {
    ASSERT_TRUE(filter.MayHave(Mid("own", i))) << i;
  }
  EXPECT_EQ(filter.added(), 4 * kCapacity);
}

TEST(MidFilterTest, RoundsItsCapacityUp) {
  EXPECT_EQ(MidFilter(kCapacity).capacity(), kCapacity);
  EXPECT_EQ(MidFilter(kCapacity + 16).capacity(), 2 * kCapacity);
  EXPECT_GT(MidFilter(0).capacity(), 0);
}

}  // namespace
}  // namespace linktor::state
