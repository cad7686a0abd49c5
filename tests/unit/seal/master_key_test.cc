#include "server/seal/master_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::seal {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Secret> ReadKey(const std::string& content) {
  const TempFolder folder;
  const std::string path = folder.path() + "/key";
  std::ofstream(path) << content;
  return ReadMasterKey(path);
}

TEST(ReadMasterKeyTest, TakesHexWithSpaceAround) {
  const std::string hex(64, 'a');
  const auto key = ReadKey("  \n" + hex + "\r\n");
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->Reveal(), std::string(32, '\xaa'));
}

TEST(ReadMasterKeyTest, RefusesAnythingElse) {
  for (const std::string& content :
       {std::string(), std::string(63, 'a'), std::string(65, 'a'),
        std::string(64, 'g'),
        absl::StrCat(std::string(32, 'a'), " ", std::string(32, 'a')),
        absl::StrCat(std::string(64, 'a'), std::string(960, ' '), "b"),
        std::string(32, '\xaa'), absl::StrCat("0x", std::string(62, 'a'))}) {
    const auto key = ReadKey(content);
    EXPECT_THAT(key, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(std::string(key.status().message()),
                HasSubstr("64 hex digits"));
    if (content.size() > 8) {
      EXPECT_THAT(std::string(key.status().message()),
                  testing::Not(HasSubstr(content.substr(0, 8))));
    }
  }
}

TEST(ReadMasterKeyTest, MissingFileOrFolder) {
  const TempFolder folder;
  for (const std::string& path : {folder.path() + "/none", folder.path()}) {
    EXPECT_THAT(ReadMasterKey(path),
                StatusIs(absl::StatusCode::kFailedPrecondition));
  }
}

}  // namespace
}  // namespace linktor::seal
