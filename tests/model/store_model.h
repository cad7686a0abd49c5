// The state of one random run: a data folder, the oracle it is compared with,
// and the dice. Steps are in random_steps.cc and random_sends.cc, comparisons
// in comparisons.cc.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "server/journal/embedded_journal.h"
#include "tests/model/mirror.h"
#include "tests/model/oracle.h"
#include "tests/unit/state/record_makers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor {

class StoreModelTest : public ::testing::Test {
 protected:
  // It has a record, and looks at how its append ended.
  struct Step {
    state::SealedRecord record;
    std::function<void(const journal::Ending&)> check;
    std::string what;
  };
  // Returns the answer of an append. It fails the test when there is none of
  // that kind.
  template <typename T>
  static T AnswerIn(const journal::Ending& ending) {
    EXPECT_TRUE(ending.applied()) << ending.status;
    const T* answer = std::get_if<T>(&ending.answer);
    EXPECT_NE(answer, nullptr);
    return answer != nullptr ? *answer : T{};
  }

  void SetUp() override;
  // Ends the process, so to speak, and starts it again.
  void Restart();
  // Lets the mirror follow, and tells the oracle who claims now.
  void Follow();

  int Below(int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random_);
  }
  bool Chance(int percent) { return Below(100) < percent; }
  std::string Pick(std::initializer_list<const char*> values) {
    return *(values.begin() + Below(static_cast<int>(values.size())));
  }

  // Returns one of the last few.
  template <typename T>
  const T& PickRecent(const std::vector<T>& all, int few) {
    const auto size = static_cast<int>(all.size());
    return all[static_cast<std::size_t>(size - 1 - Below(std::min(few, size)))];
  }

  void MoveClock();
  state::TestChannel PickChannel();
  // Returns one of a window of the person's mids that moves on, so that there
  // are new and old ones. A mid belongs to one person.
  std::string PickMid(const std::string& user);
  state::ItemSpec RandomItem();
  Step RandomStep();
  Step DeliverStep();
  Step ClaimStep();
  // Asks for a send as nobody has before, or repeats one.
  state::ClaimSpec RandomClaim();
  Step SettleStep();
  // Returns one that is PENDING or UNCONFIRMED, or any; null when it should
  // rather be another step.
  const Oracle::Message* PickToSettle();
  state::OutcomeSpec RandomOutcome(const Oracle::Message& message);
  Step CreateStep();
  Step UpdateStep();
  Step DeleteStep();
  Step OptOutStep();
  Step NameStep();
  Step EraseStep();
  Step ErasedStep();
  // With `all` nothing is kept that a trim can delete; else each kind is cut
  // within the last five hours.
  Step TrimStep(bool all);
  void RunSteps(int count);

  void ExpectRows(const std::string& sql,
                  const std::vector<std::string>& expected);
  void CompareAll();
  void CompareEvents();
  void CompareEventTimes();
  void CompareMessages();
  void CompareCustomers();
  void CompareEchoes();
  void CompareDeliveries();
  void CompareChannels();
  void CompareLogState();
  void CompareMirror();
  void CompareTold();
  // Expects that the run was worth it.
  void ExpectVariety();
  void Report();

  std::uint64_t seed_ = 0;
  std::int64_t steps_ = 0;
  std::mt19937_64 random_;
  std::int64_t now_ms_ = state::kNowMs;
  std::int64_t next_channel_no_ = 1;
  std::int64_t next_raw_ = 1;
  Oracle oracle_;
  Mirror mirror_;
  // Runs are so small that some are moved all the time.
  state::StoreRig rig_{journal::EmbeddedJournal::Options{
      .max_batch_time = absl::Hours(1), .runs = {200, 200}}};
  // They count the answers to claims, and to records of channels, by kind.
  std::map<state::ClaimAnswer::Kind, int> claims_;
  std::map<state::ChannelAnswer::Kind, int> changes_;
  int trims_ = 0;
  int long_trims_ = 0;
  // The report of a failure tells the last steps.
  std::vector<std::string> history_;
};

}  // namespace linktor
