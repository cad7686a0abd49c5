// Instances on one log live for months, through wrong clocks and stops, and
// write rows meanwhile. The bounds of expiry.h are held against the real time
// after which each row is deleted, for every age. No rows are stored: a row is
// when it was written and when its age began.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "server/journal/journal.h"
#include "server/journal/trim_meter.h"
#include "server/state/expiry.h"
#include "tests/support/seed.h"
#include "tests/unit/state/record_makers.h"

namespace linktor::state {
namespace {

// Each instance appends a Trim in so much time. It is longer than in truth, so
// that months are quick.
constexpr std::int64_t kStepMs = 20 * kMinuteMs;
constexpr std::array kAgesMs = {kHourMs,    kDayMs,      3 * kDayMs,
                                7 * kDayMs, 30 * kDayMs, 90 * kDayMs};
constexpr std::int64_t kLongestMs = kAgesMs.back();
// Errors of clocks that show 1970 and 2100.
constexpr std::int64_t k1970Error = kMinuteMs - kNowMs;
constexpr std::int64_t k2100Error = 4'102'444'800'000 - kNowMs;

class World {
 public:
  explicit World(std::size_t instances, std::int64_t first_error_ms = 0) {
    for (std::size_t i = 0; i < instances; ++i) {
      instances_.push_back(std::make_unique<Instance>());
      instances_.back()->error_ms = first_error_ms;
    }
    expiry_.time_ms = ClockOf(0);
  }

  std::size_t size() const { return instances_.size(); }
  std::int64_t now_ms() const { return now_ms_; }
  std::size_t rows() const { return rows_.size(); }

  void SetError(std::size_t i, std::int64_t error_ms) {
    instances_[i]->error_ms = error_ms;
  }
  void SetErrors(std::int64_t error_ms) {
    for (auto& one : instances_) one->error_ms = error_ms;
  }
  bool IsUp(std::size_t i) const { return instances_[i]->meter != nullptr; }
  void Start(std::size_t i) {
    instances_[i]->meter = std::make_unique<journal::TrimMeter>();
  }
  void Stop(std::size_t i) {
    instances_[i]->meter.reset();
    instances_[i]->untold.clear();
  }
  void StartAll() {
    for (std::size_t i = 0; i < size(); ++i) Start(i);
  }
  void StopAll() {
    for (std::size_t i = 0; i < size(); ++i) Stop(i);
  }

  void Pass(std::int64_t time_ms) { now_ms_ += time_ms; }
  void Write(std::size_t i) {
    rows_.push_back({now_ms_, BornMs(ClockOf(i), expiry_), counted_ms_});
  }
  // It is told to the instances when they Follow.
  void Trim(std::size_t i) {
    journal::Record record = journal::NewRecord(ClockOf(i));
    instances_[i]->meter->Measure(Now(), *record.mutable_trim());
    const TrimTime time{.clock_ms = record.time_ms(),
                        .from_ms = record.trim().measured_from_ms(),
                        .elapsed_ms = record.trim().elapsed_ms()};
    if (time.from_ms == expiry_.time_ms) counted_ms_ += time.elapsed_ms;
    expiry_ = MoveExpiry(expiry_, time);
    trims_.push_back({now_ms_, expiry_.time_ms, counted_ms_});
    for (std::size_t to = 0; to < size(); ++to) {
      if (!IsUp(to)) continue;
      instances_[to]->untold.push_back(
          {.record = record, .own = to == i, .expiry_ms = expiry_.time_ms});
    }
  }
  // It is told of what was applied since the last time.
  void Follow(std::size_t i) {
    Instance& one = *instances_[i];
    for (const Told& told : one.untold) {
      const Effects effects{.answer = TrimAnswer{.expiry_ms = told.expiry_ms}};
      const std::array<journal::AppliedRecord, 1> records = {
          journal::AppliedRecord{
              .record = told.record, .own = told.own, .effects = effects}};
      one.meter->OnCommit(records, Now());
    }
    one.untold.clear();
  }
  // The instances that are up append one after the other, and are told at once.
  void Live(std::int64_t time_ms) {
    const std::int64_t until_ms = now_ms_ + time_ms;
    while (now_ms_ < until_ms) {
      for (std::size_t i = 0; i < size(); ++i) {
        Pass(kStepMs / static_cast<std::int64_t>(size()));
        if (!IsUp(i)) continue;
        Trim(i);
        for (std::size_t to = 0; to < size(); ++to) {
          if (IsUp(to)) Follow(to);
        }
      }
    }
  }

