#include "server/app/housekeeping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::app {
namespace {

class HousekeepingTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.data().feed().Add([this](auto records) { Follow(records); });
  }
  void TearDown() override {
    // Nothing is told after that.
    rig_.Close();
  }
  // Returns the first Trims that are applied, so many of them, and what the
  // expiry time was after each.
  struct Applied {
    journal::Trim trim;
    std::int64_t expiry_ms = 0;
  };
  std::vector<Applied> Await(std::size_t count) {
    MutexLock lock(mutex_);
    while (applied_.size() < count) trimmed_.Wait(mutex_);
    return applied_;
  }

  FakeClock clock_{absl::FromUnixMillis(state::kNowMs)};
  state::StoreRig rig_;

 private:
  void Follow(std::span<const journal::AppliedRecord> records) {
    MutexLock lock(mutex_);
    for (const journal::AppliedRecord& one : records) {
      if (const auto* answer =
              std::get_if<state::TrimAnswer>(&one.effects.answer)) {
        applied_.push_back({one.record.trim(), answer->expiry_ms});
      }
    }
    trimmed_.Signal();
  }

  Mutex mutex_;
  CondVar trimmed_;
  std::vector<Applied> applied_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(HousekeepingTest, MovesTheExpiryTimeByWhatItHasMeasured) {
  const Housekeeping::Ages ages{.events = absl::Hours(24 * 30),
                                .raw = absl::Hours(24 * 7),
                                .raw_max_bytes = 1000,
                                .messages = absl::Hours(24 * 60)};
  Housekeeping housekeeping(clock_, rig_.journal(), rig_.data().feed(), ages,
                            /*interval=*/absl::Milliseconds(2));
  const std::vector<Applied> applied = Await(4);
  housekeeping.Stop();
  rig_.Close();
  EXPECT_EQ(applied[0].trim.measured_from_ms(), 0) << "it knows of none yet";
  EXPECT_EQ(applied[0].expiry_ms, state::kNowMs);
  for (std::size_t i = 1; i < applied.size(); ++i) {
    const journal::Trim& trim = applied[i].trim;
    EXPECT_EQ(trim.measured_from_ms(), applied[i - 1].expiry_ms);
    EXPECT_GT(trim.elapsed_ms(), 0);
    EXPECT_EQ(applied[i].expiry_ms,
              applied[i - 1].expiry_ms + trim.elapsed_ms())
        << "the clock stands still";
    EXPECT_EQ(trim.event_age_ms(), 30 * state::kDayMs);
    EXPECT_EQ(trim.raw_age_ms(), 7 * state::kDayMs);
    EXPECT_EQ(trim.raw_max_bytes(), 1000);
    EXPECT_EQ(trim.message_age_ms(), 60 * state::kDayMs);
  }
}

}  // namespace
}  // namespace linktor::app
