// A WaitingItems makes events of items whose message has not come. Such an item
// is an edit with the number 0. Instagram sends such an edit with every
// message, and the edit tells nothing new. So the server lets the edit wait for
// its message, and ignores the edit when the message comes. For some messages
// Instagram sends only the edit. Then the edit becomes an instagram.unknown
// event, so that subscribers learn of the message. From time to time a
// WaitingItems checks whether an item has waited long enough, and then appends
// ReleaseWaiting records, by which Apply (state/applier.h) makes the events.
// The App makes one WaitingItems. It has a thread of its own, which blocks
// until its appends have ended.

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
    // after their edits. The edit of a message that this server sends comes
    // before the server knows the outcome of the send. So the grace is longer
    // than any send takes.
    absl::Duration grace = absl::Minutes(5);
    // The thread looks for due items once in this time. Each look reads from
    // the disk.
    absl::Duration period = absl::Seconds(10);
    // This function returns the monotonic time. Tests set another function.
    std::function<SteadyTime()> steady = [] {
      return std::chrono::steady_clock::now();
    };
  };

  // All of these objects must outlive the WaitingItems. The thread runs from
  // now on, until the WaitingItems is destroyed.
  WaitingItems(const Clock& clock, state::StateReader& state,
               journal::Journal& journal, WebhookObserver& observer,
               Options options);
  // Waits until the record that is being appended has ended, and ends the
  // thread.
  ~WaitingItems();
  WaitingItems(const WaitingItems&) = delete;
  WaitingItems& operator=(const WaitingItems&) = delete;

 private:
  // Looks for items that are due, and releases all of them. An item is due when
  // it has waited for `grace`.
  void Look();
  // Returns whether the server could receive messages during the whole grace
  // before now. This is so when the thread has run for that long, and in that
  // time nobody has set the clock and no append of this thread has failed.
  // Otherwise the message of an item may be missing only because the server
  // could not take webhooks.
  bool HasListened();
  // Releases all items that are due. It appends as many records as it needs,
  // with a pause after each, so that other records need not wait long. Returns
  // how many events this has made, also when a record has failed. It logs a
  // failure.
  std::int64_t Release();

  const Clock& clock_;
  state::StateReader& state_;
  journal::Journal& journal_;
  WebhookObserver& observer_;
  const Options options_;
  const std::int64_t grace_ms_;
  // Only the thread uses these three members. since_ is the time since which
  // the server could receive messages. The other two have what the monotonic
  // clock and the clock of the server showed at the last look.
  SteadyTime since_;
  SteadyTime last_steady_;
  absl::Time last_time_;
  StopSignal stop_;
  // The ticker is the last member, because its thread uses all other members.
  Ticker ticker_;
};

}  // namespace linktor::webhook
