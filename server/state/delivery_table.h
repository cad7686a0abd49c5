// Webhook deliveries and their items as received.
// Used by the writer thread inside its transaction.

#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/sqlite/statement.h"
#include "server/state/effects.h"
#include "server/state/log_state.h"

namespace linktor {

class DeliveryTable {
 public:
  explicit DeliveryTable(Database& database);

  // The number under which the next delivery is stored; items are added before
  // the delivery, whose counts are known last.
  absl::StatusOr<std::int64_t> NextNumber();
  // What is kept in memory of the table may be wrong now: after a rollback.
  void ForgetCached() { last_number_cached_ = kUnread; }
  // Returns the number of the stored item. `has_event`: an event names it.
  absl::StatusOr<std::int64_t> AddItem(std::int64_t delivery_no, int position,
                                       const journal::WebhookItem& item,
                                       bool has_event, LogState& state);
  absl::Status Add(std::int64_t delivery_no, const journal::Webhook& webhook,
                   std::int64_t time_ms, const DeliveryAnswer& answer,
                   std::string_view issue, const LogState& state);

  // Deletes at most `limit` raw items from the oldest on, those whose
  // delivery's age began before `before_ms` and those beyond `max_bytes`.
  // Returns how many.
  absl::StatusOr<std::int64_t> TrimItems(std::int64_t before_ms,
                                         std::int64_t max_bytes,
                                         std::int64_t limit, LogState& state);
  // Deletes at most `limit` deliveries, from the oldest on, up to the first
  // that has items or whose age began at or after `before_ms`. Never the last
  // one, whose number the next one follows. Returns how many.
  absl::StatusOr<std::int64_t> TrimDeliveries(std::int64_t before_ms,
                                              std::int64_t limit);

 private:
  static constexpr std::int64_t kUnread = -1;

  Database& database_;
  Statement last_number_;
  std::int64_t last_number_cached_ = kUnread;
  Statement insert_item_;
  Statement insert_;
};

}  // namespace linktor
