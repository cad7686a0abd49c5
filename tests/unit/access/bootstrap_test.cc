#include "server/access/bootstrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "server/access/key_text.h"
#include "tests/unit/access/access_fixture.h"

namespace linktor::access {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class BootstrapTest : public AccessFixture {
 protected:
  absl::Status Write() {
    return WriteBootstrapKey(path_, clock_, *journal_, store_->sealer(),
                             *keys_);
  }
  std::string Content() const {
    std::ifstream file(path_);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void Put(const std::string& text) const { std::ofstream(path_) << text; }

  const std::string path_ = folder_.path() + "/bootstrap.key";
};

TEST_F(BootstrapTest, WritesAKeyThatManagesAccessAndNothingElse) {
  ASSERT_THAT(Write(), IsOk());
  const std::string line = Content();
  ASSERT_TRUE(line.ends_with('\n'));
  const auto caller = keys_->Authenticate(line.substr(0, line.size() - 1));
  ASSERT_THAT(caller, IsOk());
  EXPECT_THAT(caller->key()->key.permissions(),
              ElementsAre(v1::PERMISSION_MANAGE_ACCESS));
  EXPECT_TRUE(caller->CoversAll());
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(BootstrapTest, WritesNoneWhileThereIsAManager) {
  ASSERT_THAT(Write(), IsOk());
  const std::string before = Content();
  ASSERT_THAT(Write(), IsOk());
  EXPECT_EQ(Content(), before);
  EXPECT_THAT(keys_->List(), SizeIs(1));
}

TEST_F(BootstrapTest, ReplacesAKeyThatIsNoLongerInForce) {
  ASSERT_THAT(Write(), IsOk());
  const std::string before = Content();
  ASSERT_THAT(admin_->Delete(Caller(), std::string(keys_->List()[0]->key.id())),
              IsOk());
  ASSERT_THAT(Write(), IsOk());
  EXPECT_NE(Content(), before);
}

TEST_F(BootstrapTest, ReplacesAKeyThatWasWrittenBeforeACrash) {
  Put(std::string(NewKeyText().text.Reveal()) + "\n");
  ASSERT_THAT(Write(), IsOk());
  const std::string line = Content();
  EXPECT_THAT(keys_->Authenticate(line.substr(0, line.size() - 1)), IsOk());
}

TEST_F(BootstrapTest, LeavesAKeyThatIsInForceAlone) {
  const std::string live = Create(Request({v1::PERMISSION_SEND})).secret();
  Put(live + "\n");
  EXPECT_THAT(std::string(Write().message()), HasSubstr("is not overwritten"));
  EXPECT_EQ(Content(), live + "\n");
}

TEST_F(BootstrapTest, LeavesAnotherFileAlone) {
  Put("important\n");
  EXPECT_THAT(std::string(Write().message()), HasSubstr("is not overwritten"));
  EXPECT_EQ(Content(), "important\n");
  EXPECT_THAT(keys_->List(), SizeIs(0));
}

TEST_F(BootstrapTest, LeavesALinkAlone) {
  ASSERT_EQ(symlink("/dev/null", path_.c_str()), 0);
  EXPECT_THAT(std::string(Write().message()), HasSubstr("no ordinary file"));
}

}  // namespace
}  // namespace linktor::access
