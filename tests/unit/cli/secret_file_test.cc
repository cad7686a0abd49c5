#include "client/cli/secret_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::cli {
namespace {

using ::testing::HasSubstr;

class SecretFileTest : public ::testing::Test {
 protected:
  std::string path() const { return folder_.path() + "/new.key"; }
  std::string Content() const {
    std::ostringstream out;
    out << std::ifstream(path()).rdbuf();
    return out.str();
  }
  TempFolder folder_;
};

TEST_F(SecretFileTest, HoldsTheSecretForItsOwnerOnly) {
  {
    const mode_t before = umask(0);
    const auto file = SecretFile::Create(path());
    umask(before);
    ASSERT_THAT(file, IsOk());
    EXPECT_THAT((*file)->Write("lig_1"), IsOk());
  }
  EXPECT_EQ(Content(), "lig_1\n");
  struct stat status = {};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

// It may be the key in use, or a link somebody laid there.
TEST_F(SecretFileTest, NeverOverwrites) {
  std::ofstream(path()) << "old";
  EXPECT_THAT(SecretFile::Create(path()).status().message(),
              HasSubstr("File exists"));
  EXPECT_EQ(Content(), "old");
}

TEST_F(SecretFileTest, GoesWhenNothingWasWritten) {
  { ASSERT_THAT(SecretFile::Create(path()), IsOk()); }
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(SecretFileTest, GoesWhenItCouldNotBeWritten) {
  rlimit old = {};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  {
    const auto file = SecretFile::Create(path());
    ASSERT_THAT(file, IsOk());
    const rlimit none = {.rlim_cur = 0, .rlim_max = old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
    const absl::Status written = (*file)->Write("lig_1");
    setrlimit(RLIMIT_FSIZE, &old);
    EXPECT_THAT(written.message(), HasSubstr("cannot write"));
  }
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace linktor::cli
