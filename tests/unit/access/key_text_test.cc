#include "server/access/key_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace linktor::access {
namespace {

using ::testing::MatchesRegex;

TEST(KeyTextTest, HasTheFormThatScannersLookFor) {
  const KeyText key = NewKeyText();
  const std::string text(key.text.Reveal());
  EXPECT_THAT(text, MatchesRegex("lig_[0-9a-f]{16}_[0-9A-Za-z]{49}"));
  EXPECT_EQ(KeyIdOf(text), key.id);
  EXPECT_TRUE(IsKeyId(key.id));
}

TEST(KeyTextTest, NoTwoAreAlike) {
  std::set<std::string> ids;
  std::set<std::string> texts;
  for (int i = 0; i < 1000; ++i) {
    const KeyText key = NewKeyText();
    ids.insert(key.id);
    texts.insert(std::string(key.text.Reveal()));
  }
  EXPECT_EQ(ids.size(), 1000U);
  EXPECT_EQ(texts.size(), 1000U);
}

TEST(KeyTextTest, EveryCharacterIsUsed) {
  std::set<char> seen;
  for (int i = 0; i < 200; ++i) {
    const KeyText key = NewKeyText();
    for (const char c : key.text.Reveal().substr(21)) seen.insert(c);
  }
  EXPECT_EQ(seen.size(), 62U);
}

TEST(KeyTextTest, EveryChangedCharacterIsNoticed) {
  const std::string text(NewKeyText().text.Reveal());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '5' ? '6' : '5';
    EXPECT_EQ(KeyIdOf(changed), "") << "at " << i;
  }
}

TEST(KeyTextTest, EveryShorterAndLongerTextIsNone) {
  const std::string text(NewKeyText().text.Reveal());
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_EQ(KeyIdOf(std::string_view(text).substr(0, i)), "");
  }
  EXPECT_EQ(KeyIdOf(text + "0"), "");
  EXPECT_EQ(KeyIdOf(text + text), "");
}

TEST(KeyTextTest, IdsAreSixteenHexDigits) {
  EXPECT_TRUE(IsKeyId("0123456789abcdef"));
  EXPECT_FALSE(IsKeyId("0123456789ABCDEF"));
  EXPECT_FALSE(IsKeyId("0123456789abcde"));
  EXPECT_FALSE(IsKeyId("0123456789abcdefa"));
  EXPECT_FALSE(IsKeyId(""));
}

}  // namespace
}  // namespace linktor::access
