// The log by time: a start "since", where times may go back with the clock.

#include "server/state/event_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/seed.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

class EventTimeTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    times_.push_back(0);
  }
  // Appends `count` events of one record that came at `time_ms`.
  void Append(std::size_t count, std::int64_t time_ms) {
    std::vector<ItemSpec> items(count);
    for (ItemSpec& item : items) {
      item.mid = absl::StrCat("m", times_.size());
      times_.push_back(time_ms);
    }
    rig_.Deliver(items, time_ms);
  }
  std::int64_t LastSeq() const {
    return static_cast<std::int64_t>(times_.size()) - 1;
  }
  std::int64_t SinceUpTo(std::int64_t time_ms, std::int64_t last_seq) {
    const auto since = rig_.data().state().EventsSince(time_ms, last_seq);
    EXPECT_TRUE(since.ok()) << since.status();
    oldest_seq_ = since.ok() ? since->oldest_seq : -1;
    return since.ok() ? since->first_seq : -1;
  }
  std::int64_t Since(std::int64_t time_ms) {
    return SinceUpTo(time_ms, LastSeq());
  }
  // Finds the same sequence by a walk over all events.
  std::int64_t Expected(std::int64_t time_ms, std::int64_t oldest_seq) {
    for (std::int64_t seq = oldest_seq; seq <= LastSeq(); ++seq) {
      if (times_[static_cast<std::size_t>(seq)] >= time_ms) return seq;
    }
    return LastSeq() + 1;
  }
  std::int64_t Before(std::int64_t time_ms) {
    const auto last = rig_.data().state().LastEventBefore(time_ms, LastSeq());
    EXPECT_TRUE(last.ok()) << last.status();
    return last.value_or(-1);
  }
  std::int64_t ExpectedBefore(std::int64_t time_ms, std::int64_t oldest_seq) {
    for (std::int64_t seq = LastSeq(); seq >= oldest_seq; --seq) {
      if (times_[static_cast<std::size_t>(seq)] < time_ms) return seq;
    }
    return 0;
  }
  std::int64_t Marks() {
    return rig_.Number("SELECT count(*) FROM time_marks");
  }

  StoreRig rig_;
  // This is the time of each event; the index is the sequence.
  std::vector<std::int64_t> times_;
  std::int64_t oldest_seq_ = 0;
};

TEST_F(EventTimeTest, EmptyLogBeginsAtItsFirst) {
  EXPECT_EQ(Since(kNowMs), 1);
  EXPECT_EQ(oldest_seq_, 1);
}

TEST_F(EventTimeTest, FirstOneFromThenOn) {
  Append(2, kNowMs);
  Append(1, kNowMs + 5);
  EXPECT_EQ(Since(kNowMs - 1), 1);
  EXPECT_EQ(Since(kNowMs), 1);
  EXPECT_EQ(Since(kNowMs + 1), 3);
  EXPECT_EQ(Since(kNowMs + 5), 3);
  EXPECT_EQ(Since(kNowMs + 6), 4);
}

TEST_F(EventTimeTest, EveryStretchIsMarkedWithItsLatestTime) {
  Append(1000, kNowMs);
  Append(30, kNowMs + 9);
  Append(1018, kNowMs + 5);
  EXPECT_THAT(rig_.Rows("SELECT last_seq || ' ' || latest_ms FROM time_marks "
                        "ORDER BY last_seq"),
              testing::ElementsAre(absl::StrCat("1024 ", kNowMs + 9),
                                   absl::StrCat("2048 ", kNowMs + 9)));
  EXPECT_EQ(rig_.Number("SELECT latest_ms FROM log_state"), 0);
  Append(1, kNowMs + 3);
  EXPECT_EQ(rig_.Number("SELECT latest_ms FROM log_state"), kNowMs + 3);
}

TEST_F(EventTimeTest, AtTheEdgesOfStretches) {
  Append(1023, kNowMs);
  Append(1, kNowMs + 1);
  Append(1, kNowMs + 2);
  Append(1023, kNowMs + 3);
  Append(1, kNowMs + 4);
  ASSERT_EQ(Marks(), 2);
  for (std::int64_t time = kNowMs - 1; time <= kNowMs + 5; ++time) {
    EXPECT_EQ(Since(time), Expected(time, 1)) << time - kNowMs;
  }
}

