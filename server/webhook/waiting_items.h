// A WaitingItems makes events of items whose message has not come: an edit
// numbered 0 accompanies every message, and for some messages it is all that
// Instagram sends. It looks from time to time whether one has waited long
// enough, and then appends ReleaseWaiting records. The App makes one; it has a
// thread of its own, which blocks on the journal.

#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/ticker.h"
#include "server/journal/journal.h"
#include "server/state/state_reader.h"
#include "server/webhook/observer.h"

namespace linktor::webhook {

class WaitingItems {
 public:
  struct Options {
    // An item waits for its message for so long. The message was seen 0.7 s
    // after its edit, and Instagram delivers a message again soon where a
    // server did not answer.
    absl::Duration grace = absl::Minutes(5);
    // It looks once in this time. A look costs a read.
    absl::Duration period = absl::Seconds(10);
  };

  // All must outlive this. The thread runs from now on until destruction.
  WaitingItems(const Clock& clock, state::StateReader& state,
               journal::Journal& journal, WebhookObserver& observer,
               const Options& options);

 private:
  // Releases all items that are due, and says so in the log. It does nothing
  // more than look when there are none.
  void Release();
  // Appends one record, and returns what it has released.
  absl::StatusOr<state::ReleaseAnswer> Append();

  const Clock& clock_;
  state::StateReader& state_;
  journal::Journal& journal_;
  WebhookObserver& observer_;
  const std::int64_t grace_ms_;
  // It is the last member, since it uses all the others.
  Ticker ticker_;
};

}  // namespace linktor::webhook
