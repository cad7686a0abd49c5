// What a data folder must hold to be started.

#include "server/journal/folder_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

using Files = std::map<std::string, std::string>;

// The content of every file of the folder that has some, but for what SQLite
// shares in memory.
Files FilesOf(const std::string& folder) {
  Files files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (entry.file_size() == 0 || name.ends_with("-shm")) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[name] = {std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

void Put(const Files& files, const std::string& folder) {
  for (const auto& [name, content] : files) {
    std::ofstream(absl::StrCat(folder, "/", name), std::ios::binary) << content;
  }
}

Marker MarkerOf(const std::string& folder) {
  const auto marker = ReadMarker(folder);
  EXPECT_THAT(marker, IsOk());
  if (!marker.ok() || !marker->has_value()) {
    ADD_FAILURE() << "no marker in " << folder;
    return Marker();
  }
  return **marker;
}

class FolderCheckTest : public testing::Test {
 protected:
  FolderCheckTest() {
    rig_.Create(state::kShop);
    Deliver(1);
  }

  // Stores the event that has this number.
  void Deliver(int number) {
    rig_.Deliver({{.mid = absl::StrCat("m", number), .text = "hello"}});
  }
  // What a clean stop leaves.
  Files Stopped() {
    rig_.Close();
    return FilesOf(folder());
  }
  const std::string& folder() const { return rig_.folder(); }
  void Remove(const std::string& name) {
    ASSERT_TRUE(fs::remove(absl::StrCat(folder(), "/", name)));
  }

  // Neither starting nor looking changes anything, and both say `parts`.
  template <typename... Parts>
  void ExpectRefused(const Parts&... parts) {
    const Files before = FilesOf(folder());
    for (const absl::Status& status :
         {DataFolder::Examine(folder(), state::TestMasterKey()).status(),
          DataFolder::Open(folder(), state::TestMasterKey()).status()}) {
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
      EXPECT_THAT(std::string(status.message()),
                  AllOf(HasSubstr(folder()), HasSubstr(parts)...));
    }
    EXPECT_TRUE(FilesOf(folder()) == before);
  }

  state::StoreRig rig_;
};

TEST_F(FolderCheckTest, BothAreThere) {
  rig_.Reopen();
  EXPECT_EQ(rig_.ReadEvents().size(), 1);
}

TEST_F(FolderCheckTest, CleanStopLeavesNothingInTheLogAndMarksTheEnd) {
  Deliver(2);
  const Files files = Stopped();
  EXPECT_FALSE(files.contains("gateway.db-wal"));
  const Marker marker = MarkerOf(folder());
  EXPECT_EQ(marker.log.last_seq, 2);
  EXPECT_EQ(marker.checkpointed_seq, 2);
}

TEST_F(FolderCheckTest, MissingDatabaseIsRefused) {
  Stopped();
  Remove("gateway.db");
  ExpectRefused("gateway.db is missing or empty", "restore a backup");
  // Whoever made it with "touch" is no better off.
  Put({{"gateway.db", ""}}, folder());
  ExpectRefused("gateway.db is missing or empty");
}

TEST_F(FolderCheckTest, DatabaseWithoutALogIsRefused) {
  Stopped();
  Remove("gateway.db");
  ASSERT_THAT(sqlite::Database::Open(rig_.database_path(),
                                     sqlite::Database::Mode::kReadWrite),
              IsOk());
  ExpectRefused("holds no log", "put it back");
}

TEST_F(FolderCheckTest, MissingDatabaseBesideItsLogIsRefused) {
  Stopped();
  Remove("gateway.db");
  Remove("gateway.marker");
  Put({{"gateway.db-wal", "what was not checkpointed"}}, folder());
  ExpectRefused("gateway.db-wal has the latest changes");
}

TEST_F(FolderCheckTest, MissingMarkerIsRefused) {
  Stopped();
  Remove("gateway.marker");
  ExpectRefused("gateway.marker is missing", "linktor-igd backup");
}

TEST_F(FolderCheckTest, DamagedMarkerIsRefused) {
  Stopped();
  Put({{"gateway.marker", "linktor marker 1\nlog 00"}}, folder());
  ExpectRefused("gateway.marker is damaged");
}

TEST_F(FolderCheckTest, OlderDatabaseIsRefused) {
  const Files before = Stopped();
  rig_.Open();
  Deliver(2);
  Files after = Stopped();
  Put({{"gateway.db", before.at("gateway.db")}}, folder());
  ExpectRefused("older than gateway.marker", "ends with event 1",
                "up to 2 were stored");
  Put({{"gateway.db", after.at("gateway.db")}}, folder());
  rig_.Open();
  EXPECT_EQ(rig_.ReadEvents().size(), 2);
}

// SQLite would put the pages of the one into the other.
TEST_F(FolderCheckTest, OldDatabaseBesideANewerLogIsRefused) {
  const Files before = Stopped();
  rig_.Open();
  Deliver(2);
  rig_.Reopen();
  Deliver(3);
  const std::string log = FilesOf(folder()).at("gateway.db-wal");
  ASSERT_FALSE(log.empty());
  Stopped();
  Put({{"gateway.db", before.at("gateway.db")}, {"gateway.db-wal", log}},
      folder());
  ExpectRefused("older than gateway.marker", "ends with event 1",
                "gateway.db-wal is another database's");
}

TEST_F(FolderCheckTest, AnotherLogsDatabaseIsRefused) {
  Stopped();
  state::StoreRig other;
  other.Close();
  Put({{"gateway.db", FilesOf(other.folder()).at("gateway.db")}}, folder());
  ExpectRefused("is not the database that gateway.marker names");
}

TEST_F(FolderCheckTest, DatabaseOfBeforeARestoreIsRefused) {
  Stopped();
  rig_.ExecuteClosed("UPDATE log_state SET epoch = 77");
  ExpectRefused("before or after a restore");
}

TEST_F(FolderCheckTest, NoDatabaseAtAllIsRefused) {
  Stopped();
  Put({{"gateway.db", std::string(8192, 'x')}}, folder());
  ExpectRefused("gateway.db cannot be read");
}

TEST_F(FolderCheckTest, InterruptedRestoreIsRefused) {
  const TempFolder empty;
  Put({{"gateway.db.restoring", "half a database"}}, empty.path());
  const absl::Status status =
      DataFolder::Open(empty.path(), state::TestMasterKey()).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(status.message()), HasSubstr("repeat it"));
}

TEST(FirstStartTest, BothMissingIsOne) {
  const TempFolder folder;
  const auto opened = DataFolder::Open(folder.path(), state::TestMasterKey());
  ASSERT_THAT(opened, IsOk());
  const Marker marker = MarkerOf(folder.path());
  EXPECT_EQ(marker.log.log_id, (*opened)->identity().log_id);
  EXPECT_EQ(marker.log.epoch, 1);
  EXPECT_EQ(marker.log.last_seq, 0);
  EXPECT_THAT((*opened)->identity().former, testing::IsEmpty());
}

// The database is durable before the marker is there.
TEST(FirstStartTest, WithoutARecordItGoesOn) {
  const TempFolder folder;
  std::string log_id;
  {
    const auto opened = DataFolder::Open(folder.path(), state::TestMasterKey());
    ASSERT_THAT(opened, IsOk());
    log_id = (*opened)->identity().log_id;
  }
  fs::remove(folder.path() + "/gateway.marker");
  EXPECT_THAT(DataFolder::Examine(folder.path(), state::TestMasterKey()),
              IsOk());
  const auto opened = DataFolder::Open(folder.path(), state::TestMasterKey());
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ((*opened)->identity().log_id, log_id);
  EXPECT_EQ(MarkerOf(folder.path()).log.log_id, log_id);
}

}  // namespace
}  // namespace linktor::journal
