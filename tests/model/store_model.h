// The state of one random run: a store, the oracle it is compared with, and the
// dice. Steps are in random_steps.cc, comparisons in comparisons.cc.

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
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/store/records.h"
#include "server/store/sqlite_journal.h"
#include "tests/model/oracle.h"
#include "tests/unit/store/record_makers.h"
#include "tests/unit/store/store_rig.h"

namespace linktor {

class StoreModelTest : public ::testing::Test {
 protected:
  // A record, and what to do with its outcome.
  struct Step {
    Record record;
    std::function<void(const absl::StatusOr<Outcome>&)> check;
    std::string what;
  };

  void SetUp() override;

  int Below(int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random_);
  }
  bool Chance(int percent) { return Below(100) < percent; }
  std::string Pick(std::initializer_list<const char*> values) {
    return *(values.begin() + Below(static_cast<int>(values.size())));
  }

  // One of the last few.
  template <typename T>
  const T& PickRecent(const std::vector<T>& all, int few) {
    const auto size = static_cast<int>(all.size());
    return all[static_cast<std::size_t>(size - 1 - Below(std::min(few, size)))];
  }

  void MoveClock();
  TestChannel PickChannel();
  ItemSpec RandomItem();
  Step RandomStep();
  Step DeliverStep();
  Step ClaimStep();
  Step SettleStep();
  Step CreateStep();
  Step UpdateStep();
  Step DeleteStep();
  Step OptOutStep();
  Step NameStep();
  // With `all` nothing is kept that a trim can delete; else each kind is cut
  // within the last five hours.
  Step TrimStep(bool all);
  void RunSteps(int count);

  void CompareAll();
  void CompareEvents();
  void CompareMessages();
  void CompareTables();
  void CompareTold();

  std::uint64_t seed_ = 0;
  std::int64_t steps_ = 0;
  std::mt19937_64 random_;
  std::int64_t now_ms_ = kNowMs;
  std::int64_t next_channel_no_ = 1;
  std::int64_t next_raw_ = 1;
  Oracle oracle_;
  // So small that runs of mids are moved all the time.
  StoreRig rig_{
      SqliteJournal::Options{.max_batch_time = absl::Hours(1), .mid_run = 200}};
  // How often each refusal was met with.
  std::map<std::string, int> refusals_;
  // The last steps, for the report of a failure.
  std::vector<std::string> history_;
};

}  // namespace linktor
