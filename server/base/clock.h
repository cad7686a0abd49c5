// Where the time comes from. Everything that needs the time of day takes a
// Clock, so that tests can choose it; waiting and timeouts use steady time and
// are not affected.

#pragma once

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace linktor {

class Clock {
 public:
  virtual ~Clock() = default;

  // The time of day. Thread-safe.
  virtual absl::Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace linktor
