// SIGKILL at every step of a first start, a backup and a restore, and at every
// call by which SQLite changes a file meanwhile. Rounds by LINKTOR_KILL_ROUNDS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "server/base/try.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/journal/backup_rig.h"
#include "tests/unit/journal/kill_rounds.h"
#include "tests/unit/journal/killing_vfs.h"

namespace linktor::journal {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

// Runs `work` in processes of their own, each of which is killed when it has
// reached another step, and judges after each.
template <typename Step>
void KillAtEveryStep(
    Step last, const std::function<void()>& prepare,
    const std::function<void(absl::FunctionRef<void(Step)>)>& work,
    const std::function<void(Step)>& judge) {
  const int steps = static_cast<int>(last) + 1;
  const int runs = steps * static_cast<int>(KillRounds());
  for (int run = 0; run < runs; ++run) {
    const int at = run % steps;
    SCOPED_TRACE(absl::StrCat("step ", at));
    prepare();
    ASSERT_TRUE(IsKilledIn([&] {
      work([at](Step step) {
        if (static_cast<int>(step) == at) KillThisProcess();
      });
    })) << "it was never reached";
    judge(static_cast<Step>(at));
  }
  TellKills(runs);
}

class KillTest : public testing::Test {
 protected:
  std::string data() const { return folder_.path() + "/data"; }
  std::string backup() const { return folder_.path() + "/backup"; }
  void Clear(const std::string& path) { fs::remove_all(path); }

  // A folder with three events and nobody who uses it.
  static void Fill(state::StoreRig& rig) {
    rig.Create(state::kShop);
    rig.Deliver({{.mid = "m1"}, {.mid = "m2"}, {.mid = "m3"}});
  }

  const TempFolder folder_{TempFolder::MemoryParent()};
};

// ---- First start ------------------------------------------------------------

class FirstStartKillTest : public KillTest {
 protected:
  // Whatever was left starts, and holds what is stored in it from then on.
  void ExpectStarts() {
    EXPECT_THAT(DataFolder::Examine(data(), state::TestMasterKey()), IsOk());
    std::string log_id;
    {
      const auto opened = DataFolder::Open(data(), state::TestMasterKey());
      ASSERT_THAT(opened, IsOk());
      log_id = (*opened)->identity().log_id;
      ASSERT_THAT(EmbeddedJournal::Create({}, **opened, state::kNowMs,
                                          [](const absl::Status&) {}),
                  IsOk());
    }
    const auto again = DataFolder::Open(data(), state::TestMasterKey());
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ((*again)->identity().log_id, log_id);
  }
  std::function<void()> clear_ = [this] { Clear(data()); };
};

TEST_F(FirstStartKillTest, AtEveryStepLeavesWhatStarts) {
  KillAtEveryStep<OpenStep>(
      OpenStep::kMarked, clear_,
      [&](auto reached) {
        (void)DataFolder::Open(data(), state::TestMasterKey(), reached);
      },
      [&](OpenStep) { ExpectStarts(); });
}

TEST_F(FirstStartKillTest, AtEveryCallLeavesWhatStarts) {
  const std::int64_t killed = KillAtEveryCall(
      clear_,
      [&] {
        const auto opened = DataFolder::Open(data(), state::TestMasterKey());
        if (!opened.ok()) return;
        (void)EmbeddedJournal::Create({}, **opened, state::kNowMs,
                                      [](const absl::Status&) {});
      },
      [&] { ExpectStarts(); });
  EXPECT_GT(killed, 20);
}

// ---- Backup -----------------------------------------------------------------

class BackupKillTest : public KillTest {
 protected:
  BackupKillTest() {
    Fill(rig_);
    rig_.Close();
  }

  absl::StatusOr<BackupManifest> Make(
      absl::FunctionRef<bool(std::int64_t, std::int64_t)> told,
      absl::FunctionRef<void(FinishStep)> reached) {
    const FakeClock clock{absl::FromUnixMillis(state::kNowMs)};
    LINKTOR_ASSIGN(const std::optional<absl::Time> time,
                   CopyUnused(rig_.folder(), state::TestMasterKey(), clock,
                              backup(), told));
    if (!time.has_value()) {
      return absl::FailedPreconditionError("the folder is in use");
    }
    return FinishBackup(backup(), *time, state::TestMasterKey(), reached);
  }
  // It is a whole backup, or none; and the folder that it is of is unharmed.
  void ExpectWholeOrNone(bool whole) {
    EXPECT_EQ(ReadManifest(backup()).ok(), whole);
    Clear(data());
    const auto restored = RestoreTo(backup(), data());
    EXPECT_EQ(restored.ok(), whole) << restored.status();
    if (whole) {
      EXPECT_THAT(OpenFolder(data()).Mids(), ElementsAre("m1", "m2", "m3"));
    }
    EXPECT_THAT(OpenFolder(rig_.folder()).Mids(),
                ElementsAre("m1", "m2", "m3"));
    // Another one can be made.
    Clear(backup());
    EXPECT_THAT(Make(GoOn, [](FinishStep) {}), IsOk());
  }
  std::function<void()> clear_ = [this] { Clear(backup()); };

