#include "server/journal/data_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/status_matchers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

using ::testing::HasSubstr;

std::string Bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

absl::Status OpenStatus(const std::string& path, char fill = 'k') {
  return DataFolder::Open(path, state::TestMasterKey(fill)).status();
}

// A refusal that has this in its sentence.
MATCHER_P(RefusesWith, part, "") {
  *result_listener << arg.ToString();
  return arg.code() == absl::StatusCode::kFailedPrecondition &&
         std::string(arg.message()).find(part) != std::string::npos;
}

// ---- The folder -------------------------------------------------------------

TEST(DataFolderTest, IsMadeForItsOwnerAlone) {
  const TempFolder folder;
  for (const char* name : {"/a/b", "/c/d/"}) {
    const std::string path = folder.path() + name;
    ASSERT_THAT(OpenStatus(path), IsOk());
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_all)
        << path;
  }
}

TEST(DataFolderTest, InUseIsRefused) {
  const TempFolder folder;
  const auto first = DataFolder::Open(folder.path(), state::TestMasterKey());
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(OpenStatus(folder.path()),
              RefusesWith("in use by another process"));
}

TEST(DataFolderTest, IsFreeAfterRefusalAndClose) {
  const TempFolder folder;
  ASSERT_THAT(OpenStatus(folder.path()), IsOk());
  EXPECT_FALSE(OpenStatus(folder.path(), 'x').ok());
  EXPECT_THAT(OpenStatus(folder.path()), IsOk());
}

TEST(DataFolderTest, UnwritableIsASentence) {
  EXPECT_THAT(OpenStatus("/proc/nothing"), RefusesWith("/proc/nothing"));
}

TEST(DataFolderTest, SizesOfItsFiles) {
  state::StoreRig rig;
  rig.Create(state::kShop);
  StoreSizes sizes = SizesOf(rig.folder());
  EXPECT_GT(sizes.wal_bytes, 0);
  rig.Close();
  sizes = SizesOf(rig.folder());
  EXPECT_EQ(sizes.wal_bytes, 0);
  EXPECT_EQ(sizes.database_bytes,
            static_cast<std::int64_t>(
                std::filesystem::file_size(rig.database_path())));
  sizes = SizesOf(rig.folder() + "/nothing");
  EXPECT_EQ(sizes.database_bytes, 0);
}

// ---- Who it is --------------------------------------------------------------

TEST(DataFolderTest, IdentityStays) {
  const TempFolder folder;
  std::string log_id;
  std::string instance;
  {
    const auto data = DataFolder::Open(folder.path(), state::TestMasterKey());
    ASSERT_THAT(data, IsOk());
    log_id = (*data)->identity().log_id;
    instance = (*data)->appender().instance;
    EXPECT_EQ(log_id.size(), 8);
    EXPECT_EQ(instance.size(), 8);
    EXPECT_NE(instance, log_id);
    EXPECT_EQ((*data)->identity().epoch, 1);
  }
  const auto data = DataFolder::Open(folder.path(), state::TestMasterKey());
  ASSERT_THAT(data, IsOk());
  EXPECT_EQ((*data)->identity().log_id, log_id);
  EXPECT_EQ((*data)->appender().instance, instance);
}

// A program that opens the folder without appending leaves no trace.
TEST(DataFolderTest, IncarnationBeginsWithItsFirstRecord) {
  const TempFolder folder;
  for (int i = 0; i < 2; ++i) {
    const auto data = DataFolder::Open(folder.path(), state::TestMasterKey());
    ASSERT_THAT(data, IsOk());
    EXPECT_EQ((*data)->appender().incarnation, 1);
  }
  for (std::int64_t incarnation = 1; incarnation <= 3; ++incarnation) {
    const auto data = DataFolder::Open(folder.path(), state::TestMasterKey());
    ASSERT_THAT(data, IsOk());
    EXPECT_EQ((*data)->appender().incarnation, incarnation);
    ASSERT_THAT(EmbeddedJournal::Create({}, **data, state::kNowMs,
                                        [](const absl::Status&) {}),
                IsOk());
  }
}

TEST(DataFolderTest, KnowsTheLastEvent) {
  state::StoreRig rig;
  EXPECT_EQ(rig.data().last_seq(), 0);
  rig.Create(state::kShop);
  rig.Deliver({{.mid = "m1"}, {.mid = "m2"}});
  rig.Reopen();
  EXPECT_EQ(rig.data().last_seq(), 2);
}

// A first start that was cut short between its steps.
TEST(DataFolderTest, InterruptedFirstStartIsFinished) {
  state::StoreRig rig;
  rig.Close();
  rig.ExecuteClosed("DELETE FROM log_state");
  // The marker comes last.
  std::filesystem::remove(rig.folder() + "/gateway.marker");
  rig.Open();
  rig.Create(state::kShop);
  EXPECT_EQ(rig.Number("SELECT count(*) FROM channels"), 1);
  const TempFolder folder;
  {
    const auto empty = sqlite::Database::Open(
        folder.path() + "/gateway.db", sqlite::Database::Mode::kReadWrite);
    ASSERT_THAT(empty, IsOk());
  }
  EXPECT_THAT(OpenStatus(folder.path()), IsOk());
}

