#include "server/store/delivery_table.h"

#include <vector>

#include "server/base/try.h"

namespace linktor {

DeliveryTable::DeliveryTable(Database& database)
    : database_(database),
      last_number_(database, "SELECT coalesce(max(no), 0) FROM deliveries"),
      insert_item_(database,
                   "INSERT INTO raw_items (no, delivery_no, item, channel_no, "
                   "entry_id, form, sealed_raw) VALUES (?,?,?,?,?,?,?)"),
      insert_(database,
              "INSERT INTO deliveries (no, id, channel_no, receive_ms, bytes, "
              "events, duplicates, ignored, issues, issue, quarantined) "
              "VALUES (?,?,?,?,?,?,?,?,?,?,?)") {}

absl::StatusOr<std::int64_t> DeliveryTable::NextNumber() {
  if (last_number_cached_ == kUnread) {
    const StatementReset reset(last_number_);
    LINKTOR_ASSIGN(const bool row, last_number_.Step());
    last_number_cached_ = row ? last_number_.Int(0) : 0;
  }
  return last_number_cached_ + 1;
}

absl::StatusOr<std::int64_t> DeliveryTable::AddItem(std::int64_t delivery_no,
                                                    int position,
                                                    const WebhookItem& item,
                                                    LogState& state) {
  // Numbers are not used again after the last item has been trimmed: events
  // keep theirs, and would show another's content.
  const std::int64_t number = ++state.last_raw_no;
  LINKTOR_TRY(insert_item_.Bind(1, number)
                  .Bind(2, delivery_no)
                  .Bind(3, position)
                  .Bind(4, item.raw_channel_no)
                  .BindText(5, item.entry_id)
                  .Bind(6, item.form)
                  .BindBlob(7, item.sealed_raw)
                  .Run());
  state.raw_bytes += static_cast<std::int64_t>(item.sealed_raw.size());
  return number;
}

absl::Status DeliveryTable::Add(std::int64_t delivery_no,
                                const WebhookRecord& record,
                                const WebhookOutcome& outcome,
                                std::string_view issue) {
  last_number_cached_ = delivery_no;
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
  return count;
}

absl::StatusOr<std::int64_t> DeliveryTable::TrimDeliveries(
    std::int64_t before_ms, std::int64_t limit) {
  Statement remove(
      database_,
      "DELETE FROM deliveries WHERE no IN (SELECT no FROM ("
      "SELECT no, receive_ms FROM deliveries WHERE no < min("
      "(SELECT max(no) FROM deliveries), coalesce("
      "(SELECT delivery_no FROM raw_items ORDER BY no LIMIT 1), "
      "9223372036854775807)) ORDER BY no LIMIT ?2) WHERE receive_ms < ?1)");
  LINKTOR_TRY(remove.Bind(1, before_ms).Bind(2, limit).Run());
  Statement changes(database_, "SELECT changes()");
  LINKTOR_ASSIGN(const bool row, changes.Step());
  return row ? changes.Int(0) : 0;
}

}  // namespace linktor
