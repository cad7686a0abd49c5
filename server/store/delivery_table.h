// Webhook deliveries and their items as received.
// Used by the writer thread inside its transaction.

#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/event_table.h"
#include "server/store/records.h"
#include "server/store/sqlite.h"

namespace linktor {

class DeliveryTable {
 public:
  explicit DeliveryTable(Database& database);

  // The number under which the next delivery is stored; items are added before
  // the delivery, whose counts are known last.
  absl::StatusOr<std::int64_t> NextNumber();
  // What is kept in memory of the table may be wrong now: after a rollback.
  void ForgetCached() { last_number_cached_ = kUnread; }
  // Returns the number of the stored item.
  absl::StatusOr<std::int64_t> AddItem(std::int64_t delivery_no, int position,
                                       const WebhookItem& item,
                                       LogState& state);
  absl::Status Add(std::int64_t delivery_no, const WebhookRecord& record,
                   const WebhookOutcome& outcome, std::string_view issue);

  // Deletes raw items received before `before_ms`, and the oldest ones beyond
  // `max_bytes`, at most `limit`. Returns how many.
  absl::StatusOr<std::int64_t> TrimItems(std::int64_t before_ms,
                                         std::int64_t max_bytes,
                                         std::int64_t limit, LogState& state);
  // Deletes deliveries received before `before_ms` whose items are gone, of the
  // `limit` oldest. Never the last one, whose number the next one follows.
  // Returns how many.
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
