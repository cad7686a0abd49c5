#include "server/store/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using ::testing::HasSubstr;

std::string Bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

absl::StatusOr<Secret> ReadKey(const std::string& content) {
  const TempFolder folder;
  const std::string path = folder.path() + "/key";
  std::ofstream(path) << content;
  return ReadMasterKey(path);
}

TEST(StoreTest, MakesFolderForItsOwnerAlone) {
  const TempFolder folder;
  for (const char* name : {"/a/b", "/c/d/"}) {
    const std::string path = folder.path() + name;
    const auto store = Store::Open(path, TestMasterKey());
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_all)
        << path;
  }
}

TEST(StoreTest, IdentityStays) {
  const TempFolder folder;
  std::string log_id;
  {
    const auto store = Store::Open(folder.path(), TestMasterKey());
    ASSERT_TRUE(store.ok()) << store.status();
    log_id = (*store)->identity().log_id;
    EXPECT_EQ(log_id.size(), 8);
    EXPECT_EQ((*store)->identity().epoch, 1);
  }
  const auto store = Store::Open(folder.path(), TestMasterKey());
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->identity().log_id, log_id);
}

TEST(StoreTest, FolderInUseIsRefused) {
  const TempFolder folder;
  const auto first = Store::Open(folder.path(), TestMasterKey());
  ASSERT_TRUE(first.ok());
  const auto second = Store::Open(folder.path(), TestMasterKey());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("in use by another process"));
}

TEST(StoreTest, FolderIsFreeAfterRefusalAndClose) {
  const TempFolder folder;
  ASSERT_TRUE(Store::Open(folder.path(), TestMasterKey()).ok());
  EXPECT_FALSE(Store::Open(folder.path(), TestMasterKey('x')).ok());
  EXPECT_TRUE(Store::Open(folder.path(), TestMasterKey()).ok());
}

TEST(StoreTest, UnwritableFolderIsASentence) {
  const auto store = Store::Open("/proc/nothing", TestMasterKey());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(store.status().message()),
              HasSubstr("/proc/nothing"));
}

TEST(StoreTest, WrongMasterKeyChangesNothing) {
  StoreRig rig;
  rig.Create(kShop);
  rig.Deliver({{.mid = "m1", .text = "hello"}});
  rig.Close();
  rig.ExecuteClosed("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string before = Bytes(rig.database_path());
  const auto store = Store::Open(rig.folder(), TestMasterKey('x'));
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("master key"));
  EXPECT_TRUE(Bytes(rig.database_path()) == before);
  rig.Open();
  EXPECT_EQ(rig.ReadEvents().size(), 1);
}

TEST(StoreTest, NewerProgramsFolderIsRefused) {
  StoreRig rig;
  rig.Close();
  rig.ExecuteClosed("PRAGMA user_version=77");
  const auto store = Store::Open(rig.folder(), TestMasterKey());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ReadMasterKeyTest, TakesHexWithSpaceAround) {
  const std::string hex(64, 'a');
  const auto key = ReadKey("  \n" + hex + "\r\n");
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->Reveal(), std::string(32, '\xaa'));
}

TEST(ReadMasterKeyTest, RefusesAnythingElse) {
  for (const std::string& content :
       {std::string(), std::string(63, 'a'), std::string(65, 'a'),
        std::string(64, 'g'),
        absl::StrCat(std::string(32, 'a'), " ", std::string(32, 'a')),
        std::string(32, '\xaa'), absl::StrCat("0x", std::string(62, 'a'))}) {
    const auto key = ReadKey(content);
    EXPECT_EQ(key.status().code(), absl::StatusCode::kFailedPrecondition);
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
    EXPECT_EQ(ReadMasterKey(path).status().code(),
              absl::StatusCode::kFailedPrecondition);
  }
}

}  // namespace
}  // namespace linktor
