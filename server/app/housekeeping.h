// Deletes what is past its time: it appends Trim records, now and then, in
// small steps that hold up nobody. They say how much time has passed since the
// last one, whoever appended it: see state/expiry.h.

#pragma once

#include <optional>
#include <thread>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/journal/feed.h"
#include "server/journal/journal.h"
#include "server/journal/trim_meter.h"

namespace linktor {

class Housekeeping {
 public:
  struct Ages {
    absl::Duration events;
    absl::Duration raw;
    std::int64_t raw_max_bytes = 0;
  };

  // One round of Trims in so much time.
  static constexpr absl::Duration kInterval = absl::Minutes(1);

  // Follows the feed, and must live until nothing is applied any more. All must
  // outlive this.
  Housekeeping(const Clock& clock, Journal& journal, Feed& feed,
               const Ages& ages, absl::Duration interval = kInterval);
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  // Changes the ages from the next round on. Thread-safe.
  void SetAges(const Ages& ages);

  // Ends the thread. Done by the destructor if by nobody else.
  void Stop();

 private:
  void Run();
  // Appends one Trim. Nothing when it was not applied.
  std::optional<TrimAnswer> Trim();
  // Waits. False when it is time to end.
  bool Rest(absl::Duration duration);

  const Clock& clock_;
  Journal& journal_;
  const absl::Duration interval_;
  TrimMeter meter_;
  Mutex mutex_;
  Ages ages_ ABSL_GUARDED_BY(mutex_);
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor
