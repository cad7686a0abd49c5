// A Redriver reads items of stored deliveries again, as they were received, and
// appends Redrive records with the events that come of it today: after an
// upgrade that knows more kinds, after a fault in Apply was mended, or after
// the channel of an account was created. EventService asks it, on the executor;
// the App makes one. Thread-safe.

#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/event_service.pb.h"
#include "server/base/clock.h"
#include "server/base/strings.h"
#include "server/base/v1.h"
#include "server/channels/registry.h"
#include "server/channels/user_names.h"
#include "server/journal/journal.h"
#include "server/seal/sealer.h"
#include "server/state/state_reader.h"
#include "server/webhook/event_maker.h"

namespace linktor::webhook {

// It only proposes: Apply decides by its tables which items get an event, so
// that two calls about one delivery make no event twice.
class Redriver {
 public:
  // All must outlive the Redriver.
  struct Dependencies {
    const Clock& clock;
    state::StateReader& state;
    seal::Sealer& sealer;
    journal::Journal& journal;
    const channels::ChannelRegistry& registry;
    channels::UserNames& names;
  };
  explicit Redriver(const Dependencies& dependencies)
      : deps_(dependencies), events_(dependencies.sealer, dependencies.names) {}

  // Redrives the deliveries, one record for each, and says what became of them.
  // The request has been validated. `covered` has the channels that the
  // caller's API key covers, or is empty when that is all of them: a delivery
  // to the URL of another channel is not found, and items of other channels are
  // left alone. It blocks on the disk and on the journal.
  //
  // It fails as the journal does when a record is not stored for want of
  // something, or when the disk cannot be read. Deliveries before that one are
  // redriven then, and the same call may be repeated. A record that cannot be
  // applied is no failure: its items are tried one by one, and counted.
  absl::StatusOr<v1::RedriveDeliveriesResponse> Redrive(
      const v1::RedriveDeliveriesRequest& request, const StringSet& covered);

 private:
  // A Context is one delivery, the record that is being made of it, and where
  // its counts go.
  struct Context;
  absl::Status RedriveOne(Context& context);
  // Adds the item to the record, or counts why it is not there. It fails when a
  // key cannot be read.
  absl::Status Look(const state::ReceivedItem& item, Context& context);
  // Does the rest of it with the item as it is understood today.
  absl::Status Add(ParsedItem& parsed, const state::ReceivedItem& item,
                   const channels::ChannelRegistry::EntryPtr& owner,
                   Context& context);
  // Returns the live channel that the item is for; null when there is none that
  // may have it. An item that had an event is for the channel of that event.
  // One that had a channel is for that channel. Any other is for the channel
  // that has its account, but not for one of another app: it must have the
  // secret that has signed the item or, when secrets were changed since, one in
  // common with the channel whose URL the delivery came to.
  channels::ChannelRegistry::EntryPtr OwnerOf(const state::ReceivedItem& item,
                                              const Context& context) const;
  // Appends the items, together or else one by one, and counts their ends.
  absl::Status Append(Context& context);
  // Appends these items in one record. Returns false when the record cannot be
  // applied; it has changed nothing then.
  absl::StatusOr<bool> AppendOnce(const journal::Redrive& redrive,
                                  Context& context);

  const Dependencies deps_;
  EventMaker events_;
};

}  // namespace linktor::webhook
