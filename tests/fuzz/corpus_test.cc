// The seeds, through the properties that libFuzzer tries to break. An input
// that broke one goes to its seeds, so that it is tried for ever.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/fuzz/properties.h"
#include "tests/support/golden.h"
#include "tests/support/sanitized.h"

namespace linktor::fuzz {
namespace {

class FuzzCorpusTest : public testing::TestWithParam<Property> {
 protected:
  static void ExpectHolds(const std::string& path) {
    EXPECT_EQ(GetParam().check(ReadFile(path)).value_or(""), "") << path;
  }
};

TEST_P(FuzzCorpusTest, HoldsForEverySeed) {
  const std::vector<std::string> seeds =
      ListFiles(SourceDir() + "/tests/fuzz/corpus/" + GetParam().name, "");
  EXPECT_FALSE(seeds.empty());
  for (const std::string& path : seeds) ExpectHolds(path);
}

// Golden webhooks are seeds, too, and for the others they are rubbish, which
// must do no harm either.
TEST_P(FuzzCorpusTest, HoldsForEveryGoldenWebhook) {
  const std::vector<std::string> bodies =
      ListFiles(SourceDir() + "/tests/golden/webhooks", ".json");
  EXPECT_FALSE(bodies.empty());
  for (const std::string& path : bodies) ExpectHolds(path);
}

// From so many bytes on an instrumented build tries each sixteenth beginning
// alone, since the long seeds are one text again and again, which takes
// minutes.
constexpr std::size_t kEachByte = kSanitized ? 700 : SIZE_MAX;
constexpr std::size_t kStride = 16;

// Half an input is what an attacker or a broken line sends.
TEST_P(FuzzCorpusTest, HoldsForEveryBeginningOfASeed) {
  for (const std::string& path :
       ListFiles(SourceDir() + "/tests/fuzz/corpus/" + GetParam().name, "")) {
    const std::string seed = ReadFile(path);
    for (std::size_t size = 0; size < seed.size();
         size += size < kEachByte ? 1 : kStride) {
      ASSERT_EQ(GetParam().check(seed.substr(0, size)).value_or(""), "")
          << path << " up to byte " << size;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Properties, FuzzCorpusTest,
                         testing::ValuesIn(Properties().begin(),
                                           Properties().end()),
                         [](const auto& instance) {
                           return std::string(instance.param.name);
                         });

}  // namespace
}  // namespace linktor::fuzz
