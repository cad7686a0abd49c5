#include "client/cli/api_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ReadApiKeyTest : public ::testing::Test {
 protected:
  ApiKeySource Written(const std::string& text, mode_t mode = 0600) {
    const std::string path = folder_.path() + "/the.key";
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return {.file = path, .description = "the file"};
  }
  TempFolder folder_;
};

TEST_F(ReadApiKeyTest, WhiteSpaceAroundItIsDropped) {
  const auto key = ReadApiKey(Written(" \tlig_1\r\n\n"));
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->value, "lig_1");
  EXPECT_THAT(key->warning, IsEmpty());
}

TEST_F(ReadApiKeyTest, NoSourceIsNoKey) {
  EXPECT_EQ(ReadApiKey({})->value, "");
  EXPECT_EQ(ReadApiKey({.value = "lig_1\n"})->value, "lig_1");
}

TEST_F(ReadApiKeyTest, EmptyOrUnreadableIsAnError) {
  EXPECT_EQ(ReadApiKey(Written(" \n")).status().message(),
            "the API key of the file is empty");
  EXPECT_THAT(ReadApiKey({.file = folder_.path() + "/none",
                          .description = "none (--api-key-file)"})
                  .status()
                  .message(),
              AllOf(HasSubstr("the API key of none (--api-key-file) cannot be "
                              "read"),
                    HasSubstr("No such file")));
  EXPECT_FALSE(ReadApiKey({.file = folder_.path()}).ok());
}

// Such bytes in the metadata of a call would end the program.
TEST_F(ReadApiKeyTest, MoreThanOneWordIsAnErrorThatDoesNotRepeatIt) {
  for (const char* text : {"lig_1 lig_2", "lig_1\nlig_2", "lig_\xc3\xa9"}) {
    EXPECT_THAT(ReadApiKey(Written(text)).status().message(),
                AllOf(HasSubstr("is not one word"), Not(HasSubstr("lig_"))));
  }
}

TEST_F(ReadApiKeyTest, FileThatOthersMayReadGivesAWarning) {
  for (const mode_t mode : {0644, 0640, 0604}) {
    const auto key = ReadApiKey(Written("lig_1", mode));
    ASSERT_THAT(key, IsOk());
    EXPECT_THAT(key->warning,
                AllOf(HasSubstr("other users can read"), HasSubstr("chmod 600"),
                      Not(HasSubstr("lig_1"))));
  }
}

}  // namespace
}  // namespace linktor::cli
