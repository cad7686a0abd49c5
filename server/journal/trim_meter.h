// A Trim is a record that deletes old rows. It also says how much time has
// passed since the Trim before it, so that Apply can decide which rows are old
// (state/expiry.h). A TrimMeter measures this time. The earlier Trim may come
// from this process or from another one; the feed (feed.h) tells the meter
// about both. So when several instances (data folders) share a log, they count
// each hour only once. The Housekeeping object (app/housekeeping.h) owns the
// meter, asks it before each Trim, and adds it to the feed as a view. The meter
// is thread-safe.

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
  // This is a time of the monotonic clock, which no administrator can set.
  using Time = std::chrono::steady_clock::time_point;

  // Fills in `measured_from_ms` and `elapsed_ms` (both in milliseconds) of a
  // Trim that is appended at `now`. If the feed has told of no Trim yet,
  // Measure leaves both 0. A Trim with these zeros does not move the expiry
  // time, by which rows are judged. But its answer has the expiry time, from
  // which the meter measures from then on.
  void Measure(Time now, journal::Trim& trim) const;

  // This is the meter's view of the feed. `now` is the time of the call. It
  // looks only at records that are Trims.
  void OnCommit(std::span<const AppliedRecord> records, Time now);

 private:
  mutable Mutex mutex_;
  // This is the expiry time after the last Trim, in milliseconds since the
  // epoch. It is 0 until the feed has told of a Trim.
  std::int64_t expiry_ms_ ABSL_GUARDED_BY(mutex_) = 0;
  // expiry_ms_ counts the time before this moment, so Measure counts only the
  // time after it. The moment may be too late; then some time is never counted.
  // It is never too early, because then some time would be counted twice, and
  // rows would be deleted too soon.
  Time counted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::journal
