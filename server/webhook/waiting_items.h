// A WaitingItems makes events of items whose message has not come. Such an item
// is an edit numbered 0. Instagram sends one with every message, and for some
// messages it sends nothing else. From time to time a WaitingItems checks
// whether an item has waited long enough, and then appends ReleaseWaiting
// records. The App makes one. It has a thread of its own, which blocks on the
// journal.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/stop_signal.h"
#include "server/base/ticker.h"
#include "server/journal/journal.h"
#include "server/state/state_reader.h"
#include "server/webhook/observer.h"

namespace linktor::webhook {

class WaitingItems {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  struct Options {
    // An item waits for its message for this long. Messages were seen 0.7 s
    // after their edits. The grace is longer than any send takes, because the
    // edit of a send comes before the outcome of the send is known.
    absl::Duration grace = absl::Minutes(5);
    // It looks once in this time. Each look reads from the disk.
    absl::Duration period = absl::Seconds(10);
    // It returns the monotonic time; tests set another function.
    std::function<SteadyTime()> steady = [] {
      return std::chrono::steady_clock::now();
    };
  };

  // All of these objects must outlive this one. The thread runs from now on,
  // until this object is destroyed.
  WaitingItems(const Clock& clock, state::StateReader& state,
               journal::Journal& journal, WebhookObserver& observer,
               Options options);
  // Ends the thread after the record that is under way.
  ~WaitingItems();
  WaitingItems(const WaitingItems&) = delete;
  WaitingItems& operator=(const WaitingItems&) = delete;

 private:
  // Looks for items that are due, and releases all of them.
  void Look();
  // Returns whether messages could come for the whole grace. That is so when
  // this object has run for that long, and in that time the clock was not set
  // and no append failed. Otherwise an item may have waited while the server
  // could not take webhooks.
  bool HasListened();
  // Releases all items that are due, in several records, with pauses in which
  // other records come first. Returns how many events this made, also when a
  // record failed. A failure is logged.
  std::int64_t Release();

  const Clock& clock_;
  state::StateReader& state_;
  journal::Journal& journal_;
  WebhookObserver& observer_;
  const Options options_;
  const std::int64_t grace_ms_;
  // The thread alone uses these. since_ is the time since which messages could
  // come. The other two have what both clocks showed at the last look.
  SteadyTime since_;
  SteadyTime last_steady_;
  absl::Time last_time_;
  StopSignal stop_;
  // It is the last member, because its thread uses all other members.
  Ticker ticker_;
};

}  // namespace linktor::webhook
