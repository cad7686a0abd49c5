#include "client/cpp/src/backoff.h"

#include <random>

namespace linktor::instagram {

double RandomFraction() {
  thread_local std::mt19937_64 random{std::random_device()()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

}  // namespace linktor::instagram
