// Housekeeping deletes rows whose retention time has passed. It does this by
// appending Trim records from time to time. Each Trim is a small step, so it
// makes no other record wait for long. A Trim record says how much time has
// passed since the last Trim, whichever instance appended that Trim (see
// state/expiry.h). The App makes one Housekeeping. It has its own thread, which
// blocks on the journal.

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
  // items in the form in which they were received; they are also deleted when
  // all of them together take more than raw_max_bytes.
  struct Ages {
    absl::Duration events;
    absl::Duration raw;
    std::int64_t raw_max_bytes = 0;
    absl::Duration messages;
  };

  // A round of Trims begins once in this time. The time is not shorter, because
  // each round costs a commit even when there is nothing to delete.
  static constexpr absl::Duration kInterval = absl::Minutes(1);

  // Starts the thread and follows the feed. All arguments must outlive this
  // object. This object must live until the journal applies no more records,
  // because the feed calls it. `interval` is shorter in tests.
  Housekeeping(const Clock& clock, journal::Journal& journal,
               journal::Feed& feed, const Ages& ages,
               absl::Duration interval = kInterval);
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  // Changes the ages; the next Trim uses the new ones. The function is
  // thread-safe.
  void SetAges(const Ages& ages);

  // Ends the thread, and waits for a Trim that is under way. The destructor
  // calls Stop; a second call does nothing.
  void Stop();

 private:
  // This is the thread's function. Each round appends one Trim after another,
  // with a short pause between them, until there is nothing more to delete.
  void Run();
  // Appends one Trim and waits until it is applied. Returns nullopt when it was
  // not applied; the failure is logged, and the next round tries again.
  std::optional<state::TrimAnswer> Trim();
  // This clock gives the times of the records. The time between two Trims is
  // measured by the monotonic clock instead, because nobody can set the
  // monotonic clock.
  const Clock& clock_;
  journal::Journal& journal_;
  const absl::Duration interval_;
  // The meter measures the time between two Trims, whichever instance appended
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
