// Random sequences of records are compared with the oracle. They are over few
// channels, users, mids, texts and request ids, so that these collide all the
// time.
//
//   LINKTOR_MODEL_SEED    one run with this seed instead of a new one
//   LINKTOR_MODEL_STEPS   how many records, instead of kSteps

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <random>

#include "server/sqlite/database.h"
#include "tests/model/store_model.h"
#include "tests/support/environment.h"
#include "tests/support/sanitized.h"

namespace linktor {
namespace {

// They take about 20 s, with everything compared every hundred; with a
// sanitizer, 30 to 60 s.
constexpr int kSteps = kSanitized ? 10'000 : 60'000;
constexpr int kStepsBetweenComparisons = 100;
constexpr int kStepsBetweenRestarts = 700;
// A run of so many steps must have met with everything that can happen: the
// rarest happens some twenty times.
constexpr int kStepsForVariety = 60'000;

constexpr char kPoison[] =
    "CREATE TRIGGER poison_event BEFORE INSERT ON events "
    "WHEN NEW.user_id = '666' BEGIN SELECT RAISE(ABORT, 'poison'); END;"
    "CREATE TRIGGER poison_message BEFORE INSERT ON messages "
    "WHEN NEW.user_id = '666' BEGIN SELECT RAISE(ABORT, 'poison'); END";

}  // namespace

void StoreModelTest::SetUp() {
  seed_ = NumberFromEnvironment("LINKTOR_MODEL_SEED", std::random_device()());
  steps_ = static_cast<std::int64_t>(
      NumberFromEnvironment("LINKTOR_MODEL_STEPS", kSteps));
  std::cout << "LINKTOR_MODEL_SEED=" << seed_
            << " LINKTOR_MODEL_STEPS=" << steps_ << "\n";
  random_.seed(seed_);
  rig_.Close();
  rig_.ExecuteClosed(kPoison);
  // Durability is not tested here.
  rig_.Open([](sqlite::Database& writer) {
    ASSERT_TRUE(writer.Execute("PRAGMA synchronous=OFF").ok());
  });
  // The rig's first start is the first record.
  oracle_.expiry_ms = state::kNowMs;
  Follow();
}

void StoreModelTest::Restart() {
  rig_.Reopen();
  Follow();
}

void StoreModelTest::Follow() {
  rig_.data().feed().Add([this](auto records) { mirror_.OnCommit(records); });
  oracle_.incarnation = rig_.data().appender().incarnation;
}

void StoreModelTest::ExpectVariety() {
  using Claim = state::ClaimAnswer::Kind;
  for (const Claim kind :
       {Claim::kClaimed, Claim::kEnded, Claim::kInFlight, Claim::kReused,
        Claim::kChannelGone, Claim::kWindowClosed,
        Claim::kHumanAgentWindowClosed, Claim::kNeverWritten, Claim::kOptedOut,
        Claim::kOverQuota}) {
    EXPECT_GT(claims_[kind], 0) << static_cast<int>(kind);
  }
  using Change = state::ChannelAnswer::Kind;
  for (const Change kind :
       {Change::kApplied, Change::kReplayed, Change::kReused, Change::kNotFound,
        Change::kChanged, Change::kIdTaken, Change::kAccountTaken}) {
    EXPECT_GT(changes_[kind], 0) << static_cast<int>(kind);
  }
  EXPECT_GT(oracle_.held_ours, 0);
  EXPECT_GT(oracle_.held_others, 0);
  EXPECT_FALSE(oracle_.erased.empty());
}

void StoreModelTest::Report() {
  std::map<v1::MessageState, int> states;
  int by_content = 0;
  for (const auto& message : oracle_.messages) {
    ++states[message.state];
    if (message.settled_by == v1::SETTLED_BY_ECHO_CONTENT) ++by_content;
  }
  std::cout << oracle_.last_seq << " events, " << oracle_.erased.size()
            << " of them erased; " << oracle_.held_ever << " echoes held, "
            << oracle_.held_ours << " of them ours; " << oracle_.messages.size()
            << " sends, " << by_content << " of them settled by content; "
            << oracle_.channels.size() << " channels; " << trims_ << " and "
            << long_trims_ << " trims, the last one "
            << (now_ms_ + oracle_.clock_offset_ms - oracle_.expiry_ms) /
                   state::kMinuteMs
            << " minutes behind the clock\n";
  for (const auto& [state, count] : states) {
    std::cout << count << " sends are " << v1::MessageState_Name(state) << "\n";
  }
  for (const auto& [kind, count] : claims_) {
    std::cout << count << " claims answered " << static_cast<int>(kind) << "\n";
  }
  for (const auto& [kind, count] : changes_) {
    std::cout << count << " changes of channels answered "
              << static_cast<int>(kind) << "\n";
  }
  if (!HasFailure()) return;
  const std::size_t first = history_.size() > 30 ? history_.size() - 30 : 0;
  for (std::size_t i = first; i < history_.size(); ++i) {
    std::cout << "  " << history_[i] << "\n";
  }
  std::cout << "run again with LINKTOR_MODEL_SEED=" << seed_
            << " LINKTOR_MODEL_STEPS=" << steps_ << "\n";
}

TEST_F(StoreModelTest, DoesWhatTheOracleSays) {
  std::int64_t compare = kStepsBetweenComparisons;
  std::int64_t restart = kStepsBetweenRestarts;
  for (std::int64_t step = 0; step < steps_ && !HasFailure();) {
    const int count = Chance(20) ? 2 + Below(5) : 1;
    RunSteps(count);
    step += count;
    if (step >= restart) {
      Restart();
      restart += kStepsBetweenRestarts;
      compare = step;
    }
    if (step >= compare) {
      CompareAll();
      compare = step + kStepsBetweenComparisons;
    }
  }
  CompareAll();
  CompareTold();
  if (steps_ >= kStepsForVariety && !HasFailure()) ExpectVariety();
  Report();
}

}  // namespace linktor
