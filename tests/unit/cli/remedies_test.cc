#include "client/cli/remedies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "client/cli/failure.h"
#include "client/cli/reasons.h"

namespace linktor::cli {
namespace {

using ::testing::IsEmpty;

// These are a method or message, a value of an enum, and metadata of a call.
const std::regex& WordsOfTheApi() {
  static const auto& words = *new std::regex(
      "[A-Z][a-z]+[A-Z][a-z]+|[A-Z]+_[A-Z]|metadata|request id\\b|user_id|"
      "opted_out|page_id");
  return words;
}

TEST(RemediesTest, PeopleAreToldOptionsAndNotMethods) {
  for (const Reason& reason : AllReasons()) {
    const std::string own = OwnRemedyOf(reason.name);
    const std::string& told = own.empty() ? reason.remedy : own;
    // A resolved message is told by an event, to whoever sent it.
    if (reason.name == "RESOLVED_NOT_SENT") continue;
    EXPECT_FALSE(std::regex_search(told, WordsOfTheApi()))
        << reason.name << ": " << told;
  }
}

TEST(RemediesTest, ReasonOfANewerServerHasNone) {
  EXPECT_THAT(OwnRemedyOf("NEWER"), IsEmpty());
}

}  // namespace
}  // namespace linktor::cli
