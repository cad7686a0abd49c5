// Housekeeping deletes rows that are past their time: it appends Trim records,
// now and then, in small steps that hold up nobody. They say how much time has
// passed since the last one, whoever appended it: see state/expiry.h. The App
// makes one; it has a thread of its own, which blocks on the journal.

#pragma once

#include <optional>
#include <thread>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/stop_signal.h"
#include "server/journal/feed.h"
#include "server/journal/journal.h"
#include "server/journal/trim_meter.h"

namespace linktor::app {

class Housekeeping {
 public:
  // Rows go when they are older than these; raw items also when all of them
  // together take more than raw_max_bytes.
  struct Ages {
    absl::Duration events;
    absl::Duration raw;
    std::int64_t raw_max_bytes = 0;
    absl::Duration messages;
  };

  // A round of Trims begins once in this time. Each round costs a commit even
  // when there is nothing to delete.
  static constexpr absl::Duration kInterval = absl::Minutes(1);

  // Starts the thread and follows the feed. All must outlive this, and this
  // must live until nothing is applied any more. `interval` is shorter in
  // tests.
  Housekeeping(const Clock& clock, journal::Journal& journal,
               journal::Feed& feed, const Ages& ages,
               absl::Duration interval = kInterval);
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  // Changes the ages from the next Trim on. It is thread-safe.
  void SetAges(const Ages& ages);

  // Ends the thread, and waits for a Trim that is under way. The destructor
  // calls it; a second call does nothing.
  void Stop();

 private:
  // This is the thread: each round repeats Trims, with a short pause between
  // them, until nothing more is to be deleted.
  void Run();
  // Appends one Trim and waits for it. Returns nullopt when it was not applied,
  // which is logged; the next round tries again.
  std::optional<state::TrimAnswer> Trim();
  // It gives the times of the records; how much time has passed is measured by
  // the monotonic clock.
  const Clock& clock_;
  journal::Journal& journal_;
  const absl::Duration interval_;
  // It measures the time between Trims, whoever appended them.
  journal::TrimMeter meter_;
  // It is not held while a Trim is appended.
  Mutex mutex_;
  Ages ages_ ABSL_GUARDED_BY(mutex_);
  StopSignal stop_;
  // It is the last member, since it uses all the others.
  std::thread thread_;
};

}  // namespace linktor::app
