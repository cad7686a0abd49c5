// A TrimMeter measures what a Trim record says about time: how much has passed
// since the last one, whoever appended it. In this way all instances of a log
// together count real time once (state/expiry.h). Housekeeping owns it, asks it
// before each Trim, and adds it to the feed as a view. It is thread-safe.

#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "server/base/mutex.h"
#include "server/journal/feed.h"
#include "server/journal/record.pb.h"

namespace linktor::journal {

class TrimMeter {
 public:
  // This is a time of the monotonic clock, which nobody can set.
  using Time = std::chrono::steady_clock::time_point;

  // Fills in `measured_from_ms` and `elapsed_ms` (both in milliseconds) of a
  // Trim that is appended at `now`. Before any Trim was told of, it leaves them
  // 0: the first Trim moves nothing, and its answer tells from where to
  // measure.
  void Measure(Time now, journal::Trim& trim) const;

  // This is the view of the feed. `now` is when it is called. It looks at the
  // answers of Trims alone.
  void OnCommit(std::span<const AppliedRecord> records, Time now);

 private:
  mutable Mutex mutex_;
  // This is the expiry time after the last Trim, in milliseconds since the
  // epoch; it is 0 before any was told of.
  std::int64_t expiry_ms_ ABSL_GUARDED_BY(mutex_) = 0;
  // All time before this is counted in expiry_ms_ already. It may be later than
  // what was really counted, never earlier: time is forgotten rather than
  // counted twice.
  Time counted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::journal
