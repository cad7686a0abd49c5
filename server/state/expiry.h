// The expiry time decides what is forgotten, and nothing else does.
//
// It follows the clock, but only a Trim record moves it: by what the appender's
// monotonic clock has measured since its Trim before, and by at most twice that
// while it is behind the clock. So one wrong reading of the clock, or a machine
// that was set to another century, expires nothing; and a server that was
// stopped for a week catches up within a week.
//
// A row's age counts from its record's time, held between the expiry time and
// 31 days after it: what a wrong clock wrote expires all the same, and not at
// once. Pure.

#pragma once

#include <algorithm>
#include <cstdint>

namespace linktor {

inline constexpr std::int64_t kMostAheadMs = 31LL * 24 * 60 * 60 * 1000;

// When a row's age begins that a record of `time_ms` writes. 0 stands for an
// expiry time that was never set.
constexpr std::int64_t BornMs(std::int64_t time_ms, std::int64_t expiry_ms) {
  if (expiry_ms == 0) return time_ms;
  return std::clamp(time_ms, expiry_ms, expiry_ms + kMostAheadMs);
}

// The expiry time after a Trim of `time_ms` whose appender has measured
// `elapsed_ms`.
constexpr std::int64_t MoveExpiry(std::int64_t expiry_ms, std::int64_t time_ms,
                                  std::int64_t elapsed_ms) {
  const std::int64_t elapsed = std::max<std::int64_t>(elapsed_ms, 0);
  // A clock that is behind the expiry time was ahead of it once, or is wrong
  // now: time passes all the same.
  return std::clamp(time_ms, expiry_ms + elapsed, expiry_ms + 2 * elapsed);
}

}  // namespace linktor
