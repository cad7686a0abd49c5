// The table of webhook deliveries, and that of their items as received. Whoever
// must find out what Meta has sent finds it here, also where no event came of
// it. The Applier calls this on the applying thread, inside that thread's
// transaction. An error is the database's.

#pragma once

#include <cstdint>
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
  // again. `has_event` says that an event names the item; otherwise its mid and
  // its customer are stored with it, so that an erasure finds it.
  absl::StatusOr<std::int64_t> AddItem(std::int64_t delivery_no, int position,
                                       const journal::WebhookItem& item,
                                       bool has_event, LogState& state);
  // Returns whether an item without an event names that mid: one that was
  // quarantined, or that nobody gets.
  absl::StatusOr<bool> HasItem(std::string_view mid_key);
  // Stores the delivery, under a number that NextNumber has returned, with its
  // counts and its first issue, a sentence in English; empty for none. `state`
  // tells from when its age counts.
  absl::Status Add(std::int64_t delivery_no, const journal::Webhook& webhook,
                   std::int64_t time_ms, const DeliveryAnswer& answer,
                   std::string_view issue, const LogState& state);

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
};

// ---- For readers, on their own connection -----------------------------------

// Returns the deliveries before number `before_no`, the newest first, at most
// `limit`.
absl::StatusOr<std::vector<DeliveryRow>> ReadDeliveries(
    sqlite::Database& database, std::int64_t before_no, int limit);

}  // namespace linktor::state
