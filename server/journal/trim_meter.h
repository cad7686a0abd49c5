// A TrimMeter measures the time that a Trim record reports: the time since the
// last Trim, whether this process or another one appended that Trim. So all
// instances of a log together count real time only once (state/expiry.h).
// Housekeeping owns the meter, asks it before each Trim, and adds it to the
// feed as a view. It is thread-safe.

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
  // Trim that is appended at `now`. When the feed has told of no Trim yet, it
  // leaves both 0. Such a first Trim does not move the expiry time. Its answer
  // tells the meter from which expiry time to measure.
  void Measure(Time now, journal::Trim& trim) const;

  // This is the meter's view of the feed. `now` is the time of the call. The
  // view looks only at the answers of Trims.
  void OnCommit(std::span<const AppliedRecord> records, Time now);

 private:
  mutable Mutex mutex_;
  // This is the expiry time after the last Trim, in milliseconds since the
  // epoch. It is 0 until the feed has told of a Trim.
  std::int64_t expiry_ms_ ABSL_GUARDED_BY(mutex_) = 0;
  // All time before this moment is counted in expiry_ms_ already. The moment
  // may be later than the time that was really counted, but never earlier. It
  // is better to forget time than to count it twice.
  Time counted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::journal