  // How long a row lasted that is kept for `age_ms`; -1 while it does.
  std::int64_t LifeOf(std::size_t row, std::int64_t age_ms) const {
    const Trimmed* end = EndOf(row, age_ms);
    return end == nullptr ? -1 : end->now_ms - rows_[row].written_ms;
  }
  // The time that Trims have counted meanwhile.
  std::int64_t CountedOf(std::size_t row, std::int64_t age_ms) const {
    const Trimmed* end = EndOf(row, age_ms);
    return end == nullptr ? -1 : end->counted_ms - rows_[row].counted_ms;
  }
  std::int64_t WrittenMs(std::size_t row) const {
    return rows_[row].written_ms;
  }

 private:
  struct Told {
    journal::Record record;
    bool own = false;
    std::int64_t expiry_ms = 0;
  };
  struct Instance {
    // Null while it is stopped.
    std::unique_ptr<journal::TrimMeter> meter;
    std::int64_t error_ms = 0;
    std::deque<Told> untold;
  };
  struct Row {
    std::int64_t written_ms = 0;
    std::int64_t born_ms = 0;
    std::int64_t counted_ms = 0;
  };
  struct Trimmed {
    std::int64_t now_ms = 0;
    std::int64_t expiry_ms = 0;
    std::int64_t counted_ms = 0;
  };

  // The Trim that deletes it; null when none has.
  const Trimmed* EndOf(std::size_t row, std::int64_t age_ms) const {
    const std::int64_t from_ms = rows_[row].born_ms + age_ms;
    const auto end = std::upper_bound(
        trims_.begin(), trims_.end(), from_ms,
        [](std::int64_t ms, const Trimmed& one) { return ms < one.expiry_ms; });
    return end == trims_.end() ? nullptr : &*end;
  }
  std::int64_t ClockOf(std::size_t i) const {
    return kNowMs + now_ms_ + instances_[i]->error_ms;
  }
  journal::TrimMeter::Time Now() const {
    return journal::TrimMeter::Time(std::chrono::milliseconds(now_ms_));
  }

  // This is the real time since the beginning.
  std::int64_t now_ms_ = 0;
  Expiry expiry_;
  // The sum of what Trims have measured, but for what another had counted.
  std::int64_t counted_ms_ = 0;
  std::vector<std::unique_ptr<Instance>> instances_;
  std::vector<Row> rows_;
  std::vector<Trimmed> trims_;
};

// ---- One thing goes wrong ---------------------------------------------------

class ExpiryLifeTest : public testing::TestWithParam<int> {
 protected:
  std::size_t instances() const { return static_cast<std::size_t>(GetParam()); }

  // Writes one row for each instance.
  static void Fill(World& world) {
    for (std::size_t i = 0; i < world.size(); ++i) world.Write(i);
  }
  // Each row that was written since the last call must last for its age, and
  // longer by `late_ms` at most.
  void ExpectLate(const World& world, const std::string& what,
                  std::int64_t late_ms) {
    for (; checked_ < world.rows(); ++checked_) {
      expected_.push_back({checked_, what, late_ms});
    }
  }
  // Lives until all of them must be gone.
  void LiveAndCheck(World& world) {
    world.Live(kLongestMs + kMostAheadMs + kDayMs);
    for (const auto& [row, what, late_ms] : expected_) {
      for (const std::int64_t age_ms : kAgesMs) {
        const std::int64_t life_ms = world.LifeOf(row, age_ms);
        EXPECT_GE(life_ms, age_ms)
            << what << ", row " << row << ", age " << age_ms / kHourMs << " h";
        EXPECT_LE(life_ms, age_ms + late_ms + kSlackMs)
            << what << ", row " << row << ", age " << age_ms / kHourMs << " h";
      }
    }
  }

  // A few Trims: an instance that starts counts from the second one on.
  static constexpr std::int64_t kSlackMs = 3 * kStepMs;

