// Keeps log lines that a stranger can cause from filling the log. Not
// thread-safe: each thread that logs has its own.

#pragma once

#include <chrono>

namespace linktor {

class LogThrottle {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // A line this often tells an operator what goes on, and no more is needed.
  static constexpr auto kInterval = std::chrono::seconds(10);

  // Whether a line may be logged at `now`. When it may, the next one may not
  // before kInterval has passed.
  [[nodiscard]] bool Pass(TimePoint now) {
    if (now < next_) return false;
    next_ = now + kInterval;
    return true;
  }

 private:
  TimePoint next_ = TimePoint::min();
};

}  // namespace linktor
