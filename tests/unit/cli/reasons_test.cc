#include "client/cli/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "linktor/instagram/v1/error_reason.pb.h"

namespace linktor::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(ReasonsTest, EveryReasonOfTheContractHasItsMeaningAndRemedy) {
  const std::vector<Reason> reasons = AllReasons();
  EXPECT_EQ(
      static_cast<int>(reasons.size()),
      linktor::instagram::v1::ErrorReason_descriptor()->value_count() - 1);
  for (const Reason& reason : reasons) {
    EXPECT_THAT(reason.name, Not(StartsWith("ERROR_REASON"))) << reason.name;
    // A message that someone resolved is told by events only.
    EXPECT_EQ(reason.code.empty(), reason.name == "RESOLVED_NOT_SENT")
        << reason.name;
    EXPECT_FALSE(reason.meaning.empty()) << reason.name;
    EXPECT_FALSE(reason.remedy.empty()) << reason.name;
    EXPECT_THAT(reason.meaning, Not(HasSubstr("metadata"))) << reason.name;
  }
}

TEST(ReasonsTest, CodeIsPartedFromTheMeaning) {
  const auto reason = FindReason("CHANNEL_NOT_FOUND");
  ASSERT_TRUE(reason.has_value());
  EXPECT_EQ(reason->code, "NOT_FOUND");
  EXPECT_EQ(
      reason->meaning,
      "There is no such channel, or the caller's API key does not cover it.");
}

// Callers change their API key at these two codes, so that no other trouble may
// have them.
TEST(ReasonsTest, CodesOfTheCallersKeyAreOfKeysOnly) {
  for (const Reason& reason : AllReasons()) {
    if (reason.code != "UNAUTHENTICATED" &&
        reason.code != "PERMISSION_DENIED") {
      continue;
    }
    EXPECT_TRUE(reason.name.starts_with("API_KEY_") ||
                reason.name == "NOT_AUTHORIZED")
        << reason.name;
  }
}

TEST(ReasonsTest, FoundInAnySpelling) {
  for (const char* name :
       {"rate_limited", "RATE_LIMITED", "ERROR_REASON_RATE_LIMITED",
        "Error_Reason_rate_limited"}) {
    const auto reason = FindReason(name);
    ASSERT_TRUE(reason.has_value()) << name;
    EXPECT_EQ(reason->name, "RATE_LIMITED");
  }
  EXPECT_FALSE(FindReason("NOPE").has_value());
  EXPECT_FALSE(FindReason("UNSPECIFIED").has_value());
}

TEST(ReasonsTest, RemedyOfAnUnknownReasonIsEmpty) {
  EXPECT_EQ(RemedyOf("NOPE"), "");
  EXPECT_THAT(RemedyOf("DRAINING"), HasSubstr("Connect again"));
}

TEST(ReasonsTest, TextNamesReasonCodeMeaningAndRemedy) {
  EXPECT_EQ(ReasonsToText({{"A", "NOT_FOUND", "It is gone.", "Look."},
                           {"B", "", "It is.", "Do."}}),
            "A (NOT_FOUND)\n  It is gone.\n  what to do: Look.\n\n"
            "B\n  It is.\n  what to do: Do.\n");
}

}  // namespace
}  // namespace linktor::cli
