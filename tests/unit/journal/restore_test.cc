#include "server/journal/restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/status_matchers.h"
#include "tests/unit/journal/backup_rig.h"

namespace linktor::journal {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RestoreTest : public testing::Test {
 protected:
  RestoreTest() {
    rig_.Create(state::kShop);
    rig_.Deliver({{.mid = "m1"}, {.mid = "m2"}});
    rig_.Claim({.request_id = "pending"});
    const auto made = BackUp(rig_, backup());
    EXPECT_TRUE(made.ok()) << made.status();
    if (made.ok()) made_ = *made;
  }

  std::string backup() const { return folder_.path() + "/backup"; }
  std::string target(int number = 1) const {
    return absl::StrCat(folder_.path(), "/data", number);
  }
  void ExpectRefused(const absl::StatusOr<BackupManifest>& restored,
                     const char* why) {
    EXPECT_THAT(restored, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(std::string(restored.status().message()), HasSubstr(why));
    EXPECT_FALSE(fs::exists(target() + "/gateway.db"));
    EXPECT_FALSE(fs::exists(target() + "/gateway.db.restoring"));
  }

  const TempFolder folder_;
  state::StoreRig rig_;
  BackupManifest made_;
};

TEST_F(RestoreTest, LogGoesOnInAnotherLife) {
  const auto restored = RestoreTo(backup(), target());
  ASSERT_THAT(restored, IsOk());
  EXPECT_EQ(*restored, made_);
  OpenFolder opened(target());
  ASSERT_TRUE(opened.ok());
  EXPECT_THAT(opened.Mids(), ElementsAre("m1", "m2"));
  const LogIdentity& identity = opened.identity();
  EXPECT_EQ(identity.log_id, rig_.data().identity().log_id);
  EXPECT_NE(identity.epoch, 1);
  EXPECT_THAT(identity.former,
              ElementsAre(state::FormerEpoch{.epoch = 1, .last_seq = 2}));
}

TEST_F(RestoreTest, FolderIsMadeForItsOwnerAloneAndHoldsNothingElse) {
  ASSERT_THAT(RestoreTo(backup(), target()), IsOk());
  EXPECT_THAT(NamesIn(target()),
              ElementsAre("gateway.db", "gateway.marker", "lock"));
  EXPECT_EQ(fs::status(target()).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(target() + "/gateway.db").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(RestoreTest, TwoFromOneBackupAreTwoLives) {
  ASSERT_THAT(RestoreTo(backup(), target(1)), IsOk());
  ASSERT_THAT(RestoreTo(backup(), target(2)), IsOk());
  EXPECT_NE(OpenFolder(target(1)).identity().epoch,
            OpenFolder(target(2)).identity().epoch);
}

// Claims of before are nobody's: they must be settled by the next start, which
// looks for its own.
TEST_F(RestoreTest, InstanceStaysAndIncarnationGoesOn) {
  const Appender before = rig_.data().appender();
  ASSERT_THAT(RestoreTo(backup(), target()), IsOk());
  const auto opened = DataFolder::Open(target(), state::TestMasterKey());
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ((*opened)->appender().instance, before.instance);
  EXPECT_EQ((*opened)->appender().incarnation, before.incarnation + 1);
  EXPECT_EQ((*opened)->state().PendingMessages()->size(), 1);
}

TEST_F(RestoreTest, RestoreOfARestoreKnowsBothLivesBefore) {
  ASSERT_THAT(RestoreTo(backup(), target(1)), IsOk());
  const std::int64_t second = OpenFolder(target(1)).identity().epoch;
  const FakeClock clock{absl::FromUnixMillis(state::kNowMs)};
  const std::string again = folder_.path() + "/again";
  const auto time =
      CopyUnused(target(1), state::TestMasterKey(), clock, again, GoOn);
  ASSERT_THAT(time, IsOk());
  ASSERT_TRUE(time->has_value());
  ASSERT_THAT(
      FinishBackup(again, **time, state::TestMasterKey(), [](FinishStep) {}),
      IsOk());
  ASSERT_THAT(RestoreTo(again, target(2)), IsOk());
  EXPECT_THAT(OpenFolder(target(2)).identity().former,
              ElementsAre(state::FormerEpoch{.epoch = 1, .last_seq = 2},
                          state::FormerEpoch{.epoch = second, .last_seq = 2}));
}

// Its database is lost, and it is to be had again where it was.
TEST_F(RestoreTest, FolderWithAMarkerAloneIsTaken) {
  rig_.Close();
  fs::remove(rig_.database_path());
  ASSERT_THAT(RestoreTo(backup(), rig_.folder()), IsOk());
  EXPECT_THAT(OpenFolder(rig_.folder()).Mids(), ElementsAre("m1", "m2"));
}

TEST_F(RestoreTest, FolderWithADatabaseIsRefused) {
  for (const char* name :
       {"gateway.db", "gateway.db-wal", "gateway.db-journal"}) {
    fs::create_directories(target());
    const std::string path = absl::StrCat(target(), "/", name);
    std::ofstream(path) << "mine";
    const auto restored = RestoreTo(backup(), target());
    EXPECT_THAT(restored, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(std::string(restored.status().message()),
                HasSubstr("holds a database already"));
    EXPECT_EQ(fs::file_size(path), 4);
    EXPECT_FALSE(fs::exists(target() + "/gateway.marker"));
    fs::remove_all(target());
  }
}

TEST_F(RestoreTest, FolderInUseIsRefused) {
  const OpenFolder other(target());
  const auto restored = RestoreTo(backup(), target());
  EXPECT_THAT(restored, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(restored.status().message()),
              HasSubstr("in use by another process"));
}

TEST_F(RestoreTest, FolderWithoutAManifestIsRefused) {
  fs::remove(backup() + "/backup.manifest");
  ExpectRefused(RestoreTo(backup(), target()), "is no backup");
  ExpectRefused(RestoreTo(folder_.path() + "/none", target()), "is no backup");
  // Not even a folder comes of it.
  EXPECT_FALSE(fs::exists(target()));
}

TEST_F(RestoreTest, AnotherMasterKeyIsRefused) {
  ExpectRefused(RestoreTo(backup(), target(), 'x'),
                "not the one the backup was made with");
}

TEST_F(RestoreTest, CutOrLostDatabaseIsRefused) {
  const std::string database = backup() + "/gateway.db";
  fs::resize_file(database, fs::file_size(database) - 4096);
  ExpectRefused(RestoreTo(backup(), target()), "bytes, and had");
  fs::remove(database);
  ExpectRefused(RestoreTo(backup(), target()), "cannot read");
}

TEST_F(RestoreTest, DamagedDatabaseIsRefused) {
  {
    std::fstream file(backup() + "/gateway.db",
                      std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(4096 * 9L);
    file << std::string(4096, '\x5a');
  }
  ExpectRefused(RestoreTo(backup(), target()), "is damaged");
}

TEST_F(RestoreTest, DatabaseOfAnotherBackupIsRefused) {
  BackupManifest other = made_;
  other.log.last_seq = 1;
  ASSERT_THAT(WriteManifest(backup(), other), IsOk());
  ExpectRefused(RestoreTo(backup(), target()), "not the one that");
}

TEST_F(RestoreTest, BackupIsLeftAsItWas) {
  const auto size = fs::file_size(backup() + "/gateway.db");
  fs::permissions(backup() + "/gateway.db", fs::perms::owner_read);
  ASSERT_THAT(RestoreTo(backup(), target()), IsOk());
  EXPECT_THAT(NamesIn(backup()), ElementsAre("backup.manifest", "gateway.db"));
  EXPECT_EQ(fs::file_size(backup() + "/gateway.db"), size);
}

// ---- Cursors of several lives -----------------------------------------------

// The life of the first log, and two that come from one backup of it, each with
// events of its own after it.
class LivesTest : public RestoreTest {
 protected:
  LivesTest() {
    for (int number : {1, 2}) {
      EXPECT_THAT(RestoreTo(backup(), target(number)), IsOk());
      lives_.emplace_back(OpenFolder(target(number)).identity());
    }
    lives_.emplace_back(rig_.data().identity());
  }
  // Each of them has events up to here; the backup has the first two.
  static constexpr std::int64_t kLast = 9;
  static constexpr std::int64_t kShared = 2;
  std::vector<events::CursorCodec> lives_;
};

TEST_F(LivesTest, CursorsOfBeforeTheBackupAreTakenByAll) {
  const events::CursorCodec first(rig_.data().identity());
  for (std::int64_t seq = 0; seq <= kShared; ++seq) {
    for (const events::CursorCodec& life : lives_) {
      EXPECT_EQ(life.Decode(first.Encode(seq), kLast).value_or(-1), seq);
    }
  }
}

TEST_F(LivesTest, CursorsOfAfterTheBackupAreRefusedByTheOtherLives) {
  for (const events::CursorCodec& giver : lives_) {
    for (const events::CursorCodec& life : lives_) {
      const std::string cursor = giver.Encode(kLast);
      const auto taken = life.Decode(cursor, kLast);
      if (&life == &giver) {
        EXPECT_EQ(taken.value_or(-1), kLast);
        continue;
      }
      EXPECT_THAT(taken, HasReason("CURSOR_REWOUND"));
      // Nothing that the holder has not seen is before it.
      EXPECT_THAT(taken, HasMetadata("restart_cursor", life.Encode(kShared)));
    }
  }
}

}  // namespace
}  // namespace linktor::journal
