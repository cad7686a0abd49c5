// How large these tests are: small enough for every change, or as "make soak"
// runs them.

#pragma once

#include <cstdint>

#include "tests/support/sanitized.h"

namespace linktor::testing {

inline constexpr std::uint64_t kDeliveries = kSanitized ? 10'000 : 100'000;
inline constexpr std::uint64_t kKills = 3;
inline constexpr std::uint64_t kSubscribers = 1000;

}  // namespace linktor::testing