// Events that came while the clock was ahead are found by its time, those from
// before by its own.
TEST_F(EventTimeTest, ClockThatWasAheadHidesNothing) {
  Append(1500, kNowMs);
  Append(10, kNowMs + 9 * kDayMs);
  Append(2000, kNowMs + kHourMs);
  Append(1500, kNowMs + 2 * kHourMs);
  EXPECT_EQ(Since(kNowMs + kMinuteMs), 1501);
  EXPECT_EQ(Since(kNowMs + 2 * kHourMs), 1501) << "those ahead are later too";
  EXPECT_EQ(Since(kNowMs + 10 * kDayMs), LastSeq() + 1);
}

TEST_F(EventTimeTest, ClockThatWasSetBackHidesNothing) {
  Append(1500, kNowMs);
  Append(2000, kNowMs - kDayMs);
  Append(5, kNowMs + 1);
  EXPECT_EQ(Since(kNowMs - kDayMs), 1);
  EXPECT_EQ(Since(kNowMs + 1), 3501);
}

// A caller knows the log up to an event; what came since is not told of.
TEST_F(EventTimeTest, NothingBeyondWhatTheCallerKnows) {
  Append(2000, kNowMs);
  Append(100, kNowMs + 5);
  EXPECT_EQ(SinceUpTo(kNowMs + 5, 2000), 2001);
  EXPECT_EQ(SinceUpTo(kNowMs + 5, 2050), 2001);
  EXPECT_EQ(SinceUpTo(kNowMs + 5, 1500), 1501);
  EXPECT_EQ(SinceUpTo(kNowMs, 0), 1);
}

// An event of a clock that was far ahead does not hide the later ones.
TEST_F(EventTimeTest, TheLastOneBeforeATime) {
  EXPECT_EQ(Before(kNowMs), 0);
  Append(1500, kNowMs);
  Append(10, kNowMs + 9 * kDayMs);
  Append(2000, kNowMs + kHourMs);
  EXPECT_EQ(Before(kNowMs), 0);
  EXPECT_EQ(Before(kNowMs + 1), 1500);
  EXPECT_EQ(Before(kNowMs + kHourMs), 1500);
  EXPECT_EQ(Before(kNowMs + kHourMs + 1), 3510);
  EXPECT_EQ(Before(kNowMs + 10 * kDayMs), 3510);
}

TEST_F(EventTimeTest, MarksGoWithTheirEvents) {
  Append(1200, kNowMs);
  Append(1200, kNowMs + kDayMs);
  ASSERT_EQ(Marks(), 2);
  rig_.TrimAt(kNowMs + kDayMs, {.event_age_ms = kHourMs});
  EXPECT_EQ(Marks(), 1);
  EXPECT_EQ(Since(0), 1201);
  EXPECT_EQ(oldest_seq_, 1201);
  EXPECT_EQ(Since(kNowMs + kDayMs), 1201);
  rig_.TrimAt(kNowMs + 2 * kDayMs, {.event_age_ms = 0});
  EXPECT_EQ(Marks(), 0);
  EXPECT_EQ(Since(0), LastSeq());
}

TEST_F(EventTimeTest, RandomTimesAreFound) {
  const std::uint64_t seed = TestSeed();
  std::cout << "LINKTOR_TEST_SEED=" << seed << "\n";
  Random random(seed);
  std::int64_t clock_ms = kNowMs;
  for (int i = 0; i < 60; ++i) {
    const auto jump = static_cast<std::int64_t>(random.Below(200'000));
    clock_ms += random.OneIn(4) ? -jump : jump;
    Append(1 + random.Below(300), clock_ms);
    if (random.OneIn(10)) rig_.Reopen();
    if (random.OneIn(15)) {
      rig_.TrimAt(rig_.ExpiryMs() + kMinuteMs, {.event_age_ms = 0});
    }
    for (int j = 0; j < 20; ++j) {
      const std::int64_t time =
          kNowMs + static_cast<std::int64_t>(random.Below(6'000'000)) -
          1'000'000;
      const std::int64_t found = Since(time);
      ASSERT_EQ(found, Expected(time, oldest_seq_)) << "step " << i;
      ASSERT_EQ(Before(time), ExpectedBefore(time, oldest_seq_))
          << "step " << i;
    }
  }
  EXPECT_GT(Marks(), 2);
}

}  // namespace
}  // namespace linktor::state