  state::StoreRig rig_;
};

TEST_F(BackupKillTest, WhileItCopiesLeavesNone) {
  ASSERT_TRUE(IsKilledIn([&] {
    (void)Make([](std::int64_t, std::int64_t) -> bool { KillThisProcess(); },
               [](FinishStep) {});
  }));
  EXPECT_THAT(NamesIn(backup()), ElementsAre("gateway.db.partial"));
  ExpectWholeOrNone(false);
}

TEST_F(BackupKillTest, AtEveryStepLeavesAWholeOneOrNone) {
  KillAtEveryStep<FinishStep>(
      FinishStep::kDone, clear_,
      [&](auto reached) { (void)Make(GoOn, reached); },
      [&](FinishStep step) { ExpectWholeOrNone(step == FinishStep::kDone); });
}

TEST_F(BackupKillTest, AtEveryCallLeavesAWholeOneOrNone) {
  const std::int64_t killed = KillAtEveryCall(
      clear_, [&] { (void)Make(GoOn, [](FinishStep) {}); },
      [&] {
        // SQLite's calls end before the manifest is written.
        ExpectWholeOrNone(fs::exists(backup() + "/backup.manifest"));
      });
  EXPECT_GT(killed, 20);
}

// ---- Restore ----------------------------------------------------------------

class RestoreKillTest : public KillTest {
 protected:
  RestoreKillTest() {
    state::StoreRig rig;
    Fill(rig);
    EXPECT_THAT(BackUp(rig, backup()), IsOk());
  }

  void Restore(absl::FunctionRef<void(RestoreStep)> reached) {
    (void)RestoreBackup({.from = backup(),
                         .data_dir = data(),
                         .master_key = state::TestMasterKey()},
                        reached);
  }
  // A whole folder starts. Another one does not, and can be restored again.
  void ExpectWholeOrRepeatable() {
    if (!fs::exists(data() + "/gateway.db")) {
      // With nothing but a lock it is an empty folder, and no restore of one.
      if (NamesIn(data()).size() > 1) {
        EXPECT_THAT(DataFolder::Open(data(), state::TestMasterKey()),
                    StatusIs(absl::StatusCode::kFailedPrecondition));
      }
      ASSERT_THAT(RestoreTo(backup(), data()), IsOk());
    }
    OpenFolder opened(data());
    ASSERT_TRUE(opened.ok());
    EXPECT_THAT(opened.Mids(), ElementsAre("m1", "m2", "m3"));
    EXPECT_THAT(opened.identity().former,
                ElementsAre(state::FormerEpoch{.epoch = 1, .last_seq = 3}));
  }
  std::function<void()> clear_ = [this] { Clear(data()); };
};

TEST_F(RestoreKillTest, AtEveryStepLeavesAWholeFolderOrOneToRestoreAgain) {
  KillAtEveryStep<RestoreStep>(
      RestoreStep::kDone, clear_, [&](auto reached) { Restore(reached); },
      [&](RestoreStep step) {
        EXPECT_EQ(fs::exists(data() + "/gateway.db"),
                  step == RestoreStep::kDone);
        ExpectWholeOrRepeatable();
      });
}

TEST_F(RestoreKillTest, AtEveryCallLeavesAWholeFolderOrOneToRestoreAgain) {
  const std::int64_t killed = KillAtEveryCall(
      clear_, [&] { Restore([](RestoreStep) {}); },
      [&] { ExpectWholeOrRepeatable(); });
  EXPECT_GT(killed, 10);
}

// Into a folder whose database was lost, whose marker is still there.
TEST_F(RestoreKillTest, OverALostDatabaseNeverStartsHalfWay) {
  const auto lose = [&] {
    Clear(data());
    ASSERT_THAT(RestoreTo(backup(), data()), IsOk());
    fs::remove(data() + "/gateway.db");
  };
  KillAtEveryStep<RestoreStep>(
      RestoreStep::kDone, lose, [&](auto reached) { Restore(reached); },
      [&](RestoreStep) { ExpectWholeOrRepeatable(); });
}

}  // namespace
}  // namespace linktor::journal
