// The disk of the power-loss tests: it keeps what was synced, and of the rest
// everything may happen that can.

#include "tests/support/power_loss_vfs.h"
#include "tests/support/power_loss_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace linktor {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::SizeIs;

// Enough for what is least likely below.
constexpr std::uint64_t kFileSeeds = 1500;
constexpr int kDatabase = SQLITE_OPEN_MAIN_DB;
constexpr int kLog = SQLITE_OPEN_WAL;

// A file as SQLite opens it.
class OpenFile {
 public:
  OpenFile(std::string path, int kind)
      : path_(std::move(path)),
        memory_(static_cast<std::size_t>(sqlite3_vfs_find(nullptr)->szOsFile)) {
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    EXPECT_EQ(
        vfs->xOpen(vfs, path_.c_str(), file(),
                   kind | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr),
        SQLITE_OK);
  }
  ~OpenFile() { file()->pMethods->xClose(file()); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int Write(std::int64_t at, const std::string& bytes) {
    return file()->pMethods->xWrite(file(), bytes.data(),
                                    static_cast<int>(bytes.size()), at);
  }
  int Truncate(std::int64_t size) {
    return file()->pMethods->xTruncate(file(), size);
  }
  int Sync() { return file()->pMethods->xSync(file(), SQLITE_SYNC_NORMAL); }

 private:
  sqlite3_file* file() {
    return reinterpret_cast<sqlite3_file*>(memory_.data());
  }

  const std::string path_;
  std::vector<char> memory_;
};

int Delete(const std::string& path, bool sync_folder) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  return vfs->xDelete(vfs, path.c_str(), sync_folder ? 1 : 0);
}

std::string ContentOf(const std::string& path) {
  return std::filesystem::exists(path) ? BytesOf(path) : "none";
}

// What may be left of the file "f" after `use` of a folder whose power goes
// then.
std::set<std::string> Outcomes(
    const std::function<void(PowerLossVfs&, const std::string&)>& use) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < kFileSeeds; ++seed) {
    const TempFolder folder(TempFolder::MemoryParent());
    PowerLossVfs vfs(folder.path());
    use(vfs, folder.path() + "/f");
    vfs.Cut();
    vfs.Restore(seed);
    outcomes.insert(ContentOf(folder.path() + "/f"));
  }
  return outcomes;
}

TEST(PowerLossVfsTest, WhatIsSyncedIsKept) {
  EXPECT_THAT(Outcomes([](PowerLossVfs&, const std::string& path) {
                OpenFile file(path, kDatabase);
                file.Write(0, "first second");
                file.Truncate(5);
                file.Sync();
              }),
              ElementsAre("first"));
}

TEST(PowerLossVfsTest, WhatIsNotMayBeLostKeptTornOrReordered) {
  const auto outcomes = Outcomes([](PowerLossVfs&, const std::string& path) {
    OpenFile file(path, kDatabase);
    file.Write(0, "aaaa");
    file.Sync();
    file.Write(0, "bbbb");
    file.Write(2, "cccc");
  });
  for (const char* possible : {"aaaa", "bbbb", "bbcccc", "aacccc", "bbbbcc"}) {
    EXPECT_THAT(outcomes, Contains(possible));
  }
  EXPECT_THAT(outcomes, Contains("bbcc")) << "torn";
}

TEST(PowerLossVfsTest, WhatIsOutsideAWriteDoesNotSuffer) {
  const std::string synced(4096, 'a');
  const std::string written(1000, 'b');
  const auto outcomes = Outcomes([&](PowerLossVfs&, const std::string& path) {
    OpenFile file(path, kDatabase);
    file.Write(0, synced);
    file.Sync();
    file.Write(700, written);
  });
  EXPECT_GT(outcomes.size(), 10) << "sectors are torn";
  for (const std::string& outcome : outcomes) {
    ASSERT_THAT(outcome, SizeIs(synced.size()));
    EXPECT_EQ(outcome.substr(0, 700), synced.substr(0, 700));
    EXPECT_EQ(outcome.substr(1700), synced.substr(1700));
  }
}

TEST(PowerLossVfsTest, TruncationMayBeLost) {
  EXPECT_THAT(Outcomes([](PowerLossVfs&, const std::string& path) {
                OpenFile file(path, kDatabase);
                file.Write(0, "abc");
                file.Sync();
                file.Truncate(0);
              }),
              ElementsAre("", "abc"));
}

