#include "server/journal/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "server/base/try.h"
#include "server/journal/folder_lock.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/journal/backup_rig.h"

namespace linktor::journal {
namespace {

namespace fs = std::filesystem;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// The paths of this process' open files, those of deleted ones included.
std::vector<std::string> OpenFiles() {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    paths.push_back(fs::read_symlink(entry.path(), gone).string());
  }
  return paths;
}

class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    rig_.Create(state::kShop);
    for (int i = 1; i <= 3; ++i) Deliver();
  }

  void Deliver() {
    rig_.Deliver({{.mid = absl::StrCat("m", ++delivered_), .text = "hello"}});
  }
  // Adds enough pages to the database for many steps of a backup.
  void Fill() {
    rig_.Deliver({{.mid = "big", .raw = std::string(3'000'000, 'x')}});
  }
  std::string to() const { return folder_.path() + "/b/backup"; }
  std::string copy() const { return to() + "/gateway.db.partial"; }
  absl::StatusOr<absl::Time> Copy() {
    return CopyForBackup(WriterOf(rig_), clock_, to(), GoOn);
  }
  absl::StatusOr<std::optional<absl::Time>> CopyClosed(char key = 'k') {
    return CopyUnused(rig_.folder(), state::TestMasterKey(key), clock_, to(),
                      GoOn);
  }

  const TempFolder folder_;
  const FakeClock clock_{absl::FromUnixMillis(state::kNowMs)};
  state::StoreRig rig_;
  int delivered_ = 0;
};

TEST_F(BackupTest, OfAFolderInUseHasEverything) {
  const auto made = BackUp(rig_, to());
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->log.log_id, rig_.data().identity().log_id);
  EXPECT_EQ(made->log.epoch, 1);
  EXPECT_EQ(made->log.last_seq, 3);
  EXPECT_EQ(made->time, absl::FromUnixMillis(state::kNowMs));
  EXPECT_EQ(made->bytes,
            static_cast<std::int64_t>(fs::file_size(to() + "/gateway.db")));
  EXPECT_EQ(*ReadManifest(to()), *made);
  // The server goes on.
  Deliver();
  EXPECT_EQ(rig_.ReadEvents().size(), 4);
}

TEST_F(BackupTest, IsTwoFilesForItsOwnerAlone) {
  ASSERT_THAT(BackUp(rig_, to()), IsOk());
  EXPECT_THAT(NamesIn(to()), ElementsAre("backup.manifest", "gateway.db"));
  EXPECT_EQ(fs::status(to()).permissions(), fs::perms::owner_all);
  for (const std::string& name : NamesIn(to())) {
    EXPECT_EQ(fs::status(to() + "/" + name).permissions(),
              fs::perms::owner_read | fs::perms::owner_write)
        << name;
  }
}

TEST_F(BackupTest, EmptyFolderIsTakenAndClosedToOthers) {
  fs::create_directories(to());
  fs::permissions(to(), fs::perms::all);
  ASSERT_THAT(BackUp(rig_, to()), IsOk());
  EXPECT_EQ(fs::status(to()).permissions(), fs::perms::owner_all);
}

TEST_F(BackupTest, FolderWithAnythingInItIsRefused) {
  ASSERT_THAT(Copy(), IsOk());
  EXPECT_THAT(std::string(Copy().status().message()),
              HasSubstr("a backup that was interrupted"));
  ASSERT_TRUE(fs::remove_all(to()));
  ASSERT_THAT(BackUp(rig_, to()), IsOk());
  const std::vector<std::string> before = NamesIn(to());
  EXPECT_THAT(std::string(Copy().status().message()),
              HasSubstr("has a backup already"));
  EXPECT_EQ(NamesIn(to()), before);
  ASSERT_TRUE(fs::remove_all(to()));
  std::ofstream(folder_.path() + "/b/file") << "mine";
  for (const char* other : {"/b", "/b/file"}) {
    const absl::Status status = CheckBackupFolder(folder_.path() + other);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("is not an empty folder"));
  }
}

