// A WaitingItems makes events of items whose message has not come: an edit
// numbered 0 accompanies every message, and for some messages it is all that
// Instagram sends. It looks from time to time whether one has waited long
// enough, and then appends ReleaseWaiting records. The App makes one; it has a
// thread of its own, which blocks on the journal.

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
    // An item waits for its message for so long. The message was seen 0.7 s
    // after its edit. The grace is longer than any send takes, because the edit
    // of a send comes before its outcome is known.
    absl::Duration grace = absl::Minutes(5);
    // It looks once in this time. A look costs a read.
    absl::Duration period = absl::Seconds(10);
    // It tells the monotonic time; tests set another.
    std::function<SteadyTime()> steady = [] {
      return std::chrono::steady_clock::now();
    };
  };

  // All must outlive this. The thread runs from now on until destruction.
  WaitingItems(const Clock& clock, state::StateReader& state,
               journal::Journal& journal, WebhookObserver& observer,
               Options options);
  // Ends the thread after the record that is under way.
  ~WaitingItems();
  WaitingItems(const WaitingItems&) = delete;
  WaitingItems& operator=(const WaitingItems&) = delete;

 private:
  // Looks, and releases all items that are due.
  void Look();
  // Returns whether messages could come for the whole grace: this has run for
  // so long, the clock has not been set meanwhile, and no append has failed.
  // Otherwise an item may have waited while the server could take no webhook.
  bool HasListened();
  // Releases all that is due, in records between which others come first.
  // Returns how many events came of it, also when a record failed, which is
  // logged.
  std::int64_t Release();

  const Clock& clock_;
  state::StateReader& state_;
  journal::Journal& journal_;
  WebhookObserver& observer_;
  const Options options_;
  const std::int64_t grace_ms_;
  // The thread alone uses these: since when messages could come, and what both
  // clocks showed at the last look.
  SteadyTime since_;
  SteadyTime last_steady_;
  absl::Time last_time_;
  StopSignal stop_;
  // It is the last member, since it uses all the others.
  Ticker ticker_;
};

}  // namespace linktor::webhook
