// A Redriver redrives stored deliveries: it reads their items again, as they
// were received, and appends Redrive records with the events that the items
// give today. This is useful after an upgrade that knows more kinds of items,
// after a fault in Apply (state/applier.h) was mended, and after a channel was
// created for an account. EventService calls it on the executor. The App makes
// one. It is thread-safe.

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

// The Redriver only proposes events. Apply decides by the state's tables which
// items get an event, so that two calls about one delivery never make the same
// event twice.
class Redriver {
 public:
  // All of these objects must outlive the Redriver.
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

  // Redrives the deliveries, with one record for each delivery, and returns
  // what became of their items. The request has been validated. `covered` has
  // the channels that the caller's API key covers, or is empty when the key
  // covers all channels. A delivery to the URL of a channel that the key does
  // not cover counts as not found. An item that is for a channel that the key
  // does not cover gets no event, and counts as unknown. The call blocks while
  // it reads the disk, and until its appends have ended.
  //
  // It fails with the journal's error when a record is not stored, or when
  // nobody knows whether it is stored. It also fails when the disk cannot be
  // read. Then the deliveries before the failed one are redriven already, and
  // the caller may repeat the same call. It is no failure when Apply cannot
  // apply a record: then the items of the record are tried one by one, and the
  // items that fail are counted.
  absl::StatusOr<v1::RedriveDeliveriesResponse> Redrive(
      const v1::RedriveDeliveriesRequest& request, const StringSet& covered);

 private:
  // A Context is one delivery, with the record that is being made from it and
  // the response that gets its counts.
  struct Context;
  absl::Status RedriveOne(Context& context);
  // Adds the item to the record, or counts why it does not add the item. It
  // fails when a data key cannot be read.
  absl::Status Look(const state::ReceivedItem& item, Context& context);
  // This is the second part of Look. It makes the event of the item, as the
  // item is understood today, and adds it to the record. An item that is still
  // unknown is only counted.
  absl::Status Add(ParsedItem& parsed, const state::ReceivedItem& item,
                   const channels::ChannelRegistry::EntryPtr& owner,
                   Context& context);
  // Returns the live (not deleted) channel that the item is for; null when no
  // channel may have the item. The item is for the channel that has the item's
  // account today. An item from the Test button of Meta's dashboard is for the
  // channel of the URL.
  //
  // If the item already has an event, this channel must be the channel of that
  // event. If the item has no event, a channel of another app must not get the
  // item. So one of these must be true:
  // - The item is stored under this channel.
  // - The channel has the app secret that signed the item.
  // - The channel and the channel of the delivery's URL have an app secret in
  //   common. This case is for secrets that were changed since.
  channels::ChannelRegistry::EntryPtr OwnerOf(const state::ReceivedItem& item,
                                              const Context& context) const;
  // Appends the items together in one record. If Apply cannot apply this
  // record, Append appends the items one by one. It counts how each item ended.
  absl::Status Append(Context& context);
  // Appends these items in one record. Returns false when the record cannot be
  // applied; then the record has changed nothing.
  absl::StatusOr<bool> AppendOnce(const journal::Redrive& redrive,
                                  Context& context);

  const Dependencies deps_;
  EventMaker events_;
};

}  // namespace linktor::webhook
