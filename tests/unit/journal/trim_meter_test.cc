#include "server/journal/trim_meter.h"

#include <gtest/gtest.h>

#include <array>

#include "server/journal/journal.h"
#include "server/state/expiry.h"
#include "tests/unit/state/record_makers.h"

namespace linktor::journal {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr TrimMeter::Time At(std::int64_t ms) {
  return TrimMeter::Time(milliseconds(ms));
}

journal::Record Measured(const TrimMeter& meter, TrimMeter::Time now) {
  journal::Record record = NewRecord(state::kNowMs);
  meter.Measure(now, *record.mutable_trim());
  return record;
}

void Tell(TrimMeter& meter, TrimMeter::Time now, const journal::Record& record,
          bool own, std::int64_t expiry_ms) {
  const state::Effects effects{.answer =
                                   state::TrimAnswer{.expiry_ms = expiry_ms}};
  const std::array<AppliedRecord, 1> told = {
      AppliedRecord{.record = record, .own = own, .effects = effects}};
  meter.OnCommit(told, now);
}

class TrimMeterTest : public testing::Test {
 protected:
  // Its first Trim was applied at 1000; the expiry time was 500.
  void SetUp() override {
    Tell(meter_, At(1000), Measured(meter_, At(990)), /*own=*/true, 500);
  }
  std::int64_t ElapsedAt(std::int64_t ms) {
    return Measured(meter_, At(ms)).trim().elapsed_ms();
  }

  TrimMeter meter_;
};

TEST_F(TrimMeterTest, FirstTrimSaysNothingOfTheTime) {
  const journal::Record first = Measured(TrimMeter(), At(990));
  EXPECT_EQ(first.trim().elapsed_ms(), 0);
  EXPECT_EQ(first.trim().measured_from_ms(), 0);
}

TEST_F(TrimMeterTest, MeasuresFromWhenItWasToldOfTheFirst) {
  const journal::Record second = Measured(meter_, At(1060));
  EXPECT_EQ(second.trim().elapsed_ms(), 60);
  EXPECT_EQ(second.trim().measured_from_ms(), 500);
}

// However long the Trim took to be applied, and what is less than a millisecond
// counts later.
TEST_F(TrimMeterTest, MeasuresFromWhereItsOwnTrimHasMeasured) {
  const journal::Record second = Measured(meter_, At(1060) + microseconds(700));
  EXPECT_EQ(second.trim().elapsed_ms(), 60);
  Tell(meter_, At(1090), second, /*own=*/true, 560);
  const journal::Record third = Measured(meter_, At(1100) + microseconds(600));
  EXPECT_EQ(third.trim().elapsed_ms(), 40);
  EXPECT_EQ(third.trim().measured_from_ms(), 560);
}

TEST_F(TrimMeterTest, MeasuresFromTheTrimOfAnotherInstance) {
  Tell(meter_, At(1030),
       state::MakeTrim({.elapsed_ms = 20, .measured_from_ms = 500}),
       /*own=*/false, 520);
  EXPECT_EQ(ElapsedAt(1060), 30);
  EXPECT_EQ(Measured(meter_, At(1060)).trim().measured_from_ms(), 520);
}

// Two instances have measured from the same Trim.
TEST_F(TrimMeterTest, TrimThatCameSecondHasCountedNothing) {
  const journal::Record second = Measured(meter_, At(1040));
  Tell(meter_, At(1041),
       state::MakeTrim({.elapsed_ms = 35, .measured_from_ms = 500}),
       /*own=*/false, 535);
  Tell(meter_, At(1050), second, /*own=*/true, 535);
  EXPECT_EQ(ElapsedAt(1060), 19) << "since the one that has counted";
}

// It was another's that moved the expiry time between the two.
TEST_F(TrimMeterTest, OwnTrimFromBeforeTheFirstThatWasToldOfCountsNothing) {
  TrimMeter started;
  const journal::Record first = Measured(started, At(1000));
  Tell(started, At(1020), first, /*own=*/true, 600);
  EXPECT_EQ(Measured(started, At(1050)).trim().elapsed_ms(), 30);
}

TEST_F(TrimMeterTest, OtherRecordsSayNothing) {
  const state::Effects effects{.answer = state::Done{}};
  const journal::Record record = state::MakeNothing();
  const std::array<AppliedRecord, 1> told = {
      AppliedRecord{.record = record, .own = false, .effects = effects}};
  meter_.OnCommit(told, At(1030));
  EXPECT_EQ(ElapsedAt(1060), 60);
}

// Each instance appends a Trim every minute; whatever they are, the expiry time
// moves a minute in a minute.
TEST(TrimMetersTest, ManyInstancesDoNotMakeTimeRunFaster) {
  std::array<TrimMeter, 3> meters;
  state::Expiry expiry{.time_ms = state::kNowMs};
  std::int64_t now_ms = 0;
  const auto trim = [&](std::size_t own) {
    journal::Record record = Measured(meters[own], At(now_ms));
    expiry =
        state::MoveExpiry(expiry, {.clock_ms = state::kNowMs + now_ms,
                                   .from_ms = record.trim().measured_from_ms(),
                                   .elapsed_ms = record.trim().elapsed_ms()});
    for (std::size_t i = 0; i < meters.size(); ++i) {
      Tell(meters[i], At(now_ms), record, i == own, expiry.time_ms);
    }
  };
  trim(0);
  for (int i = 0; i < 3 * 60; ++i) {
    now_ms += state::kMinuteMs / 3;
    trim(static_cast<std::size_t>(i) % meters.size());
  }
  EXPECT_EQ(expiry.time_ms, state::kNowMs + state::kHourMs);
}

}  // namespace
}  // namespace linktor::journal
