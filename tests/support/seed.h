// Random tests print their seed, and take it from LINKTOR_TEST_SEED, so that a
// failure can be repeated. When the variable is not set, the seed is always the
// same number.

#pragma once

#include <cstdint>
#include <random>

#include "tests/support/environment.h"

namespace linktor {

inline std::uint64_t TestSeed() {
  return NumberFromEnvironment("LINKTOR_TEST_SEED", 20261122);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // Returns a number that is at least 0 and less than `end`; `end` must be
  // above 0.
  std::size_t Below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(engine_);
  }
  bool OneIn(std::size_t n) { return Below(n) == 0; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace linktor
