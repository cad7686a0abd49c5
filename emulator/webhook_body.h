// These functions make the bodies of webhooks as Meta writes them. The members,
// their order and the escapes are Meta's, because the signature covers these
// bytes. The functions are pure.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "emulator/customer_event.h"
#include "emulator/graph_api.h"
#include "emulator/json.h"

namespace linktor::emulator {

// A WebhookItem is one update. A webhook has one item, or several when Meta
// sends several updates at once.
struct WebhookItem {
  // This says where in its entry an item stands.
  enum class Form { kMessaging, kStandby, kChange, kFlat };

  // This is the id of the account, or, for an item of Messenger, of its page.
  std::string entry_id;
  Form form = Form::kMessaging;
  // This is the messaging item, or a change with its "value" and "field".
  json::object value;
  // When it is true, the item is one of Messenger. All items of one body are
  // either Messenger's or Instagram's.
  bool messenger = false;
};

// An EventItems has all items that Instagram sends for one event. Most events
// have one item. Each item comes in its own webhook, in the order of the list.
struct EventItems {
  std::vector<WebhookItem> items;
  // This is the index of the item that is the event itself. The gateway's
  // answer to this item is the answer to the event.
  std::size_t told = 0;
};

// Makes the items of an event. `entry_id` is the id of the account, or, for an
// event of Messenger, of its page. `now` is the time of the items when the
// event has no time; a change has no time.
EventItems CustomerEventItems(const CustomerEvent& event,
                              const std::string& entry_id, absl::Time now);
// Makes the echo of a send. The echo has the text and attachments that were
// sent, in the form of the webhook. Its sender is the account.
WebhookItem EchoItem(const SentMessage& sent, absl::Time now);

// Makes one body with all of the items, in their order; there must be at least
// one. Consecutive items of one account share an entry when they can. The body
// has the time `now`, at which Meta sends it, so a later delivery of the same
// items has other bytes.
std::string WebhookBody(const std::vector<const WebhookItem*>& items,
                        absl::Time now);

// Each makes one body with one item: the event itself, or the echo.
std::string CustomerEventBody(const CustomerEvent& event,
                              const std::string& account_id, absl::Time now);
std::string EchoBody(const SentMessage& sent, absl::Time now);

}  // namespace linktor::emulator
