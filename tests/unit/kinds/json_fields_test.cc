#include "server/kinds/json_fields.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace linktor::kinds {
namespace {

// Three of them have the same size.
constexpr std::array<std::string_view, 5> kSeveral = {"mid", "text", "a", "url",
                                                      "ref"};

TEST(MemberNamesTest, EachNameHasItsIndex) {
  constexpr MemberNames<8> names(kSeveral);
  for (std::size_t i = 0; i < kSeveral.size(); ++i) {
    EXPECT_EQ(names.Find(kSeveral[i]), i) << kSeveral[i];
  }
}

TEST(MemberNamesTest, OtherNamesAreNotThere) {
  constexpr MemberNames<8> names(kSeveral);
  for (const std::string& other :
       {std::string(), std::string("MID"), std::string("mi"),
        std::string("mid\0", 4), std::string(MemberNames<8>::kMaxSize, 'x'),
        std::string(MemberNames<8>::kMaxSize + 1, 'x'),
        std::string(100'000, 'x')}) {
    EXPECT_EQ(names.Find(other), 8U) << other.substr(0, 60);
  }
  EXPECT_EQ(MemberNames<8>().Find("mid"), 8U);
}

TEST(MembersTest, TheFirstOfANameCountsAndNullIsAbsent) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  ASSERT_EQ(parser
                .parse(std::string_view(
                    R"({"text":null,"mid":"1","text":"2","mid":"3","z":4})"))
                .get(object),
            simdjson::SUCCESS);
  const Members<8> members(object, MemberNames<8>(kSeveral));
  EXPECT_TRUE(members.Has(0));
  const std::optional<simdjson::dom::element> first = members[0];
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(std::string_view(*first), "1");
  EXPECT_FALSE(members.Has(1)) << "the first one is null";
  EXPECT_FALSE(members[1].has_value());
  EXPECT_FALSE(members.Has(2));
  EXPECT_EQ(members.there(), 1U);
  EXPECT_TRUE(members.has_others());
  simdjson::dom::parser other_parser;
  ASSERT_EQ(other_parser.parse(std::string_view(R"({"text":null,"mid":"1"})"))
                .get(object),
            simdjson::SUCCESS);
  EXPECT_FALSE(Members<8>(object, MemberNames<8>(kSeveral)).has_others());
}

}  // namespace
}  // namespace linktor::kinds
