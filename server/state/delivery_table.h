// This file has two tables: the webhook deliveries, and the items of the
// deliveries as they were received. A delivery is one POST from Meta. An item
// is one part of its body, which usually becomes one event. An operator finds
// here what Meta has sent, even when no event came of it. The Applier
// (applier.h) calls DeliveryTable on the applying thread (the only thread that
// writes the database), inside that thread's transaction. Every error comes
// from the database.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/sqlite/statement.h"
#include "server/state/effects.h"
#include "server/state/log_state.h"
#include "server/state/rows.h"

namespace linktor::state {

// Deliveries are numbered without a gap, in the order of their records.
// LogState numbers the items.
class DeliveryTable {
 public:
  // `database` must outlive this object.
  explicit DeliveryTable(sqlite::Database& database);

  // Returns the number under which the next delivery must be stored. The items
  // of a delivery are stored first and need this number. The delivery itself is
  // stored last, because its counts are known only then.
  absl::StatusOr<std::int64_t> NextNumber();
  // Forgets what this object keeps in memory of the table. It is called after a
  // rollback, because the memory may be wrong then.
  void ForgetCached() { last_number_cached_ = kUnread; }
  // Stores a received item, and returns its number, which is never used again.
  // An item of a kind that this server does not know has an event of the type
  // instagram.unknown, and `unknown_seq` is the sequence of that event.
  // `unknown_seq` is nullopt when the item has an event of another type, and 0
  // when the item has no event. An item without an event is stored with its mid
  // and its customer, so that an erasure finds it.
  absl::StatusOr<std::int64_t> AddItem(std::int64_t delivery_no, int position,
                                       const journal::WebhookItem& item,
                                       std::optional<std::int64_t> unknown_seq,
                                       LogState& state);
  // Returns whether an item without an event has that mid. Such an item was
  // quarantined (Applier::Quarantine) or is an issue (DeliveryAnswer::issues).
  absl::StatusOr<bool> HasItem(std::string_view mid_key);
  // Stores the delivery with its counts, under a number that NextNumber has
  // returned. `issue` is the first issue, a sentence in English; it is empty
  // when there is none. `state` says when the delivery's age begins (expiry.h).
  absl::Status Add(std::int64_t delivery_no, const journal::Webhook& webhook,
                   std::int64_t time_ms, const DeliveryAnswer& answer,
                   std::string_view issue, const LogState& state);

  // FindHead and FindItem return what Apply must know of a delivery and of an
  // item when it applies a Redrive record. A Redrive makes events of items that
  // were stored before. Both return nullopt when the delivery or the item is
  // not kept any more.
  struct Head {
    RawId id;
    // The delivery came at this time, in ms since the epoch.
    std::int64_t receive_ms = 0;
  };
  absl::StatusOr<std::optional<Head>> FindHead(std::int64_t delivery_no);
  struct Item {
    std::int64_t delivery_no = 0;
    std::int64_t position = 0;
    // AddItem explains it.
    std::optional<std::int64_t> unknown_seq;
    bool erased = false;
  };
  absl::StatusOr<std::optional<Item>> FindItem(std::int64_t raw_no);
  // Adds `events` to the number of the delivery's items that became events
  // later.
  absl::Status CountRedriven(std::int64_t delivery_no, std::int64_t events);

  // Deletes received items, from the oldest on, but at most `limit`. It deletes
  // all items whose delivery's age began before `before_ms`. It deletes more
  // items while all items together have more than `max_bytes`. Returns how many
  // it has deleted.
  absl::StatusOr<std::int64_t> TrimItems(std::int64_t before_ms,
                                         std::int64_t max_bytes,
                                         std::int64_t limit, LogState& state);
  // Deletes at most `limit` deliveries, from the oldest on. It stops at the
  // first delivery that has items, or whose age began at or after `before_ms`.
  // It never deletes the last delivery, because NextNumber counts on from its
  // number. Returns how many it has deleted.
  absl::StatusOr<std::int64_t> TrimDeliveries(std::int64_t before_ms,
                                              std::int64_t limit);

 private:
  // The cached number has this value until it was read from the table.
  static constexpr std::int64_t kUnread = -1;

  sqlite::Database& database_;
  sqlite::Statement last_number_;
  std::int64_t last_number_cached_ = kUnread;
  sqlite::Statement insert_item_;
  sqlite::Statement insert_;
  sqlite::Statement has_item_;
  sqlite::Statement find_head_;
  sqlite::Statement find_item_;
  sqlite::Statement count_redriven_;
};

// ---- For readers, on their own connection -----------------------------------

// Returns at most `limit` deliveries whose numbers are below `before_no`, the
// newest first.
absl::StatusOr<std::vector<DeliveryRow>> ReadDeliveries(
    sqlite::Database& database, std::int64_t before_no, int limit);

// Returns the numbers and ids of at most `limit` deliveries whose numbers are
// below `before_no`, the newest first. The ids have no index, because an index
// would make each webhook slower. A caller who looks for an id goes through all
// deliveries in many short reads.
absl::StatusOr<std::vector<DeliveryName>> ReadDeliveryNames(
    sqlite::Database& database, std::int64_t before_no, int limit);

// Returns the received items of the delivery, as far as they are still kept, in
// the order of their positions. It finds the first item by a binary search,
// because items are numbered in the order of their deliveries.
absl::StatusOr<std::vector<ReceivedItem>> ReadItemsOf(
    sqlite::Database& database, std::int64_t delivery_no);

}  // namespace linktor::state
