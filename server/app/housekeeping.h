// Housekeeping deletes the rows of the database whose retention time has
// passed. For this it appends Trim records to the journal from time to time.
// One Trim deletes only a limited number of rows, so it makes no other record
// wait for long. A Trim record says how much time has passed since the last
// Trim, whichever server appended that Trim (see state/expiry.h). The App makes
// one Housekeeping. It has its own thread, which waits for the journal.

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
  // Rows are deleted when they are older than these ages. Raw items are webhook
  // items in the form in which they were received. They are also deleted when
  // they are older than the age of events, or when all of them together take
  // more than raw_max_bytes.
  struct Ages {
    absl::Duration events;
    absl::Duration raw;
    std::int64_t raw_max_bytes = 0;
    absl::Duration messages;
  };

  // The thread waits this long between two rounds of Trims. The time is not
  // shorter, because each round costs a commit even when there is nothing to
  // delete.
  static constexpr absl::Duration kInterval = absl::Minutes(1);

  // Starts the thread, and adds a view to the feed (see journal/feed.h). All
  // arguments must outlive this object. This object must live until the journal
  // applies no more records, because the feed calls its view until then.
  // `interval` is shorter in tests.
  Housekeeping(const Clock& clock, journal::Journal& journal,
               journal::Feed& feed, const Ages& ages,
               absl::Duration interval = kInterval);
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  // Changes the ages; the next Trim uses the new ages. The function is
  // thread-safe.
  void SetAges(const Ages& ages);

  // Ends the thread. When a Trim is under way, Stop waits until it is applied.
  // The destructor calls Stop; a second call does nothing.
  void Stop();

 private:
  // This is the thread's function. Each round appends one Trim after another,
  // with a short pause between them, until there is nothing more to delete.
  void Run();
  // Appends one Trim and waits until it is applied. Returns nullopt when it was
  // not applied. Then the failure is logged, and the next round tries again.
  std::optional<state::TrimAnswer> Trim();
  // This clock gives the times of the records. The time between two Trims is
  // measured by the monotonic clock instead, because a change of the system's
  // time does not move the monotonic clock.
  const Clock& clock_;
  journal::Journal& journal_;
  const absl::Duration interval_;
  // The meter measures the time between two Trims, whichever servers appended
  // them.
  journal::TrimMeter meter_;
  // Guards ages_. The mutex is not held while a Trim is appended.
  Mutex mutex_;
  Ages ages_ ABSL_GUARDED_BY(mutex_);
  StopSignal stop_;
  // The thread is the last member, because it uses all other members.
  std::thread thread_;
};

}  // namespace linktor::app