// The posts go on while it is made, and what was stored before its last step is
// in it.
TEST_F(BackupTest, FollowsTheJournalAtWork) {
  Fill();
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> stored{
      rig_.Number("SELECT last_seq FROM log_state")};
  std::thread poster([&] {
    while (!stop) {
      Deliver();
      ++stored;
    }
  });
  std::int64_t before_last_step = 0;
  int steps = 0;
  const auto time = CopyForBackup(WriterOf(rig_), clock_, to(),
                                  [&](std::int64_t copied, std::int64_t all) {
                                    if (copied < all) before_last_step = stored;
                                    ++steps;
                                    return true;
                                  });
  const std::int64_t after = stored + 1;
  stop = true;
  poster.join();
  ASSERT_THAT(time, IsOk());
  EXPECT_GT(steps, 10);
  const auto made =
      FinishBackup(to(), *time, state::TestMasterKey(), [](FinishStep) {});
  ASSERT_THAT(made, IsOk());
  EXPECT_GE(made->log.last_seq, before_last_step);
  EXPECT_LE(made->log.last_seq, after);
  const std::string restored = folder_.path() + "/restored";
  ASSERT_THAT(RestoreTo(to(), restored), IsOk());
  OpenFolder opened(restored);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(std::ssize(opened.Mids()), made->log.last_seq);
}

