// These are the bodies of webhooks, as Meta writes them: the members, their
// order and the escapes are Meta's, because the signature covers the bytes. The
// functions are pure.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "emulator/customer_event.h"
#include "emulator/graph_api.h"
#include "emulator/json.h"

namespace linktor::emulator {

// A WebhookItem is one update: a webhook has one, or many when Meta sends
// several at once.
struct WebhookItem {
  // Says where in its entry an item stands.
  enum class Form { kMessaging, kStandby, kChange, kFlat };

  // This is the account, or for Messenger's items its page.
  std::string entry_id;
  Form form = Form::kMessaging;
  // It is the messaging item, or a change with its "value" and "field".
  json::object value;
  // When it is true, it is Messenger's. One body has either such items or
  // Instagram's.
  bool messenger = false;
};

// An EventItems is what Instagram sends of one event: most have one item. Each
// comes in a webhook of its own, and the first one first.
struct EventItems {
  std::vector<WebhookItem> items;
  // This is the index of the item that is the event itself.
  std::size_t told = 0;
};

// Makes the items of an event. `entry_id` is the account, or for an event of
// Messenger's its page. `now` is the time of items whose event has none; a
// change has no time.
EventItems CustomerEventItems(const CustomerEvent& event,
                              const std::string& entry_id, absl::Time now);
// The echo has the text and attachments that were sent, in the form of the
// webhook, and the account as its sender.
WebhookItem EchoItem(const SentMessage& sent, absl::Time now);

// Makes one envelope with all of the items, of which there is at least one, in
// their order. Neighbours of one account share an entry where they can. Meta
// sends it at `now`, so a later delivery of the same items has other bytes.
std::string WebhookBody(const std::vector<const WebhookItem*>& items,
                        absl::Time now);

// Each makes one envelope with one item: the event itself, or the echo.
std::string CustomerEventBody(const CustomerEvent& event,
                              const std::string& account_id, absl::Time now);
std::string EchoBody(const SentMessage& sent, absl::Time now);

}  // namespace linktor::emulator
