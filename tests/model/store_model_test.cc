// Random sequences of records over few channels, users, mids, texts and
// request ids, so that they collide all the time, against Oracle.
//
//   LINKTOR_MODEL_SEED    one run with this seed instead of a new one
//   LINKTOR_MODEL_STEPS   how many records, instead of kSteps

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

#include "server/store/sqlite.h"
#include "tests/model/store_model.h"
#include "tests/support/environment.h"
#include "tests/support/sanitized.h"

namespace linktor {
namespace {

// About 20 s, everything compared every hundred; with a sanitizer, 30 to 60 s.
constexpr int kSteps = kSanitized ? 10'000 : 60'000;
constexpr int kStepsBetweenComparisons = 100;
constexpr int kStepsBetweenRestarts = 700;

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
  // What is tested here is not durability.
  rig_.Open([](Database& writer) {
    ASSERT_TRUE(writer.Execute("PRAGMA synchronous=OFF").ok());
  });
}

TEST_F(StoreModelTest, DoesWhatTheOracleSays) {
  std::int64_t compare = kStepsBetweenComparisons;
  std::int64_t restart = kStepsBetweenRestarts;
  for (std::int64_t step = 0; step < steps_ && !HasFailure();) {
    const int count = Chance(20) ? 2 + Below(5) : 1;
    RunSteps(count);
    step += count;
    if (step >= restart) {
      rig_.Reopen();
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
  std::map<v1::MessageState, int> states;
  int by_content = 0;
  for (const auto& message : oracle_.messages) {
    ++states[message.state];
    if (message.settled_by == v1::SETTLED_BY_ECHO_CONTENT) ++by_content;
  }
  std::cout << oracle_.last_seq << " events, " << oracle_.messages.size()
            << " sends, of them " << by_content << " settled by content, "
            << oracle_.channels.size() << " channels\n";
  for (const auto& [reason, count] : refusals_) {
    std::cout << count << " times " << reason << "\n";
  }
  if (HasFailure()) {
    const std::size_t first = history_.size() > 30 ? history_.size() - 30 : 0;
    for (std::size_t i = first; i < history_.size(); ++i) {
      std::cout << "  " << history_[i] << "\n";
    }
    std::cout << "run again with LINKTOR_MODEL_SEED=" << seed_
              << " LINKTOR_MODEL_STEPS=" << steps_ << "\n";
  }
}

}  // namespace linktor
