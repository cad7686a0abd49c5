// The table of webhook deliveries, and that of their items as received. Whoever
// must find out what Meta has sent finds it here, also where no event came of
// it. The Applier calls this on the applying thread, inside that thread's
// transaction. An error is the database's.

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

// Deliveries are numbered without a gap in the order of their records. Items
// are numbered by LogState.
class DeliveryTable {
 public:
  // `database` must outlive this.
  explicit DeliveryTable(sqlite::Database& database);

  // Returns the number under which the next delivery is to be stored. Items are
  // added before their delivery, whose counts are known last, so they need the
  // number first.
  absl::StatusOr<std::int64_t> NextNumber();
  // Forgets what is kept in memory of the table. After a rollback it may be
  // wrong.
  void ForgetCached() { last_number_cached_ = kUnread; }
  // Stores an item as received, and returns its number, which is never used
  // again. `unknown_seq` is the sequence of the item's instagram.unknown event;
  // it is nothing when the item has an event of another type, and 0 when it has
  // none. Without an event its mid and its customer are stored with it, so that
  // an erasure finds it.
  absl::StatusOr<std::int64_t> AddItem(std::int64_t delivery_no, int position,
                                       const journal::WebhookItem& item,
                                       std::optional<std::int64_t> unknown_seq,
                                       LogState& state);
  // Returns whether an item without an event names that mid: one that was
  // quarantined, or that nobody gets.
  absl::StatusOr<bool> HasItem(std::string_view mid_key);
  // Stores the delivery, under a number that NextNumber has returned, with its
  // counts and its first issue, a sentence in English; empty for none. `state`
  // tells from when its age counts.
  absl::Status Add(std::int64_t delivery_no, const journal::Webhook& webhook,
                   std::int64_t time_ms, const DeliveryAnswer& answer,
                   std::string_view issue, const LogState& state);

  // These two return what a Redrive must know of a delivery and of an item;
  // nothing when it is not kept.
  struct Head {
    RawId id;
    // The delivery came at this time, in ms since the epoch.
    std::int64_t receive_ms = 0;
  };
  absl::StatusOr<std::optional<Head>> FindHead(std::int64_t delivery_no);
  struct Item {
    std::int64_t delivery_no = 0;
    std::int64_t position = 0;
    // See AddItem.
    std::optional<std::int64_t> unknown_seq;
    bool erased = false;
  };
  absl::StatusOr<std::optional<Item>> FindItem(std::int64_t raw_no);
  // Adds to the number of the delivery's items that became events later.
  absl::Status CountRedriven(std::int64_t delivery_no, std::int64_t events);

  // Deletes items as received, from the oldest on: all whose delivery's age
  // began before `before_ms`, and more while they have above `max_bytes`
  // together; but at most `limit`. Returns how many.
  absl::StatusOr<std::int64_t> TrimItems(std::int64_t before_ms,
                                         std::int64_t max_bytes,
                                         std::int64_t limit, LogState& state);
  // Deletes at most `limit` deliveries, from the oldest on, up to the first
  // that has items or whose age began at or after `before_ms`. It never deletes
  // the last one, because the next number follows that one's. Returns how many.
  absl::StatusOr<std::int64_t> TrimDeliveries(std::int64_t before_ms,
                                              std::int64_t limit);

 private:
  // The cached number has this value until the table was read.
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

// Returns the deliveries before number `before_no`, the newest first, at most
// `limit`.
absl::StatusOr<std::vector<DeliveryRow>> ReadDeliveries(
    sqlite::Database& database, std::int64_t before_no, int limit);

// Returns the numbers and ids of the deliveries before number `before_no`, the
// newest first, at most `limit`. Ids have no index, because each webhook would
// pay for it: whoever looks for one goes through the deliveries in many short
// reads.
absl::StatusOr<std::vector<DeliveryName>> ReadDeliveryNames(
    sqlite::Database& database, std::int64_t before_no, int limit);

// Returns those items as received of a delivery that are kept, by their
// positions. It searches for the first one by halves, since items are numbered
// in the order of their deliveries.
absl::StatusOr<std::vector<ReceivedItem>> ReadItemsOf(
    sqlite::Database& database, std::int64_t delivery_no);

}  // namespace linktor::state
