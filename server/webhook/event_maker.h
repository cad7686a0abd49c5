// Makes of a parsed item what the journal needs of it: the item's identity, and
// its event, sealed. Ingest calls it for the items of a webhook, and Redriver
// for items that are read again, so that both make the same of the same item.
// It is called on the listener's threads and on the executor. Thread-safe.

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

// An ItemOrigin says where an item came from. It borrows the id for the one
// call.
struct ItemOrigin {
  // The raw id of the delivery, and the item's position in it.
  const RawId& delivery_id;
  int position = 0;
  // The delivery came at this time, in milliseconds since the epoch.
  std::int64_t receive_ms = 0;
};

// A MadeEvent is what Make returns besides the item.
struct MadeEvent {
  // The whole event in the clear.
  std::shared_ptr<const std::string> clear;
  // The item would have given its event the id that was taken.
  bool renamed = false;
};

class EventMaker {
 public:
  // Both must outlive this.
  EventMaker(seal::Sealer& sealer, channels::UserNames& names)
      : sealer_(sealer), names_(names) {}

  // Fills in the item's identity and its sealed event, and returns the event in
  // the clear. A mid that Instagram gave decides what is a duplicate; otherwise
  // the content and the time decide. The same item gets the same event id in
  // each delivery, unless it is a test of the dashboard. An event that would
  // get the id `taken` gets another one, which is always the same; `taken` is
  // empty for no such id.
  //
  // It moves out what it keeps of `parsed`. Keys that have sealed the event and
  // are not durable yet are added to `new_keys`. It fails when a data key
  // cannot be read, and `item` is then of no use. It waits for the disk when a
  // key or a user name is not in memory, and has a name looked up when the
  // customer has just written.
  absl::StatusOr<MadeEvent> Make(
      ParsedItem& parsed, const channels::ChannelRegistry::EntryPtr& channel,
      const ItemOrigin& origin, const RawId& taken, seal::NewKeys& new_keys,
      journal::WebhookItem& item);

 private:
  // Fills in what tells the item from all others, and the event's id. The
  // item's event knows its channel and customer.
  static void Identify(const ParsedItem& parsed, const ItemOrigin& origin,
                       journal::WebhookItem& item);
  // Returns the customer's user name; empty when it is not known. It also has
  // the name looked up when the customer has just written.
  std::string UsernameFor(const channels::ChannelRegistry::EntryPtr& channel,
                          const journal::WebhookItem& item);

  seal::Sealer& sealer_;
  channels::UserNames& names_;
};

// Returns the other id of the channel's account: its page where `entry_id` is
// the account, and the reverse. ParsedItem::other_id is this.
std::string OtherIdOf(const channels::ChannelEntry& channel,
                      std::string_view entry_id);

}  // namespace linktor::webhook
