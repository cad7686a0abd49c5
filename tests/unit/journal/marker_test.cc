#include "server/journal/marker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::journal {
namespace {

using ::testing::HasSubstr;

const Marker kMarker{
    .log = {.log_id = "log-id-1", .epoch = 4'000'000'000, .last_seq = 4711},
    .checkpointed_seq = 4500};
const BackupManifest kManifest{
    .log = {.log_id = "log-id-1", .epoch = 1, .last_seq = 4711},
    .time = absl::FromUnixMillis(1'795'867'200'123),
    .bytes = 1'052'672};

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class MarkerTest : public testing::Test {
 protected:
  std::string path() const { return folder_.path() + "/gateway.marker"; }
  std::string manifest_path() const {
    return folder_.path() + "/backup.manifest";
  }
  const std::string& folder() const { return folder_.path(); }

 private:
  const TempFolder folder_;
};

TEST_F(MarkerTest, SaysWhatWasWritten) {
  EXPECT_EQ(*ReadMarker(folder()), std::nullopt);
  ASSERT_THAT(WriteMarker(folder(), kMarker), IsOk());
  EXPECT_EQ(*ReadMarker(folder()), kMarker);
  Marker later = kMarker;
  later.log.last_seq = 5000;
  ASSERT_THAT(WriteMarker(folder(), later), IsOk());
  EXPECT_EQ(*ReadMarker(folder()), later);
}

TEST_F(MarkerTest, IsItsOwnersAloneAndLeavesNothingBeside) {
  ASSERT_THAT(WriteMarker(folder(), kMarker), IsOk());
  EXPECT_EQ(
      std::filesystem::status(path()).permissions(),
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder()), {}),
            1);
}

// Persisted: this text must be understood for ever.
TEST_F(MarkerTest, LayoutDoesNotChange) {
  ASSERT_THAT(WriteMarker(folder(), kMarker), IsOk());
  EXPECT_EQ(Read(path()),
            "linktor marker 1\n"
            "log 6c6f672d69642d31\n"
            "epoch 4000000000\n"
            "last_seq 4711\n"
            "checkpointed_seq 4500\n"
            "checksum 5cb45fbfef979ed1\n");
  ASSERT_THAT(WriteManifest(folder(), kManifest), IsOk());
  EXPECT_EQ(Read(manifest_path()),
            "linktor backup 1\n"
            "log 6c6f672d69642d31\n"
            "epoch 1\n"
            "last_seq 4711\n"
            "time_ms 1795867200123\n"
            "bytes 1052672\n"
            "checksum 269209fb3586eb5f\n");
}

TEST_F(MarkerTest, EveryDamageIsASentence) {
  ASSERT_THAT(WriteMarker(folder(), kMarker), IsOk());
  ASSERT_THAT(WriteManifest(folder(), kManifest), IsOk());
  for (const std::string& file : {path(), manifest_path()}) {
    const std::string good = Read(file);
    for (std::size_t i = 0; i < good.size(); ++i) {
      std::string damaged = good;
      damaged[i] = static_cast<char>(damaged[i] ^ 1);
      std::ofstream(file, std::ios::binary) << damaged;
      const absl::Status status = file == path()
                                      ? ReadMarker(folder()).status()
                                      : ReadManifest(folder()).status();
      ASSERT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition)) << i;
      EXPECT_THAT(std::string(status.message()), HasSubstr(file));
      EXPECT_THAT(std::string(status.message()), HasSubstr("damaged"));
    }
    for (const std::string& other :
         {good.substr(0, 40), good + "\n", good + good, std::string(),
          std::string(100'000, 'x')}) {
      std::ofstream(file, std::ios::binary) << other;
      EXPECT_THAT(file == path() ? ReadMarker(folder()).status()
                                 : ReadManifest(folder()).status(),
                  StatusIs(absl::StatusCode::kFailedPrecondition));
    }
  }
}

TEST_F(MarkerTest, FolderWithoutAManifestIsNoBackup) {
  const auto read = ReadManifest(folder());
  EXPECT_THAT(read, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("is no backup"));
  ASSERT_THAT(WriteManifest(folder(), kManifest), IsOk());
  EXPECT_EQ(*ReadManifest(folder()), kManifest);
}

TEST_F(MarkerTest, UnwritableFolderIsASentence) {
  const absl::Status status = WriteMarker(folder() + "/none", kMarker);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(status.message()), HasSubstr("gateway.marker"));
}

}  // namespace
}  // namespace linktor::journal
