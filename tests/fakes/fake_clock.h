// The time of a FakeClock changes only when a test changes it. It is
// thread-safe.

#pragma once

#include <atomic>
#include <cstdint>

#include "server/base/clock.h"

namespace linktor {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now) : ms_(absl::ToUnixMillis(now)) {}

  absl::Time Now() const override { return absl::FromUnixMillis(ms_.load()); }
  void Set(absl::Time now) { ms_.store(absl::ToUnixMillis(now)); }
  void Advance(absl::Duration by) { ms_ += absl::ToInt64Milliseconds(by); }

 private:
  std::atomic<std::int64_t> ms_;
};

}  // namespace linktor
