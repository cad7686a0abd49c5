// Tells the time of day. Everything that needs it takes a Clock, so that tests
// can choose it; waiting and timeouts use steady time and are not affected.
// main makes the one SystemClock, which outlives all that borrows it.

#pragma once

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace linktor {

// Implementations are thread-safe: every folder asks from its own threads.
class Clock {
 public:
  virtual ~Clock() = default;

  // Returns the time of day. It may go back, when an administrator or NTP sets
  // it, so two results tell no order of events. It does not block.
  virtual absl::Time Now() const = 0;
};

// Reads the machine's clock. It holds nothing, so any number of them are equal.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace linktor
