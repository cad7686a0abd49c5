#include "server/base/strings.h"

#include <gtest/gtest.h>

namespace linktor {
namespace {

struct CutCase {
  std::string_view text;
  std::size_t max;
  std::string_view cut;
};

TEST(CutUtf8Test, Table) {
  const CutCase cases[] = {
      {"", 0, ""},           {"", 5, ""},
      {"abc", 3, "abc"},     {"abc", 2, "ab"},
      {"abc", 0, ""},        {"a\u00e4b", 3, "a\u00e4"},
      {"a\u00e4b", 2, "a"},  {"\U0001F600", 4, "\U0001F600"},
      {"\U0001F600", 3, ""}, {"x\U0001F600y", 4, "x"},
  };
  for (const CutCase& c : cases) {
    EXPECT_EQ(CutUtf8(c.text, c.max), c.cut) << c.text << " " << c.max;
  }
}

}  // namespace
}  // namespace linktor
