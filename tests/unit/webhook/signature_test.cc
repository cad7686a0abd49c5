#include "server/webhook/signature.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/strings.h"

namespace linktor::webhook {
namespace {

constexpr std::string_view kHex =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

TEST(ParseSignatureTest, ReadsTheBytes) {
  const auto parsed = ParseSignature("sha256=" + std::string(kHex));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(absl::BytesToHexString(*parsed), kHex);
}

TEST(ParseSignatureTest, TakesUpperCaseDigits) {
  EXPECT_TRUE(ParseSignature("sha256=" + std::string(64, 'A')).has_value());
}

TEST(ParseSignatureTest, RefusesEverythingElse) {
  const std::string good(kHex);
  for (const std::string& bad :
       {std::string(), std::string("sha256="), good, "sha1=" + good,
        "SHA256=" + good, "sha256:" + good, " sha256=" + good,
        "sha256= " + good, "sha256=" + good.substr(1),
        absl::StrCat("sha256=", good, "0"), absl::StrCat("sha256=", good, " "),
        absl::StrCat("sha256=", good, ",", good), "sha256=g" + good.substr(1),
        absl::StrCat("sha256=", good.substr(2), "0x"),
        "sha256=" + good.substr(1) + '\0'}) {
    EXPECT_FALSE(ParseSignature(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace linktor::webhook
