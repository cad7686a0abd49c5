#include "server/policy/content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linktor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> FieldsOf(const std::vector<FieldViolation>& found) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : found) {
    fields.push_back(violation.field);
    EXPECT_FALSE(violation.description.empty());
  }
  return fields;
}

std::string Repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all.append(text);
  return all;
}

std::vector<std::string> CheckText(const std::string& text) {
  v1::MessageContent content;
  content.set_text(text);
  return FieldsOf(CheckContent(content));
}

TEST(CheckContentTest, TextIsLimitedInBytes) {
  EXPECT_THAT(CheckText("a"), IsEmpty());
  EXPECT_THAT(CheckText(std::string(1000, 'a')), IsEmpty());
  EXPECT_THAT(CheckText(std::string(1001, 'a')), ElementsAre("content.text"));
  EXPECT_THAT(CheckText(""), ElementsAre("content.text"));
  // Two bytes each.
  EXPECT_THAT(CheckText(Repeat("\u00e4", 500)), IsEmpty());
  EXPECT_THAT(CheckText(Repeat("\u00e4", 501)), ElementsAre("content.text"));
}

TEST(CheckContentTest, NeedsContent) {
  EXPECT_THAT(FieldsOf(CheckContent({})), ElementsAre("content"));
}

TEST(CountCharactersTest, CountsCodePoints) {
  EXPECT_EQ(CountCharacters(""), 0U);
  EXPECT_EQ(CountCharacters("abc"), 3U);
  EXPECT_EQ(CountCharacters("a\u00e4\u20ac\U0001F600"), 4U);
}

struct Starter {
  std::string question;
  std::string payload;
};

std::vector<std::string> CheckStarters(const std::vector<Starter>& starters) {
  v1::LocalizedIceBreakers list;
  for (const Starter& starter : starters) {
    v1::IceBreaker* added = list.add_ice_breakers();
    added->set_question(starter.question);
    added->set_payload(starter.payload);
  }
  return FieldsOf(CheckIceBreakers(list.ice_breakers(), "ice_breakers"));
}

TEST(CheckIceBreakersTest, OneToFour) {
  EXPECT_THAT(CheckStarters({{"q", "p"}}), IsEmpty());
  EXPECT_THAT(CheckStarters({4, {"q", "p"}}), IsEmpty());
  EXPECT_THAT(CheckStarters({}), ElementsAre("ice_breakers"));
  EXPECT_THAT(CheckStarters({5, {"q", "p"}}), ElementsAre("ice_breakers"));
}

TEST(CheckIceBreakersTest, QuestionsInCharactersPayloadsInBytes) {
  const std::string longest = Repeat("\u20ac", 80);
  EXPECT_THAT(CheckStarters({{longest, std::string(1000, 'p')}}), IsEmpty());
  EXPECT_THAT(
      CheckStarters(
          {{longest + "x", "p"}, {"", ""}, {"q", std::string(1001, 'p')}}),
      ElementsAre("ice_breakers[0].question", "ice_breakers[1].question",
                  "ice_breakers[1].payload", "ice_breakers[2].payload"));
}

}  // namespace
}  // namespace linktor
