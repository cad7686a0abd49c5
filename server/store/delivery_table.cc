#include "server/store/delivery_table.h"

#include <vector>

#include "server/base/try.h"

namespace linktor {

DeliveryTable::DeliveryTable(Database& database)
    : database_(database),
      last_number_(database, "SELECT coalesce(max(no), 0) FROM deliveries"),
      insert_item_(database,
                   "INSERT INTO raw_items (delivery_no, item, channel_no, "
                   "entry_id, form, sealed_raw) VALUES (?,?,?,?,?,?) "
                   "RETURNING no"),
      insert_(database,
              "INSERT INTO deliveries (no, id, channel_no, receive_ms, bytes, "
              "events, duplicates, ignored, issues, issue, quarantined) "
              "VALUES (?,?,?,?,?,?,?,?,?,?,?)") {}

absl::StatusOr<std::int64_t> DeliveryTable::NextNumber() {
  const StatementReset reset(last_number_);
  LINKTOR_ASSIGN(const bool row, last_number_.Step());
  return (row ? last_number_.Int(0) : 0) + 1;
}

absl::StatusOr<std::int64_t> DeliveryTable::AddItem(std::int64_t delivery_no,
                                                    int position,
                                                    const WebhookItem& item,
                                                    LogState& state) {
  std::int64_t number = 0;
  {
    const StatementReset reset(insert_item_);
    insert_item_.Bind(1, delivery_no)
        .Bind(2, position)
        .Bind(3, item.raw_channel_no)
        .BindText(4, item.entry_id)
        .Bind(5, item.form)
        .BindBlob(6, item.sealed_raw);
    LINKTOR_ASSIGN(bool row, insert_item_.Step());
    if (row) number = insert_item_.Int(0);
    while (row) {
      LINKTOR_ASSIGN(row, insert_item_.Step());
    }
  }
  state.raw_bytes += static_cast<std::int64_t>(item.sealed_raw.size());
  return number;
}

absl::Status DeliveryTable::Add(std::int64_t delivery_no,
                                const WebhookRecord& record,
                                const WebhookOutcome& outcome,
                                std::string_view issue) {
  return insert_.Bind(1, delivery_no)
      .BindBlob(2, record.delivery_id)
      .Bind(3, record.channel_no)
      .Bind(4, record.time_ms)
      .Bind(5, record.bytes)
      .Bind(6, outcome.events)
      .Bind(7, outcome.duplicates)
      .Bind(8, outcome.ignored)
      .Bind(9, outcome.issues)
      .BindTextOrNull(10, issue)
      .Bind(11, outcome.quarantined ? 1 : 0)
      .Run();
}

absl::StatusOr<std::int64_t> DeliveryTable::TrimItems(std::int64_t before_ms,
                                                      std::int64_t max_bytes,
                                                      std::int64_t limit,
                                                      LogState& state) {
  // Walked from the oldest on until both limits hold.
  std::int64_t total = state.raw_bytes;
  std::int64_t bound = 0;
  std::int64_t count = 0;
  {
    Statement oldest(database_,
                     "SELECT r.no, length(r.sealed_raw), d.receive_ms "
                     "FROM raw_items r LEFT JOIN deliveries d "
                     "ON d.no = r.delivery_no ORDER BY r.no LIMIT ?1");
    oldest.Bind(1, limit);
    for (;;) {
      LINKTOR_ASSIGN(const bool row, oldest.Step());
      if (!row || (total <= max_bytes && oldest.Int(2) >= before_ms)) break;
      bound = oldest.Int(0);
      total -= oldest.Int(1);
      ++count;
    }
  }
  if (count == 0) return 0;
  Statement remove(database_, "DELETE FROM raw_items WHERE no <= ?1");
  LINKTOR_TRY(remove.Bind(1, bound).Run());
  state.raw_bytes = total;
  // A delivery whose items are gone says nothing any more, unless it was an
  // issue.
  Statement remove_deliveries(
      database_,
      "DELETE FROM deliveries WHERE receive_ms < ?1 AND no < "
      "coalesce((SELECT min(delivery_no) FROM raw_items), "
      "(SELECT max(no) FROM deliveries))");
  LINKTOR_TRY(remove_deliveries.Bind(1, before_ms).Run());
  return count;
}

}  // namespace linktor
