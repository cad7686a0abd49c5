// Random tests print their seed and take it from LINKTOR_TEST_SEED, so that a
// failure can be repeated. Without it the seed is always the same.

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

  // Returns a number from 0 up to `end`, which is above 0 and not included.
  std::size_t Below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(engine_);
  }
  bool OneIn(std::size_t n) { return Below(n) == 0; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace linktor
