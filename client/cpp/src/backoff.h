// A Backoff says how long to wait before the next try. The waits get longer
// each time. They are random, so that clients do not all wait equally long.
// Otherwise they would all call a server that has just started at the same
// moment. A Backoff belongs to one thread.

#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace linktor::instagram {

// The steps are 500 ms, 1 s, 2 s, 4 s, and after that always 5 s.
class Backoff {
 public:
  // The first step is short, so that users do not notice it when the server
  // restarts.
  static constexpr std::chrono::milliseconds kFirst{500};
  // No wait is longer than this, unless the server asks for a longer one. It is
  // long enough not to load the server, and short enough for a person who is
  // watching.
  static constexpr std::chrono::milliseconds kMost{5000};

  // `random` returns numbers in [0, 1); tests pass their own function.
  explicit Backoff(std::function<double()> random)
      : random_(std::move(random)) {}

  // Returns a wait between half of a step and the whole step, but never less
  // than `at_least`, the wait that the server asks for. The step then doubles,
  // up to kMost.
  std::chrono::milliseconds Next(
      std::optional<std::chrono::nanoseconds> at_least = std::nullopt) {
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(
        step_ * (0.5 + random_() / 2));
    step_ = std::min(step_ * 2, kMost);
    return std::max(wait, std::chrono::ceil<std::chrono::milliseconds>(
                              at_least.value_or(std::chrono::nanoseconds(0))));
  }

  // Makes the next wait start again from the first step. The caller calls it
  // after a success.
  void Reset() { step_ = kFirst; }

 private:
  // This function spreads each wait over the upper half of its step.
  std::function<double()> random_;
  // This is the greatest value that the next wait can have.
  std::chrono::milliseconds step_ = kFirst;
};

// Returns a number in [0, 1). It is for any thread.
double RandomFraction();

}  // namespace linktor::instagram
