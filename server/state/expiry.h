// The expiry time decides which rows are old enough to be deleted, and nothing
// else decides it. It is a time in ms since the epoch. It follows real time,
// but it does not trust the clock of any server without a check.
//
// Only a Trim record, which deletes old rows, moves the expiry time. A Trim
// moves it by the time that has passed since the previous Trim, whichever
// server appended the previous one. The appender measures this time with its
// monotonic clock (journal/trim_meter.h). While the expiry time is behind the
// appender's clock, the Trim moves it by more, but by at most twice the
// measured time. So one wrong reading of a clock deletes nothing. After a stop
// of a week, the expiry time catches up with the clock within a week.
//
// A clock is believed while it shows a time that is at most 31 days from the
// expiry time. A clock may be further away because it was never set, because it
// was set to another century, or because every server was stopped for longer.
// Then the next Trim cancels the difference: it sets `offset_ms` so that the
// clock's time plus `offset_ms` is the expiry time.
//
// A row has an age, which decides when it is deleted. The age begins at the
// time of the row's record plus `offset_ms`, but not before the expiry time.
// There is one exception: before the next Trim, a row may be written with the
// time of a clock that is not believed. The age of such a row begins 31 days
// after the expiry time.
//
// The following promises hold under one condition: when clocks differ, or when
// a clock is set, the difference is either 0 or more than 31 days. Let A be the
// time for which a row is to be kept. The row is deleted
// - not before A of real time has passed since it was written;
// - at the latest by the first Trim after the servers have measured A plus 31
//   days.
//
// The servers need to measure only A when the row's clock was believed and the
// expiry time had nothing to catch up. They need to measure at most A + S/2
// while the expiry time catches up a stop of the length S. A stop of more than
// 31 days does not count as measured time. When a clock is not believed, the
// time that was still to be caught up does not count either.
//
// When a clock is set by less than 31 days, this looks like a stop, and rows
// may be deleted too early. While the clock is ahead, the expiry time gains as
// much time as is measured meanwhile, but not more than the clock is ahead. It
// can gain the same amount once more after each Trim whose clock was not
// believed. When a clock is behind, a row that has this clock's time counts as
// older than it is. The difference is at most the time since the last Trim plus
// the time that is still to be caught up.
//
// The functions below are pure. Apply (applier.h) calls them on the applying
// thread, which is the only thread that writes the database.

#pragma once

#include <algorithm>
#include <cstdint>

namespace linktor::state {

// A clock is believed when it is wrong by at most this many milliseconds. Apply
// depends on the number: do not change it without a new record format.
inline constexpr std::int64_t kMostAheadMs = 31LL * 24 * 60 * 60 * 1000;

struct Expiry {
  // This is the expiry time, in ms since the epoch. It is 0 before the first
  // record.
  std::int64_t time_ms = 0;
  // This number of milliseconds is added to the time that a clock shows.
  std::int64_t offset_ms = 0;
};

// A TrimTime is what a Trim record says about the time.
struct TrimTime {
  // It is the time of the record, by its appender's clock.
  std::int64_t clock_ms = 0;
  // The expiry time had this value when the appender began to measure.
  std::int64_t from_ms = 0;
  // The appender has measured this much time since then. It is 0 when the
  // appender has seen no Trim before.
  std::int64_t elapsed_ms = 0;
};

// Returns whether a clock is believed. It shows `clock_ms`, and it should show
// `expected_ms`.
constexpr bool IsBelieved(std::int64_t clock_ms, std::int64_t expected_ms) {
  return clock_ms >= expected_ms - kMostAheadMs &&
         clock_ms <= expected_ms + kMostAheadMs;
}

// Returns the time at which the age of a row begins. This is when the row is
// "born". `time_ms` is the time of the record that writes the row.
constexpr std::int64_t BornMs(std::int64_t time_ms, const Expiry& expiry) {
  if (expiry.time_ms == 0) return time_ms;
  const std::int64_t clock_ms = time_ms + expiry.offset_ms;
  // The expiry time may still have up to 31 days to catch up. When it has
  // caught up, the row must not count as older than it is.
  if (!IsBelieved(clock_ms, expiry.time_ms)) {
    return expiry.time_ms + kMostAheadMs;
  }
  return std::max(clock_ms, expiry.time_ms);
}

// Returns the expiry time after a Trim.
constexpr Expiry MoveExpiry(const Expiry& expiry, const TrimTime& trim) {
  // Another Trim was applied after the appender had begun to measure. That Trim
  // has counted this time already.
  if (trim.from_ms != expiry.time_ms) return expiry;
  // The appender does not know how much time has passed. The expiry time must
  // stay: otherwise a Trim of another server, which has measured this time,
  // would not count.
  if (trim.elapsed_ms <= 0) return expiry;
  const std::int64_t least = expiry.time_ms + trim.elapsed_ms;
  const std::int64_t clock_ms = trim.clock_ms + expiry.offset_ms;
  if (!IsBelieved(clock_ms, least)) {
    return {.time_ms = least, .offset_ms = least - trim.clock_ms};
  }
  // A clock that is behind was ahead before, or is wrong now. Real time passes
  // in both cases, so at least the measured time is added.
  return {.time_ms = std::clamp(clock_ms, least, least + trim.elapsed_ms),
          .offset_ms = expiry.offset_ms};
}

}  // namespace linktor::state
