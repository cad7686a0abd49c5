#include "tests/unit/journal/kill_rounds.h"

#include <gtest/gtest.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "tests/support/environment.h"
#include "tests/support/sanitized.h"
#include "tests/unit/journal/killing_vfs.h"

namespace linktor::journal {
namespace {

// No work changes files so often: the last kill must have come too late.
constexpr std::int64_t kTooMany = 10'000;
// A sanitizer looks at the same code whichever call it is, and takes ten times
// as long for a process: there it is each fifth.
constexpr std::int64_t kStride = kSanitized ? 5 : 1;

}  // namespace

std::uint64_t KillRounds() {
  return NumberFromEnvironment("LINKTOR_KILL_ROUNDS", 1);
}

void TellKills(std::int64_t killed) {
  const testing::TestInfo& test =
      *testing::UnitTest::GetInstance()->current_test_info();
  std::cout << killed << " kills in " << test.test_suite_name() << "."
            << test.name() << "\n";
}

std::int64_t KillAtEveryCall(const std::function<void()>& prepare,
                             const std::function<void()>& work,
                             const std::function<void()>& judge,
                             std::int64_t every) {
  std::int64_t killed = 0;
  for (std::uint64_t half = 0; half < 2 * KillRounds(); ++half) {
    const bool after = half % 2 == 1;
    const std::int64_t first = 1 + static_cast<std::int64_t>(half) % every;
    for (std::int64_t call = first;; call += kStride * every) {
      SCOPED_TRACE(absl::StrCat("call ", call, after ? ", after it" : ""));
      prepare();
      const bool dead = IsKilledIn([&] {
        const KillingVfs vfs(call, after);
        work();
      });
      judge();
      if (testing::Test::HasFailure() || call >= kTooMany) return -1;
      if (!dead) break;
      ++killed;
    }
  }
  TellKills(killed);
  return killed * kStride * every;
}

}  // namespace linktor::journal
