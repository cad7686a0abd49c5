#include "emulator/json.h"

#include <gtest/gtest.h>

namespace linktor::emulator {
namespace {

TEST(MetaJsonTest, EscapesSlashesAndWhatIsNotAscii) {
  const json::object value{{"text", "a/b ä € 😀 \"q\""}};
  EXPECT_EQ(MetaJson(value),
            R"({"text":"a\/b \u00e4 \u20ac \ud83d\ude00 \"q\""})");
}

TEST(MetaJsonTest, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(MetaJson(json::string("a\xFF\xC3")), R"("a\ufffd\ufffd")");
}

TEST(ParseJsonTest, RefusesWhatIsTooDeep) {
  EXPECT_TRUE(ParseJson(std::string(30, '[') + std::string(30, ']')).ok());
  EXPECT_FALSE(ParseJson(std::string(40, '[') + std::string(40, ']')).ok());
}

TEST(JsonOrTextTest, KeepsWhatIsNotJsonAsText) {
  EXPECT_EQ(JsonOrText("{\"a\":1}"), (json::object{{"a", 1}}));
  EXPECT_EQ(JsonOrText("{oops"), json::value("{oops"));
}

}  // namespace
}  // namespace linktor::emulator
