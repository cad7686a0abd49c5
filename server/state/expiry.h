// The expiry time decides what is forgotten, and nothing else does.
//
// Only a Trim record moves it: by the time that has passed since the Trim
// before, whoever appended that, as the appender's monotonic clock has measured
// it (journal/trim_meter.h), and by at most twice that while it is behind the
// clock. So one wrong reading of a clock expires nothing, and a stopped week is
// caught up within a week.
//
// A clock is believed while it is at most 31 days from the expiry time. It may
// be further away because it was never set or set to another century, or
// because every server was stopped for longer. Then the next Trim cuts the jump
// out of time: `offset_ms` makes the clock show what the expiry time is. What
// such a clock wrote before that Trim begins its age 31 days after the expiry
// time; all else begins it at its record's time.
//
// Let clocks differ from each other, and from what they showed before they were
// set, by more than 31 days or not at all. Then a row that is kept for a time A
// is deleted
// - not before A of real time has passed since it was written;
// - by the first Trim after servers have measured A and 31 days: A where its
//   clock was believed and nothing was being caught up, at most A + S/2 while a
//   stop of S was.
// A stop of more than 31 days is no time that servers measure, nor is what was
// still to be caught up when a clock was not believed.
//
// A clock that is set by less cannot be told from a stop, and rows may go
// early: while it is ahead the expiry time gains what is measured meanwhile, up
// to as much as it is ahead, and that once more after each Trim of a clock that
// was not believed. What a clock writes that is behind has aged by the time
// since the last Trim and by the stop that is being caught up.
//
// Pure.

#pragma once

#include <algorithm>
#include <cstdint>

namespace linktor {

inline constexpr std::int64_t kMostAheadMs = 31LL * 24 * 60 * 60 * 1000;

struct Expiry {
  // The expiry time; 0 before the first record.
  std::int64_t time_ms = 0;
  // What is added to what a clock shows.
  std::int64_t offset_ms = 0;
};

// What a Trim says of the time.
struct TrimTime {
  // The record's.
  std::int64_t clock_ms = 0;
  // The expiry time as it was when the appender began to measure.
  std::int64_t from_ms = 0;
  std::int64_t elapsed_ms = 0;
};

// Whether a clock is believed that shows `clock_ms` when it should show
// `expected_ms`.
constexpr bool IsBelieved(std::int64_t clock_ms, std::int64_t expected_ms) {
  return clock_ms >= expected_ms - kMostAheadMs &&
         clock_ms <= expected_ms + kMostAheadMs;
}

// When a row's age begins that a record of `time_ms` writes.
constexpr std::int64_t BornMs(std::int64_t time_ms, const Expiry& expiry) {
  if (expiry.time_ms == 0) return time_ms;
  const std::int64_t clock_ms = time_ms + expiry.offset_ms;
  // However much there is to catch up, the row is not older than it is.
  if (!IsBelieved(clock_ms, expiry.time_ms)) {
    return expiry.time_ms + kMostAheadMs;
  }
  return std::max(clock_ms, expiry.time_ms);
}

// The expiry time after a Trim.
constexpr Expiry MoveExpiry(const Expiry& expiry, const TrimTime& trim) {
  // Another Trim came between, and has counted that time.
  if (trim.from_ms != expiry.time_ms) return expiry;
  // It does not know what has passed; what another has measured still counts.
  if (trim.elapsed_ms <= 0) return expiry;
  const std::int64_t least = expiry.time_ms + trim.elapsed_ms;
  const std::int64_t clock_ms = trim.clock_ms + expiry.offset_ms;
  if (!IsBelieved(clock_ms, least)) {
    return {.time_ms = least, .offset_ms = least - trim.clock_ms};
  }
  // A clock that is behind was ahead once, or is wrong now: time passes all the
  // same.
  return {.time_ms = std::clamp(clock_ms, least, least + trim.elapsed_ms),
          .offset_ms = expiry.offset_ms};
}

}  // namespace linktor
