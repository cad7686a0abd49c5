// An EventMaker takes a parsed item and makes what the journal needs: the
// item's identity, by which Apply (state/applier.h) finds duplicates, and the
// item's event, sealed (encrypted). Ingest calls it for the items of a webhook.
// Redriver calls it for stored items that are parsed again. Both use this
// class, so that both treat an item in the same way. The calls come on the
// listener's threads and on the executor. The class is thread-safe.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/ids.h"
#include "server/channels/registry.h"
#include "server/channels/user_names.h"
#include "server/journal/record.pb.h"
#include "server/seal/sealer.h"
#include "server/webhook/parser.h"

namespace linktor::webhook {

// The Test button of Meta's dashboard sends this entry.id.
inline constexpr std::string_view kTestEntryId = "0";

// An ItemOrigin says where an item came from. It borrows the id for one call.
struct ItemOrigin {
  // These are the id of the delivery, in bytes, and the item's position in the
  // delivery.
  const RawId& delivery_id;
  int position = 0;
  // The delivery came at this time, in milliseconds since the epoch.
  std::int64_t receive_ms = 0;
};

// A MadeEvent is what Make returns. The other results are in the item that Make
// fills in.
struct MadeEvent {
  // This is the whole event in the clear (not sealed).
  std::shared_ptr<const std::string> clear;
  // It is true when the event would have got the id `taken`. Then the event has
  // got another id instead (see Make).
  bool renamed = false;
};

class EventMaker {
 public:
  // Both objects must outlive the EventMaker.
  EventMaker(seal::Sealer& sealer, channels::UserNames& names)
      : sealer_(sealer), names_(names) {}

  // Fills in the item's identity and its sealed event, and returns the event in
  // the clear. If Instagram gave the item a mid that names this item alone, the
  // mid decides whether the item is a duplicate. Otherwise its content and its
  // time decide. The same item gets the same event id in each delivery, unless
  // the Test button of Meta's dashboard sent it.
  //
  // `taken` is an event id that is already in use. Redriver passes the id of
  // the item's instagram.unknown event, and Ingest passes an empty id. An event
  // that would get the id `taken` gets another id, which is made from `taken`.
  // So it is the same id each time.
  //
  // Make moves out of `parsed` what it keeps. If sealing needs a data key that
  // is not durable yet, Make adds the key to `new_keys`. Make fails when a data
  // key cannot be read, and then `item` must not be used. Make waits for the
  // disk when a data key or a user name is not in memory. When the customer has
  // just written, Make also asks for a look-up of the user name, but does not
  // wait for it.
  absl::StatusOr<MadeEvent> Make(
      ParsedItem& parsed, const channels::ChannelRegistry::EntryPtr& channel,
      const ItemOrigin& origin, const RawId& taken, seal::NewKeys& new_keys,
      journal::WebhookItem& item);

 private:
  // Fills in the item's identity, which tells the item from all others, and the
  // id of the event. The item's event must already have the channel and the
  // customer.
  static void Identify(const ParsedItem& parsed, const ItemOrigin& origin,
                       journal::WebhookItem& item);
  // Returns the customer's user name; empty when the name is not known. When
  // the customer has just written, this function also asks for a look-up of the
  // name.
  std::string UsernameFor(const channels::ChannelRegistry::EntryPtr& channel,
                          const journal::WebhookItem& item);

  seal::Sealer& sealer_;
  channels::UserNames& names_;
};

// Returns the other id of the channel's account. That is the account's id if
// `entry_id` is the page's id, and the page's id otherwise.
// ParsedItem::other_id is this id.
std::string OtherIdOf(const channels::ChannelEntry& channel,
                      std::string_view entry_id);

}  // namespace linktor::webhook
