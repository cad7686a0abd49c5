// Makes from a parsed item what the journal needs of it: the item's identity,
// and its event, sealed. Ingest calls it for the items of a webhook. Redriver
// calls it for stored items that are parsed again. They share it so that they
// make the same of the same item. The calls come on the listener's threads and
// on the executor. It is thread-safe.

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
  // These are the raw id of the delivery and the item's position in the
  // delivery.
  const RawId& delivery_id;
  int position = 0;
  // The delivery came at this time, in milliseconds since the epoch.
  std::int64_t receive_ms = 0;
};

// A MadeEvent is what Make returns. The other results are in the item that Make
// fills in.
struct MadeEvent {
  // This is the whole event in the clear, which means not sealed.
  std::shared_ptr<const std::string> clear;
  // It is true when the item would have given its event the id `taken`, so that
  // the event got another id.
  bool renamed = false;
};

class EventMaker {
 public:
  // Both objects must outlive this one.
  EventMaker(seal::Sealer& sealer, channels::UserNames& names)
      : sealer_(sealer), names_(names) {}

  // Fills in the item's identity and its sealed event, and returns the event in
  // the clear. If Instagram gave the item a mid that names this item alone, the
  // mid decides whether the item is a duplicate. Otherwise its content and its
  // time decide. The same item gets the same event id in each delivery, unless
  // it is a test of the dashboard.
  //
  // `taken` is an event id that is already in use. Redriver passes the id of
  // the item's instagram.unknown event, and Ingest passes an empty id. An event
  // that would get the id `taken` gets another id, which is always the same.
  //
  // Make moves out of `parsed` what it keeps. If sealing needs a key that is
  // not durable yet, the key is added to `new_keys`. It fails when a data key
  // cannot be read, and then `item` must not be used. It waits for the disk
  // when a key or a user name is not in memory. When the customer has just
  // written, it also asks for a look-up of the user name.
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
  // Returns the customer's user name; empty when it is not known. When the
  // customer has just written, it also asks for a look-up of the name.
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