TEST_F(BackupTest, GivenUpLeavesNothingAndLetsGoOfTheDatabase) {
  Fill();
  const auto time = CopyForBackup(
      WriterOf(rig_), clock_, to(),
      [](std::int64_t copied, std::int64_t all) { return 2 * copied < all; });
  EXPECT_THAT(time, StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(NamesIn(to()), IsEmpty());
  EXPECT_THAT(OpenFiles(), Each(Not(HasSubstr("gateway.db.partial"))));
  Deliver();
  rig_.Close();
  EXPECT_EQ(fs::file_size(rig_.database_path() + "-wal"), 0);
  rig_.Open();
  EXPECT_THAT(BackUp(rig_, to()), IsOk());
}

TEST_F(BackupTest, EndsWhenTheJournalDoes) {
  Fill();
  bool stopped = false;
  const auto time =
      CopyForBackup(WriterOf(rig_), clock_, to(), [&](std::int64_t, auto) {
        if (!std::exchange(stopped, true)) rig_.journal().Stop();
        return true;
      });
  EXPECT_THAT(time, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(NamesIn(to()), IsEmpty());
}

TEST_F(BackupTest, ThatNeverEndsIsGivenUp) {
  Fill();
  const auto rolling_back = [&](EmbeddedJournal::WriterTask task) {
    return rig_.journal().RunOnWriter(
        [task = std::move(task)](
            sqlite::Database& database) mutable -> absl::Status {
          LINKTOR_TRY(task(database));
          for (const char* sql :
               {"BEGIN", "UPDATE log_state SET latest_ms = 1", "ROLLBACK"}) {
            LINKTOR_TRY(database.Execute(sql));
          }
          return absl::OkStatus();
        });
  };
  const auto time = CopyForBackup(rolling_back, clock_, to(), GoOn);
  EXPECT_THAT(time, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(time.status().message()),
              HasSubstr("rolled back too often"));
  EXPECT_THAT(NamesIn(to()), IsEmpty());
}

TEST_F(BackupTest, FolderThatCannotBeMadeIsASentence) {
  const auto time =
      CopyForBackup(WriterOf(rig_), clock_, "/proc/none/backup", GoOn);
  EXPECT_THAT(time, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(time.status().message()),
              HasSubstr("/proc/none/backup"));
}

// ---- Verification -----------------------------------------------------------

TEST_F(BackupTest, AnotherMasterKeysCopyIsNoBackup) {
  const auto made = BackUp(rig_, to(), 'x');
  EXPECT_THAT(made, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(made.status().message()), HasSubstr("master key"));
  EXPECT_THAT(NamesIn(to()), IsEmpty());
}

TEST_F(BackupTest, DamagedCopyIsNoBackup) {
  const auto time = Copy();
  ASSERT_THAT(time, IsOk());
  {
    std::fstream file(copy(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(4096 * 9L);
    file << std::string(4096, '\x5a');
  }
  const auto made =
      FinishBackup(to(), *time, state::TestMasterKey(), [](FinishStep) {});
  EXPECT_THAT(made, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(made.status().message()), HasSubstr("is damaged"));
  EXPECT_THAT(NamesIn(to()), IsEmpty());
}

TEST_F(BackupTest, CutCopyIsNoBackup) {
  const auto time = Copy();
  ASSERT_THAT(time, IsOk());
  fs::resize_file(copy(), fs::file_size(copy()) / 2);
  EXPECT_FALSE(
      FinishBackup(to(), *time, state::TestMasterKey(), [](FinishStep) {
      }).ok());
  EXPECT_THAT(NamesIn(to()), IsEmpty());
}

// ---- A folder that is not in use --------------------------------------------

TEST_F(BackupTest, FolderInUseIsLeftToItsServer) {
  const auto time = CopyClosed();
  ASSERT_THAT(time, IsOk());
  EXPECT_EQ(*time, std::nullopt);
  EXPECT_THAT(NamesIn(to()), IsEmpty());
}

TEST_F(BackupTest, UnusedFolderIsLockedMeanwhile) {
  rig_.Close();
  bool locked = false;
  const auto time = CopyUnused(rig_.folder(), state::TestMasterKey(), clock_,
                               to(), [&](std::int64_t, std::int64_t) {
                                 locked = IsFolderLocked(rig_.folder());
                                 return true;
                               });
  ASSERT_THAT(time, IsOk());
  ASSERT_TRUE(time->has_value());
  EXPECT_TRUE(locked);
  EXPECT_FALSE(IsFolderLocked(rig_.folder()));
  const auto made =
      FinishBackup(to(), **time, state::TestMasterKey(), [](FinishStep) {});
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->log.last_seq, 3);
}

// So that a database is never lost because of a file that says its name.
TEST_F(BackupTest, UnusedFolderWithoutItsMarkerIsTakenAsItIs) {
  rig_.Close();
  fs::remove(rig_.folder() + "/gateway.marker");
  ASSERT_THAT(CopyClosed(), IsOk());
  ASSERT_TRUE(fs::remove_all(to()));
  std::ofstream(rig_.folder() + "/gateway.marker") << "damaged";
  const auto time = CopyClosed();
  ASSERT_THAT(time, IsOk());
  ASSERT_TRUE(time->has_value());
  ASSERT_THAT(
      FinishBackup(to(), **time, state::TestMasterKey(), [](FinishStep) {}),
      IsOk());
  const std::string restored = folder_.path() + "/restored";
  ASSERT_THAT(RestoreTo(to(), restored), IsOk());
  EXPECT_EQ(OpenFolder(restored).Mids().size(), 3);
}

TEST_F(BackupTest, UnusedFolderUnderAnotherKeyIsNotCopied) {
  rig_.Close();
  const auto time = CopyClosed('x');
  EXPECT_THAT(time, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(time.status().message()), HasSubstr("master key"));
  EXPECT_FALSE(fs::exists(to()));
}

TEST_F(BackupTest, MissingDatabaseIsASentenceAndIsNotMade) {
  const std::string none = folder_.path() + "/none";
  const auto time =
      CopyUnused(none, state::TestMasterKey(), clock_, to(), GoOn);
  EXPECT_THAT(time, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(time.status().message()),
              HasSubstr("there is no database"));
  EXPECT_FALSE(fs::exists(none));
}

}  // namespace
}  // namespace linktor::journal