 private:
  struct Expected {
    std::size_t row = 0;
    std::string what;
    std::int64_t late_ms = 0;
  };
  std::size_t checked_ = 0;
  std::vector<Expected> expected_;
};

TEST_P(ExpiryLifeTest, RightClocksKeepRowsForTheirAge) {
  World world(instances());
  world.StartAll();
  Fill(world);
  world.Live(kDayMs);
  Fill(world);
  ExpectLate(world, "any row", 0);
  LiveAndCheck(world);
}

TEST_P(ExpiryLifeTest, AShortTimeInAnotherCentury) {
  for (const std::int64_t error_ms : {k1970Error, k2100Error}) {
    for (const bool all : {false, true}) {
      World world(instances());
      world.StartAll();
      world.Live(kDayMs);
      Fill(world);
      ExpectLate(world, "before", 0);
      world.SetError(0, error_ms);
      if (all) world.SetErrors(error_ms);
      Fill(world);
      world.Live(kStepMs);
      Fill(world);
      world.SetErrors(0);
      Fill(world);
      ExpectLate(world, "meanwhile", kMostAheadMs);
      world.Live(kStepMs);
      Fill(world);
      ExpectLate(world, "afterwards", 0);
      LiveAndCheck(world);
    }
  }
}

TEST_P(ExpiryLifeTest, TheFirstClockInAnotherCentury) {
  for (const std::int64_t error_ms : {k1970Error, k2100Error}) {
    World world(instances(), error_ms);
    world.StartAll();
    Fill(world);
    world.Live(kStepMs);
    Fill(world);
    ExpectLate(world, "by the wrong clock", 0);
    world.SetErrors(0);
    Fill(world);
    ExpectLate(world, "before the first Trim of the right clock", kMostAheadMs);
    world.Live(kStepMs);
    Fill(world);
    world.Live(kDayMs);
    Fill(world);
    ExpectLate(world, "afterwards", 0);
    LiveAndCheck(world);
  }
}

TEST_P(ExpiryLifeTest, AWeekStopped) {
  World world(instances());
  world.StartAll();
  world.Live(kDayMs);
  Fill(world);
  ExpectLate(world, "before", 7 * kDayMs);
  world.StopAll();
  world.Pass(7 * kDayMs);
  world.StartAll();
  Fill(world);
  world.Live(2 * kDayMs);
  Fill(world);
  ExpectLate(world, "while it is caught up", 7 * kDayMs / 2);
  world.Live(5 * kDayMs + kSlackMs);
  Fill(world);
  ExpectLate(world, "afterwards", 0);
  LiveAndCheck(world);
}

TEST_P(ExpiryLifeTest, ThreeMonthsStopped) {
  World world(instances());
  world.StartAll();
  world.Live(kDayMs);
  Fill(world);
  ExpectLate(world, "before", 90 * kDayMs);
  world.StopAll();
  world.Pass(90 * kDayMs);
  world.StartAll();
  Fill(world);
  ExpectLate(world, "before the first Trim", kMostAheadMs);
  world.Live(2 * kStepMs);
  Fill(world);
  ExpectLate(world, "afterwards", 0);
  LiveAndCheck(world);
}

TEST_P(ExpiryLifeTest, AnInstanceThatStaysInAnotherCentury) {
  World world(instances());
  world.StartAll();
  world.SetError(0, k2100Error);
  for (int i = 0; i < 5; ++i) {
    world.Live(kDayMs);
    Fill(world);
  }
  ExpectLate(world, "any row", kMostAheadMs);
  LiveAndCheck(world);
}

INSTANTIATE_TEST_SUITE_P(Instances, ExpiryLifeTest, testing::Values(1, 2, 3));

// ---- Clocks that are wrong by less than 31 days -----------------------------

// The rows are then early by no more than expiry.h says.
TEST(ExpiryErrorTest, ClockAWeekAheadForADayTakesADayAtMost) {
  World world(2);
  world.StartAll();
  world.Write(0);
  world.Live(kDayMs);
  world.SetError(1, 7 * kDayMs);
  world.Live(kDayMs);
  world.SetError(1, 0);
  world.Live(kLongestMs);
  for (const std::int64_t age_ms : kAgesMs) {
    EXPECT_GE(world.LifeOf(0, age_ms), age_ms - kDayMs);
    EXPECT_LE(world.LifeOf(0, age_ms), age_ms + 2 * kStepMs);
  }
}

TEST(ExpiryErrorTest, ClockThatStaysAWeekAheadTakesAWeekAtMost) {
  World world(2);
  world.StartAll();
  world.Write(0);
  world.SetErrors(7 * kDayMs);
  world.Live(kLongestMs);
  for (const std::int64_t age_ms : kAgesMs) {
    EXPECT_GE(world.LifeOf(0, age_ms),
              age_ms - std::min(age_ms / 2 + kStepMs, 7 * kDayMs));
    EXPECT_LE(world.LifeOf(0, age_ms), age_ms + 2 * kStepMs);
  }
}

TEST(ExpiryErrorTest, ClockThatIsBehindTakesWhatIsBeingCaughtUp) {
  World world(1);
  world.StartAll();
  world.Live(kDayMs);
  world.StopAll();
  world.Pass(7 * kDayMs);
  world.StartAll();
  world.SetErrors(-10 * kDayMs);
  world.Write(0);
  world.SetErrors(0);
  world.Live(kLongestMs + kDayMs);
  for (const std::int64_t age_ms : kAgesMs) {
    EXPECT_GE(world.LifeOf(0, age_ms), age_ms - 7 * kDayMs);
    EXPECT_LE(world.LifeOf(0, age_ms), age_ms + 3 * kStepMs);
  }
}

// ---- Everything goes wrong --------------------------------------------------

// Clocks are right, or wrong by years; instances stop and start as they like,
// all of them for months; and they are told late of each other's Trims.
class ExpiryModelTest : public testing::TestWithParam<int> {
 protected:
  ExpiryModelTest()
      : seed_(TestSeed() + static_cast<std::uint64_t>(GetParam())),
        dice_(seed_),
        world_(1 + dice_.Below(3), dice_.OneIn(3) ? FarError() : 0) {
    std::cout << "LINKTOR_TEST_SEED="
              << seed_ - static_cast<std::uint64_t>(GetParam()) << " of run "
              << GetParam() << ": " << world_.size() << " instances\n";
  }

