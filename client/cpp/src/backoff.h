// A Backoff says how long to wait before calling again: longer each time, and
// never the same for two clients, so that they do not all come at once to a
// server that has just started. It belongs to one thread.

#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace linktor::instagram {

// The steps are 500 ms, 1, 2, 4 and then always 5 s.
class Backoff {
 public:
  // The first wait is short enough that a restart is not noticed.
  static constexpr std::chrono::milliseconds kFirst{500};
  // No wait is longer, unless the server asks for it: this is long enough not
  // to be a load, and short enough for someone who watches.
  static constexpr std::chrono::milliseconds kMost{5000};

  // `random` gives numbers in [0, 1); tests give their own.
  explicit Backoff(std::function<double()> random)
      : random_(std::move(random)) {}

  // Returns between half and all of a step that doubles up to kMost, but never
  // less than `at_least`, which the server asks for.
  std::chrono::milliseconds Next(
      std::optional<std::chrono::nanoseconds> at_least = std::nullopt) {
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(
        step_ * (0.5 + random_() / 2));
    step_ = std::min(step_ * 2, kMost);
    return std::max(wait, std::chrono::ceil<std::chrono::milliseconds>(
                              at_least.value_or(std::chrono::nanoseconds(0))));
  }

  // The next wait is a first one again. It is called after a success.
  void Reset() { step_ = kFirst; }

 private:
  // It spreads each wait over the upper half of its step.
  std::function<double()> random_;
  // This is the greatest value that the next wait can have.
  std::chrono::milliseconds step_ = kFirst;
};

// Returns a number in [0, 1). It is for any thread.
double RandomFraction();

}  // namespace linktor::instagram