TEST(PowerLossVfsTest, NewFileMayNotBeThere) {
  EXPECT_THAT(Outcomes([](PowerLossVfs&, const std::string& path) {
                const OpenFile file(path, kDatabase);
              }),
              ElementsAre("", "none"));
}

TEST(PowerLossVfsTest, DeletedFileMayComeBack) {
  EXPECT_THAT(Outcomes([](PowerLossVfs&, const std::string& path) {
                OpenFile(path, kDatabase).Sync();
                Delete(path, /*sync_folder=*/false);
              }),
              ElementsAre("", "none"));
}

TEST(PowerLossVfsTest, DeletedFileStaysAwayWhenTheFolderIsSynced) {
  EXPECT_THAT(Outcomes([](PowerLossVfs&, const std::string& path) {
                OpenFile(path, kDatabase).Sync();
                Delete(path, /*sync_folder=*/true);
              }),
              ElementsAre("none"));
  EXPECT_THAT(Outcomes([](PowerLossVfs&, const std::string& path) {
                OpenFile(path, kDatabase).Sync();
                Delete(path, /*sync_folder=*/false);
                const OpenFile other(path + "2", kDatabase);
                OpenFile(path + "2-wal", kLog).Sync();
              }),
              ElementsAre("none"))
      << "a log's first sync keeps all names";
}

TEST(PowerLossVfsTest, NothingArrivesAfterTheCut) {
  const auto outcomes =
      Outcomes([](PowerLossVfs& vfs, const std::string& path) {
        OpenFile file(path, kDatabase);
        file.Write(0, "abc");
        file.Sync();
        vfs.CutAt(2);
        EXPECT_EQ(file.Write(3, "d"), SQLITE_OK);
        EXPECT_EQ(file.Write(4, "e"), SQLITE_IOERR_WRITE);
        EXPECT_TRUE(vfs.is_cut());
        EXPECT_EQ(vfs.cut_at(), "write f");
        EXPECT_EQ(file.Write(5, "f"), SQLITE_IOERR_WRITE);
        EXPECT_EQ(file.Truncate(0), SQLITE_IOERR_TRUNCATE);
        EXPECT_EQ(file.Sync(), SQLITE_IOERR_FSYNC);
      });
  EXPECT_THAT(outcomes, Contains("abcde"))
      << "the call that cuts may have done its work";
  for (const std::string& outcome : outcomes) {
    EXPECT_THAT(outcome, Not(testing::HasSubstr("f")));
    EXPECT_TRUE(outcome.starts_with("abc"));
  }
}

TEST(PowerLossVfsTest, TheCutWaitsForItsKindOfCall) {
  const TempFolder folder(TempFolder::MemoryParent());
  PowerLossVfs vfs(folder.path());
  OpenFile file(folder.path() + "/f", kDatabase);
  vfs.CutAt(2, "sync");
  EXPECT_EQ(file.Sync(), SQLITE_OK);
  EXPECT_EQ(file.Write(0, "abc"), SQLITE_OK);
  EXPECT_EQ(file.Sync(), SQLITE_IOERR_FSYNC);
  EXPECT_EQ(vfs.cut_at(), "sync f");
}

TEST(PowerLossVfsTest, WhatAFailedSyncLeftOutNeverArrives) {
  EXPECT_THAT(Outcomes([](PowerLossVfs& vfs, const std::string& path) {
                OpenFile file(path, kDatabase);
                file.Write(0, "abc");
                file.Sync();
                file.Write(0, "xyz");
                vfs.FailNextSync("f");
                EXPECT_EQ(file.Sync(), SQLITE_IOERR_FSYNC);
                EXPECT_EQ(ContentOf(path), "xyz") << "reads find it";
                EXPECT_EQ(file.Sync(), SQLITE_OK);
              }),
              ElementsAre("abc"));
}

TEST(PowerLossVfsTest, OtherFoldersPassThrough) {
  const TempFolder folder(TempFolder::MemoryParent());
  PowerLossVfs vfs("/another/folder");
  vfs.Cut();
  OpenFile file(folder.path() + "/f", kDatabase);
  EXPECT_EQ(file.Write(0, "abc"), SQLITE_OK);
  EXPECT_EQ(file.Sync(), SQLITE_OK);
  EXPECT_EQ(ContentOf(folder.path() + "/f"), "abc");
  EXPECT_EQ(vfs.calls(), 0);
}

}  // namespace
}  // namespace linktor