// ---- A wrong master key, another program ------------------------------------

class ForeignFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(state::kShop);
    rig_.Deliver({{.mid = "m1", .text = "hello"}});
    rig_.Close();
  }
  // The folder as a program with that schema leaves it.
  void SetVersion(int version) {
    rig_.ExecuteClosed("PRAGMA user_version=" + std::to_string(version));
    before_ = Bytes(rig_.database_path());
  }
  void ExpectUnchanged() {
    EXPECT_TRUE(Bytes(rig_.database_path()) == before_);
  }

  state::StoreRig rig_;
  std::string before_;
};

TEST_F(ForeignFolderTest, WrongMasterKeyChangesNothing) {
  SetVersion(1);
  EXPECT_THAT(OpenStatus(rig_.folder(), 'x'), RefusesWith("master key"));
  ExpectUnchanged();
  rig_.Open();
  EXPECT_EQ(rig_.ReadEvents().size(), 1);
}

// An older program's folder would be migrated first, and the sentence a lie.
TEST_F(ForeignFolderTest, WrongMasterKeyIsFoundBeforeAMigration) {
  SetVersion(0);
  EXPECT_THAT(OpenStatus(rig_.folder(), 'x'), RefusesWith("master key"));
  ExpectUnchanged();
  // With the right one it would be migrated: here its tables are in the way.
  const absl::Status migrating = OpenStatus(rig_.folder());
  EXPECT_FALSE(migrating.ok());
  EXPECT_THAT(std::string(migrating.message()), HasSubstr("already exists"));
}

TEST_F(ForeignFolderTest, NewerProgramsFolderIsRefused) {
  SetVersion(77);
  EXPECT_THAT(OpenStatus(rig_.folder()), RefusesWith("schema version 77"));
  ExpectUnchanged();
  EXPECT_THAT(OpenStatus(rig_.folder(), 'x'), RefusesWith("master key"));
  ExpectUnchanged();
}

// Such as one whose state is in other tables.
TEST_F(ForeignFolderTest, NewerProgramsFolderWithoutAKnownKeyCheckIsRefused) {
  rig_.ExecuteClosed("ALTER TABLE log_state RENAME TO log_state_of_later");
  SetVersion(77);
  EXPECT_THAT(OpenStatus(rig_.folder(), 'x'), RefusesWith("schema version 77"));
  ExpectUnchanged();
}

// The write-ahead log of a crash is there for the right key.
TEST_F(ForeignFolderTest, WrongMasterKeyAfterACrashLosesNothing) {
  rig_.Open();
  rig_.Deliver({{.mid = "m2", .text = "hello"}});
  const TempFolder crashed;
  for (const char* name :
       {"/gateway.db", "/gateway.db-wal", "/gateway.marker"}) {
    std::filesystem::copy_file(rig_.folder() + name, crashed.path() + name);
  }
  EXPECT_THAT(OpenStatus(crashed.path(), 'x'), RefusesWith("master key"));
  const auto data = DataFolder::Open(crashed.path(), state::TestMasterKey());
  ASSERT_THAT(data, IsOk());
  EXPECT_EQ((*data)->last_seq(), 2);
}

// ---- Examine ----------------------------------------------------------------

TEST(ExamineTest, SaysWhetherAServerUsesIt) {
  state::StoreRig rig;
  EXPECT_EQ(DataFolder::Examine(rig.folder(), state::TestMasterKey()).value(),
            true);
  rig.Close();
  EXPECT_EQ(DataFolder::Examine(rig.folder(), state::TestMasterKey()).value(),
            false);
}

TEST(ExamineTest, MissingFolderIsNoFaultAndIsNotMade) {
  const TempFolder folder;
  const std::string path = folder.path() + "/none";
  EXPECT_EQ(DataFolder::Examine(path, state::TestMasterKey()).value(), false);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ExamineTest, WrongMasterKeyIsASentence) {
  state::StoreRig rig;
  rig.Create(state::kShop);
  EXPECT_THAT(
      DataFolder::Examine(rig.folder(), state::TestMasterKey('x')).status(),
      RefusesWith("master key"));
  rig.Close();
  const std::string before = Bytes(rig.database_path());
  EXPECT_THAT(
      DataFolder::Examine(rig.folder(), state::TestMasterKey('x')).status(),
      RefusesWith("master key"));
  EXPECT_TRUE(Bytes(rig.database_path()) == before);
}

TEST(ExamineTest, FolderWhoseMakingWasInterruptedIsNoFault) {
  const TempFolder folder;
  {
    const auto empty = sqlite::Database::Open(
        folder.path() + "/gateway.db", sqlite::Database::Mode::kReadWrite);
    ASSERT_THAT(empty, IsOk());
  }
  EXPECT_THAT(DataFolder::Examine(folder.path(), state::TestMasterKey('x')),
              IsOk());
}

}  // namespace
}  // namespace linktor::journal
