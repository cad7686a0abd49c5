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
// The following holds while clocks differ from each other, and from what they
// showed before they were set, either not at all or by more than 31 days. A row
// that is to be kept for a time A is deleted
// - not before A of real time has passed since it was written;
// - by the first Trim after servers have measured A and 31 days. It takes only
//   A where the row's clock was believed and there was nothing to catch up, and
//   at most A + S/2 where a stop of S was being caught up.
// Servers do not measure a stop of more than 31 days, nor the time that was
// still to be caught up when a clock was not believed.
//
// A clock that is set by less than that looks like a stop, and rows may go
// early. While the clock is ahead, the expiry time gains the time that is
// measured meanwhile, up to as much as the clock is ahead, and that once more
// after each Trim of a clock that was not believed. A row that is written by a
// clock which is behind has already aged by the time since the last Trim and by
// the stop that is being caught up.
//
// All of this is pure. Apply calls it on the applying thread.

#pragma once

#include <algorithm>
#include <cstdint>

namespace linktor::state {

// A clock is believed within so many milliseconds. Apply depends on the number:
// do not change it without a new record format.
inline constexpr std::int64_t kMostAheadMs = 31LL * 24 * 60 * 60 * 1000;

struct Expiry {
  // This is the expiry time, in ms since the epoch; 0 before the first record.
  std::int64_t time_ms = 0;
  // This is added to the time that a clock shows.
  std::int64_t offset_ms = 0;
};

// A TrimTime is what a Trim record says about the time.
struct TrimTime {
  // It is the record's own time.
  std::int64_t clock_ms = 0;
  // The expiry time was this when the appender began to measure.
  std::int64_t from_ms = 0;
  // The appender has measured so much time since; 0 when it knows of none.
  std::int64_t elapsed_ms = 0;
};

// Returns whether a clock is believed that shows `clock_ms` when it should show
// `expected_ms`.
constexpr bool IsBelieved(std::int64_t clock_ms, std::int64_t expected_ms) {
  return clock_ms >= expected_ms - kMostAheadMs &&
         clock_ms <= expected_ms + kMostAheadMs;
}

// Returns the time at which the age of a row begins that a record of `time_ms`
// writes.
constexpr std::int64_t BornMs(std::int64_t time_ms, const Expiry& expiry) {
  if (expiry.time_ms == 0) return time_ms;
  const std::int64_t clock_ms = time_ms + expiry.offset_ms;
  // There may be up to 31 days to catch up, after which the row must not be
  // taken for older than it is.
  if (!IsBelieved(clock_ms, expiry.time_ms)) {
    return expiry.time_ms + kMostAheadMs;
  }
  return std::max(clock_ms, expiry.time_ms);
}

// Returns the expiry time after a Trim.
constexpr Expiry MoveExpiry(const Expiry& expiry, const TrimTime& trim) {
  // Another Trim came between, and has counted that time.
  if (trim.from_ms != expiry.time_ms) return expiry;
  // The appender does not know how much time has passed. The expiry time stays,
  // so that a Trim of another one, which has measured it, still counts.
  if (trim.elapsed_ms <= 0) return expiry;
  const std::int64_t least = expiry.time_ms + trim.elapsed_ms;
  const std::int64_t clock_ms = trim.clock_ms + expiry.offset_ms;
  if (!IsBelieved(clock_ms, least)) {
    return {.time_ms = least, .offset_ms = least - trim.clock_ms};
  }
  // A clock that is behind was ahead once, or is wrong now. Time passes all the
  // same, so at least the measured time is added.
  return {.time_ms = std::clamp(clock_ms, least, least + trim.elapsed_ms),
          .offset_ms = expiry.offset_ms};
}

}  // namespace linktor::state