  std::int64_t Below(std::int64_t end) {
    return static_cast<std::int64_t>(
        dice_.Below(static_cast<std::size_t>(end)));
  }
  std::int64_t FarError() {
    // None is near another, so that none looks right beside it.
    const std::int64_t years = 1 + Below(70);
    return (dice_.OneIn(2) ? years : -years) * 365 * kDayMs;
  }
  void PerhapsStop() {
    if (!dice_.OneIn(400)) return;
    if (dice_.OneIn(3)) {
      world_.StopAll();
      world_.Pass(Below(dice_.OneIn(3) ? 100 * kDayMs : 9 * kDayMs));
      world_.StartAll();
      return;
    }
    const std::size_t i = dice_.Below(world_.size());
    if (world_.IsUp(i)) {
      world_.Stop(i);
    } else {
      world_.Start(i);
    }
  }
  void PerhapsSetClock() {
    // It is seldom wrong for long.
    if (dice_.OneIn(5)) world_.SetError(dice_.Below(world_.size()), 0);
    if (!dice_.OneIn(150)) return;
    world_.SetError(dice_.Below(world_.size()), FarError());
  }
  void Step() {
    world_.Pass(1 + Below(kStepMs));
    PerhapsStop();
    PerhapsSetClock();
    for (std::size_t i = 0; i < world_.size(); ++i) {
      if (!world_.IsUp(i)) continue;
      if (!dice_.OneIn(3)) world_.Follow(i);
      if (!dice_.OneIn(3)) world_.Trim(i);
      if (dice_.OneIn(20)) world_.Write(i);
    }
  }

  const std::uint64_t seed_;
  Random dice_;
  World world_;
};

TEST_P(ExpiryModelTest, NothingGoesEarlyAndAllGoes) {
  world_.StartAll();
  while (world_.now_ms() < 400 * kDayMs) Step();
  world_.SetErrors(0);
  world_.StartAll();
  world_.Live(kLongestMs + kMostAheadMs + kDayMs);
  ASSERT_GT(world_.rows(), 100U);
  for (std::size_t row = 0; row < world_.rows(); ++row) {
    for (const std::int64_t age_ms : kAgesMs) {
      const std::int64_t life_ms = world_.LifeOf(row, age_ms);
      ASSERT_GE(life_ms, age_ms)
          << "row " << row << " of " << world_.WrittenMs(row);
      // One Trim counts what may have passed since it last knew of one.
      ASSERT_LE(world_.CountedOf(row, age_ms), age_ms + kMostAheadMs + kDayMs)
          << "row " << row << " of " << world_.WrittenMs(row);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Runs, ExpiryModelTest, testing::Range(0, 12));

}  // namespace
}  // namespace linktor::state
