// These tests say what the worker waits for, and what it cuts off the log.

#include "server/journal/erasure_worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/base/stop_signal.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace linktor::journal {
namespace {

using testing::ElementsAre;

// Notes the Erased records, and does nothing else.
class ErasedJournal final : public Journal {
 public:
  void Append(Appended appended, Callback done) override {
    EXPECT_TRUE(appended.record.has_erased());
    done(Ending::Applied(state::Done{}));
    MutexLock lock(mutex_);
    through_.push_back(appended.record.erased().through_no());
    changed_.SignalAll();
  }

  std::int64_t AwaitErased() {
    MutexLock lock(mutex_);
    while (through_.empty()) {
      if (!changed_.WaitFor(mutex_, std::chrono::seconds(20))) return 0;
    }
    return through_.back();
  }
  bool erased() const {
    MutexLock lock(mutex_);
    return !through_.empty();
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<std::int64_t> through_ ABSL_GUARDED_BY(mutex_);
};

class ErasureWorkerTest : public testing::Test {
 protected:
  // Runs one erasure over a log of which each look finds so much left. Behind
  // the last of them, nothing is left. Returns what was asked of the log.
  std::vector<std::string> Erase(std::vector<std::int64_t> left) {
    {
      ErasedJournal journal;
      ErasureWorker worker(
          clock_, journal,
          {.begin_log_anew =
               [this] {
                 asked_.emplace_back("anew");
                 return status_;
               },
           .old_log_bytes =
               [this, left = std::move(left), look = std::size_t{0}]() mutable {
                 asked_.emplace_back("look");
                 return look < left.size() ? left[look++] : 0;
               },
           .cut_log =
               [this] {
                 asked_.emplace_back("cut");
                 return absl::OkStatus();
               },
           .pause = std::chrono::milliseconds(10),
           .due = 7});
      worker.Start();
      EXPECT_EQ(journal.AwaitErased(), 7);
    }
    return std::exchange(asked_, {});
  }

  FakeClock clock_{absl::FromUnixMillis(1'795'867'200'000)};
  absl::Status status_;
  // Only the worker's thread writes it until the worker is gone.
  std::vector<std::string> asked_;
};

TEST_F(ErasureWorkerTest, ANewLogIsNotCut) {
  EXPECT_THAT(Erase({}), ElementsAre("anew", "look"));
}

TEST_F(ErasureWorkerTest, AQuietLogIsCutAfterOneLook) {
  EXPECT_THAT(Erase({1000, 990}), ElementsAre("anew", "look", "look", "cut"));
}

TEST_F(ErasureWorkerTest, ABusyLogIsLeftToBeOverwritten) {
  EXPECT_THAT(Erase({1000, 700, 400, 100}),
              ElementsAre("anew", "look", "look", "look", "look", "look"));
}

TEST_F(ErasureWorkerTest, ALogThatIsOverwrittenTooSlowlyIsCut) {
  EXPECT_THAT(Erase({1000, 700, 650}),
              ElementsAre("anew", "look", "look", "look", "cut"));
}

// A tenth at each look is just enough, and the tenth look is the last.
TEST_F(ErasureWorkerTest, TheWaitHasAnEnd) {
  EXPECT_THAT(
      Erase({1000, 900, 800, 700, 600, 500, 400, 300, 200, 100, 1}),
      ElementsAre("anew", "look", "look", "look", "look", "look", "look",
                  "look", "look", "look", "look", "look", "cut"));
}

// What the first record after a start makes due is told by the feed alone. It
// was lost when the worker appended it before the feed knew the worker.
TEST_F(ErasureWorkerTest, NothingIsAppendedBeforeTheStart) {
  ErasedJournal journal;
  {
    ErasureWorker worker(clock_, journal,
                         {.begin_log_anew = [] { return absl::OkStatus(); },
                          .old_log_bytes = [] { return std::int64_t{0}; },
                          .cut_log = [] { return absl::OkStatus(); },
                          .due = 7});
    EXPECT_FALSE(journal.erased());
  }
  EXPECT_FALSE(journal.erased()) << "it ended without having begun";
}

// A stop does not wait for a log, and notes nothing as done.
TEST_F(ErasureWorkerTest, AStopEndsTheWait) {
  ErasedJournal journal;
  StopSignal looked;
  ErasureWorker worker(clock_, journal,
                       {.begin_log_anew = [] { return absl::OkStatus(); },
                        .old_log_bytes =
                            [&looked] {
                              looked.Set();
                              return std::int64_t{1000};
                            },
                        .cut_log =
                            [] {
                              ADD_FAILURE() << "the log was cut";
                              return absl::OkStatus();
                            },
                        .pause = std::chrono::hours(1),
                        .due = 1});
  worker.Start();
  ASSERT_FALSE(looked.Rest(std::chrono::seconds(20)));
  worker.Stop();
  EXPECT_FALSE(journal.erased()) << "its content may be in the log";
}

}  // namespace
}  // namespace linktor::journal
