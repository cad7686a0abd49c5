#include "server/policy/window.h"

#include <gtest/gtest.h>

#include <limits>

namespace linktor {
namespace {

constexpr std::int64_t kHourMs = 60 * 60 * 1000;
constexpr std::int64_t kNow = 1'800'000'000'000;

struct WindowCase {
  std::optional<std::int64_t> last;
  bool refuse_without_history;
  WindowDecision decision;
};

TEST(DecideWindowTest, Table) {
  const WindowCase cases[] = {
      {kNow, false, WindowDecision::kSend},
      {kNow - 24 * kHourMs + 1, false, WindowDecision::kSend},
      // Open while now < last + 24 h.
      {kNow - 24 * kHourMs, false, WindowDecision::kClosed},
      {kNow - 24 * kHourMs - 1, false, WindowDecision::kClosed},
      {kNow - 24 * kHourMs, true, WindowDecision::kClosed},
      // A clock set back must not close it.
      {kNow + kHourMs, false, WindowDecision::kSend},
      {std::nullopt, false, WindowDecision::kSend},
      {std::nullopt, true, WindowDecision::kNoHistory},
  };
  for (const WindowCase& c : cases) {
    EXPECT_EQ(
        DecideWindow({.last_inbound_ms = c.last,
                      .now_ms = kNow,
                      .refuse_without_history = c.refuse_without_history}),
        c.decision)
        << c.last.value_or(-1);
  }
}

struct ActivityCase {
  std::optional<std::int64_t> last;
  std::int64_t event;
  std::int64_t received;
  std::int64_t want;
};

TEST(AdvanceActivityTest, Table) {
  const ActivityCase cases[] = {
      {std::nullopt, 1000, 2000, 1000},
      // Instagram gave no time.
      {std::nullopt, 0, 2000, 2000},
      {std::nullopt, -5, 2000, 2000},
      // A stamp from the future counts as now.
      {std::nullopt, 9000, 2000, 2000},
      {std::nullopt, 2000, 2000, 2000},
      // A late one does not set it back.
      {1500, 1000, 2000, 1500},
      {1500, 1700, 2000, 1700},
      {1500, 9000, 2000, 2000},
      {2500, 9000, 2000, 2500},
      {std::nullopt, std::numeric_limits<std::int64_t>::max(), 2000, 2000},
  };
  for (const ActivityCase& c : cases) {
    EXPECT_EQ(AdvanceActivity(c.last, c.event, c.received), c.want)
        << c.last.value_or(-1) << " " << c.event;
  }
}

}  // namespace
}  // namespace linktor
