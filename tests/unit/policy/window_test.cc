#include "server/policy/window.h"

#include <gtest/gtest.h>

#include <limits>

namespace linktor::policy {
namespace {

constexpr std::int64_t kHourMs = 60 * 60 * 1000;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::int64_t kWindowNow = 1'800'000'000'000;

struct WindowCase {
  const char* name;
  std::optional<std::int64_t> last;
  bool human_agent;
  bool refuse_without_history;
  WindowDecision decision;
};

// Open while now < last + 24 h, or 7 days.
constexpr WindowCase kWindowCases[] = {
    {"just now", kWindowNow, false, false, WindowDecision::kSend},
    {"23:59:59.999", kWindowNow - kDayMs + 1, false, false,
     WindowDecision::kSend},
    {"24:00:00.000", kWindowNow - kDayMs, false, false,
     WindowDecision::kClosed},
    {"24:00:00.001", kWindowNow - kDayMs - 1, false, false,
     WindowDecision::kClosed},
    {"closed, history wanted", kWindowNow - kDayMs, false, true,
     WindowDecision::kClosed},
    {"agent within 24 h", kWindowNow - kHourMs, true, false,
     WindowDecision::kSend},
    {"agent at 24 h", kWindowNow - kDayMs, true, false, WindowDecision::kSend},
    {"agent at 7 days - 1 ms", kWindowNow - 7 * kDayMs + 1, true, false,
     WindowDecision::kSend},
    {"agent at 7 days", kWindowNow - 7 * kDayMs, true, false,
     WindowDecision::kHumanAgentClosed},
    {"agent after 8 days, history wanted", kWindowNow - 8 * kDayMs, true, true,
     WindowDecision::kHumanAgentClosed},
    {"no tag at 7 days - 1 ms", kWindowNow - 7 * kDayMs + 1, false, false,
     WindowDecision::kClosed},
    // A clock set back must not close it.
    {"message from the future", kWindowNow + kHourMs, false, false,
     WindowDecision::kSend},
    {"agent, message from the future", kWindowNow + kHourMs, true, false,
     WindowDecision::kSend},
    {"no history", std::nullopt, false, false, WindowDecision::kSend},
    {"no history, wanted", std::nullopt, false, true,
     WindowDecision::kNoHistory},
    {"agent, no history", std::nullopt, true, false, WindowDecision::kSend},
    // The tag does not begin conversations.
    {"agent, no history, wanted", std::nullopt, true, true,
     WindowDecision::kNoHistory},
};

TEST(DecideWindowTest, Table) {
  for (const WindowCase& c : kWindowCases) {
    EXPECT_EQ(
        DecideWindow({.last_inbound_ms = c.last,
                      .now_ms = kWindowNow,
                      .human_agent = c.human_agent,
                      .refuse_without_history = c.refuse_without_history}),
        c.decision)
        << c.name;
  }
}

struct ActivityCase {
  std::int64_t event;
  std::int64_t received;
  std::int64_t want;
};

TEST(ActivityTimeTest, Table) {
  const ActivityCase cases[] = {
      {1000, 2000, 1000},
      // Instagram gave no time.
      {0, 2000, 2000},
      {-5, 2000, 2000},
      // A stamp from the future counts as now.
      {9000, 2000, 2000},
      {2000, 2000, 2000},
      {std::numeric_limits<std::int64_t>::max(), 2000, 2000},
  };
  for (const ActivityCase& c : cases) {
    EXPECT_EQ(ActivityTime(c.event, c.received), c.want) << c.event;
  }
}

}  // namespace
}  // namespace linktor::policy
