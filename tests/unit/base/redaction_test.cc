#include "server/base/redaction.h"

#include <gtest/gtest.h>

namespace linktor {
namespace {

struct RedactCase {
  std::string_view text;
  std::string_view redacted;
};

TEST(RedactTest, Table) {
  const RedactCase cases[] = {
      {"", ""},
      {"nothing to hide", "nothing to hide"},
      {"https://host/me?access_token=abc123&fields=id",
       "https://host/me?access_token=[redacted]&fields=id"},
      {"access_token=abc%7Cdef", "access_token=[redacted]"},
      {"?appsecret_proof=00ff&x=1", "?appsecret_proof=[redacted]&x=1"},
      {"Authorization: Bearer abc.def-1_2", "Authorization: Bearer [redacted]"},
      {"authorization: bearer abc", "authorization: bearer [redacted]"},
      {"Bearer ab+cd/ef==, next", "Bearer [redacted], next"},
      {R"({"access_token":"abc123","x":1})",
       R"({"access_token":"[redacted]","x":1})"},
      {R"({"access_token": "abc123"})", R"({"access_token": "[redacted]"})"},
      {"token EAA"
       "abcdefghijklmnopqrst ended",
       "token [redacted] ended"},
      {"IGAabcdefghijklmnopqrst", "[redacted]"},
      {"IGApiException", "IGApiException"},
      {"key lig_0123456789abcdef_SECRET, next", "key [redacted], next"},
      {"lig_short", "lig_short"},
      {"EAA is three letters", "EAA is three letters"},
      {"IGA EAA IGQ", "IGA EAA IGQ"},
      {"two EAA"
       "abcdefghijklmnopqrst and IGQ"
       "abcdefghijklmnopqrst",
       "two [redacted] and [redacted]"},
  };
  for (const RedactCase& c : cases) EXPECT_EQ(Redact(c.text), c.redacted);
}

}  // namespace
}  // namespace linktor
