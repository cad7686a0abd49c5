#include "server/app/backup_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/mutex.h"
#include "server/sqlite/database.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::app {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// These tests have a backup socket for a database of many pages. A test can
// stop the writer, so that a copy takes as long as the test wants. A copy of a
// database that grows faster than it is copied never ends by itself.
class BackupSocketTest : public testing::Test {
 protected:
  BackupSocketTest() {
    auto opened = sqlite::Database::Open(data_dir() + "/a.db",
                                         sqlite::Database::Mode::kReadWrite);
    EXPECT_TRUE(opened.ok()) << opened.status();
    database_ = *std::move(opened);
    EXPECT_TRUE(database_->Execute("CREATE TABLE t (a)").ok());
    for (int i = 0; i < 10; ++i) Grow();
    Start();
  }

  void Start() {
    auto started = BackupSocket::Start(
        data_dir(),
        [this](absl::AnyInvocable<absl::Status(sqlite::Database&)> task) {
          MutexLock lock(writer_);
          const absl::Status done = task(*database_);
          if (grows_) Grow();
          return done;
        },
        clock_);
    ASSERT_TRUE(started.ok()) << started.status();
    socket_ = *std::move(started);
  }

  // By more pages than a step copies.
  void Grow() {
    EXPECT_TRUE(
        database_->Execute("INSERT INTO t VALUES (zeroblob(400000))").ok());
  }
  void AwaitCopy() const {
    while (!std::filesystem::exists(copy())) std::this_thread::yield();
  }

  const std::string& data_dir() const { return folder_.path(); }
  std::string to() const { return data_dir() + "/backup"; }
  std::string copy() const { return to() + "/gateway.db.partial"; }
  LineSocket Connect() {
    auto connected = LineSocket::Connect(BackupSocketOf(data_dir()));
    EXPECT_TRUE(connected.ok()) << connected.status();
    return *std::move(connected);
  }
  // Asks, and returns the first line of the answer.
  static std::string Ask(LineSocket& socket, const std::string& line) {
    EXPECT_TRUE(socket.WriteLine(line).ok());
    const auto answer = socket.ReadLine();
    return answer.ok() ? *answer : answer.status().ToString();
  }
  // Reads to the end of the answer.
  static std::string LastLine(LineSocket& socket) {
    std::string last;
    for (auto line = socket.ReadLine(); line.ok(); line = socket.ReadLine()) {
      last = *line;
    }
    return last;
  }

  const TempFolder folder_;
  const FakeClock clock_{absl::FromUnixMillis(1'790'000'000'000)};
  // The right to use the database.
  Mutex writer_;
  std::unique_ptr<sqlite::Database> database_;
  std::atomic<bool> grows_{false};
  std::unique_ptr<BackupSocket> socket_;
};

TEST_F(BackupSocketTest, CopiesAndSaysHowFar) {
  std::vector<int> told;
  const auto time = AskForCopy(data_dir(), to(),
                               [&](int percent) { told.push_back(percent); });
  ASSERT_THAT(time, IsOk());
  EXPECT_EQ(*time, clock_.Now());
  EXPECT_TRUE(std::filesystem::exists(copy()));
  EXPECT_GT(told.size(), 5);
  EXPECT_EQ(told.back(), 100);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
}

TEST_F(BackupSocketTest, SecondAskerIsToldToWait) {
  LineSocket first = Connect();
  std::optional<LineSocket> second;
  {
    const MutexLock held(writer_);
    ASSERT_THAT(first.WriteLine("backup 1 " + to()), IsOk());
    AwaitCopy();
    second = Connect();
  }
  EXPECT_EQ(LastLine(*second), "failed another backup is being made");
  EXPECT_THAT(LastLine(first), StartsWith("copied "));
  EXPECT_THAT(AskForCopy(data_dir(), data_dir() + "/next", [](int) {}), IsOk());
}

TEST_F(BackupSocketTest, AskerThatGoesAwayLeavesNothing) {
  grows_ = true;
  {
    LineSocket asker = Connect();
    ASSERT_THAT(asker.WriteLine("backup 1 " + to()), IsOk());
    AwaitCopy();
  }
  while (std::filesystem::exists(copy())) std::this_thread::yield();
  grows_ = false;
  EXPECT_THAT(AskForCopy(data_dir(), data_dir() + "/next", [](int) {}), IsOk());
}

TEST_F(BackupSocketTest, EndGivesUpTheCopyAndTellsTheAsker) {
  grows_ = true;
  LineSocket asker = Connect();
  ASSERT_THAT(asker.WriteLine("backup 1 " + to()), IsOk());
  AwaitCopy();
  socket_.reset();
  EXPECT_FALSE(std::filesystem::exists(copy()));
  EXPECT_FALSE(std::filesystem::exists(BackupSocketOf(data_dir())));
  EXPECT_EQ(LastLine(asker), "failed the backup was given up");
}

TEST_F(BackupSocketTest, FailureIsToldInItsWords) {
  const auto time = AskForCopy(data_dir(), "/proc/none/backup", [](int) {});
  EXPECT_THAT(time, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(time.status().message()),
              HasSubstr("/proc/none/backup"));
}

TEST_F(BackupSocketTest, OtherLinesAreRefused) {
  for (const std::string& line :
       {std::string("backup 2 /tmp/x"), std::string("backup 1 relative/path"),
        std::string("backup 1 "), std::string("GET / HTTP/1.1"),
        std::string()}) {
    LineSocket asker = Connect();
    EXPECT_THAT(Ask(asker, line), StartsWith("failed the server understands"))
        << line;
  }
  // An asker that says nothing, or never ends a line, holds up nobody for ever.
  (void)Connect();
  LineSocket endless = Connect();
  EXPECT_THAT(endless.WriteLine(std::string(2 * LineSocket::kMaxLine, 'x')),
              IsOk());
  EXPECT_THAT(AskForCopy(data_dir(), to(), [](int) {}), IsOk());
}

TEST_F(BackupSocketTest, NobodyThereIsASentence) {
  socket_.reset();
  const auto time = AskForCopy(data_dir(), to(), [](int) {});
  EXPECT_THAT(time, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(time.status().message()),
              HasSubstr("takes no requests for backups"));
}

TEST_F(BackupSocketTest, PathThatIsTooLongIsASentence) {
  const std::string deep = absl::StrCat(data_dir(), "/", std::string(120, 'd'));
  const auto time = AskForCopy(deep, to(), [](int) {});
  EXPECT_THAT(std::string(time.status().message()),
              HasSubstr("is longer than 107 bytes"));
  std::filesystem::create_directory(deep);
  EXPECT_EQ(BackupSocket::StartOrWarn(
                deep,
                [](absl::AnyInvocable<absl::Status(sqlite::Database&)>) {
                  return absl::OkStatus();
                },
                clock_),
            nullptr);
}

}  // namespace
}  // namespace linktor::app
