// A Clock tells the time of day. Code that needs the time of day gets a Clock,
// so that tests can choose the time. Waits and timeouts use the steady
// (monotonic) clock, so a Clock does not affect them. The function main makes
// the only SystemClock, which outlives everything that borrows it.

#pragma once

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace linktor {

// Implementations are thread-safe, because many threads share one Clock.
class Clock {
 public:
  virtual ~Clock() = default;

  // Returns the time of day. The time may go back when an administrator or NTP
  // sets it. So nobody can conclude from two results which of two calls came
  // first. The call does not block.
  virtual absl::Time Now() const = 0;
};

// Reads the machine's clock. It has no members, so all SystemClocks are equal.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace linktor
