// Measures what a Trim says of the time: how much has passed since the last
// one, whoever appended it, so that all instances of a log together count real
// time once (state/expiry.h). It is a view of the feed. Thread-safe.

#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "server/base/mutex.h"
#include "server/journal/feed.h"
#include "server/journal/record.pb.h"

namespace linktor {

class TrimMeter {
 public:
  // The monotonic clock's.
  using Time = std::chrono::steady_clock::time_point;

  // Fills in what a Trim says of the time that is appended at `now`. The first
  // one says nothing: its answer tells from where to measure.
  void Measure(Time now, journal::Trim& trim) const;

  // The view; it is told at `now`.
  void OnCommit(std::span<const AppliedRecord> records, Time now);

 private:
  mutable Mutex mutex_;
  // The expiry time after the last Trim; 0 before any was told of.
  std::int64_t expiry_ms_ ABSL_GUARDED_BY(mutex_) = 0;
  // Time was counted until here, at least.
  Time counted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
