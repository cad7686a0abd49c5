#include "server/base/reason_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/status.h"
#include "server/base/strings.h"
#include "tests/support/environment.h"
#include "tests/support/golden.h"

namespace linktor {
namespace {

using testing::ElementsAre;

using CodesByReason = std::map<std::string, std::set<std::string>>;

std::vector<v1::ErrorReason> AllReasons() {
  std::vector<v1::ErrorReason> all;
  for (int i = v1::ErrorReason_MIN + 1; i <= v1::ErrorReason_MAX; ++i) {
    if (v1::ErrorReason_IsValid(i)) {
      all.push_back(static_cast<v1::ErrorReason>(i));
    }
  }
  return all;
}

CodesByReason Ours() {
  CodesByReason codes;
  for (const v1::ErrorReason reason : AllReasons()) {
    auto& of_reason = codes[ReasonName(reason)];
    for (int i = 1; i <= static_cast<int>(absl::StatusCode::kUnauthenticated);
         ++i) {
      const auto code = static_cast<absl::StatusCode>(i);
      if (CodeFits(reason, code)) {
        of_reason.insert(absl::StatusCodeToString(code));
      }
    }
  }
  return codes;
}

// Reads docs/errors.md, which is made from the contract.
CodesByReason Documented() {
  constexpr std::string_view kReason = "### ";
  constexpr std::string_view kCode = "**gRPC code:** ";
  CodesByReason codes;
  std::string reason;
  std::istringstream document(ReadFile(SourceDir() + "/docs/errors.md"));
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with(kReason)) reason = line.substr(kReason.size());
    if (!line.starts_with(kCode)) continue;
    codes[reason] = absl::StrSplit(line.substr(kCode.size()), " or ");
  }
  return codes;
}

TEST(ReasonCodesTest, AreThoseOfTheDocument) {
  CodesByReason documented = Documented();
  // gRPC's health service is not of our contract and has a code of its own.
  documented["INVALID_REQUEST"].insert("NOT_FOUND");
  // Meta does not take the call as it is.
  documented["GRAPH_ERROR"].insert("INVALID_ARGUMENT");
  // It is in a message, never the error of a call.
  documented["RESOLVED_NOT_SENT"].insert("FAILED_PRECONDITION");
  EXPECT_EQ(Ours(), documented);
}

TEST(ReasonCodesTest, OverloadedIsAlwaysResourceExhausted) {
  EXPECT_THAT(Ours().at("OVERLOADED"), ElementsAre("RESOURCE_EXHAUSTED"));
}

}  // namespace
}  // namespace linktor
