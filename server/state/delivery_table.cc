#include "server/state/delivery_table.h"

#include "server/base/try.h"
#include "server/seal/sealer.h"
#include "server/state/expiry.h"

namespace linktor::state {
namespace {

// Returns the number of the first item that belongs to this delivery or to a
// later one. When there is none, it returns a number above the numbers of all
// items. It can use a binary search, because a later delivery has items with
// greater numbers.
absl::StatusOr<std::int64_t> FirstItemOf(sqlite::Database& database,
                                         std::int64_t delivery_no) {
  sqlite::Statement bounds(database,
                           "SELECT (SELECT min(no) FROM raw_items), "
                           "(SELECT max(no) FROM raw_items)");
  LINKTOR_ASSIGN(const bool found, bounds.Step());
  if (!found || bounds.IsNull(0)) return 1;
  std::int64_t low = bounds.Int(0);
  std::int64_t high = bounds.Int(1) + 1;
  sqlite::Statement next(database,
                         "SELECT no, delivery_no FROM raw_items "
                         "WHERE no >= ?1 ORDER BY no LIMIT 1");
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const sqlite::StatementReset reset(next);
    LINKTOR_ASSIGN(const bool row, next.Bind(1, middle).Step());
    if (row && next.Int(1) < delivery_no) {
      low = next.Int(0) + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

DeliveryTable::DeliveryTable(sqlite::Database& database)
    : database_(database),
      last_number_(database, "SELECT coalesce(max(no), 0) FROM deliveries"),
      insert_item_(
          database,
          "INSERT INTO raw_items (no, delivery_no, item, channel_no, "
          "entry_id, form, mid_key, user_id, sealed_raw, field, items, "
          "unknown_seq, secret) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"),
      insert_(database,
              "INSERT INTO deliveries (no, id, channel_no, receive_ms, "
              "born_ms, bytes, events, duplicates, ignored, issues, issue, "
              "quarantined) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"),
      has_item_(database, "SELECT 1 FROM raw_items WHERE mid_key = ?1 LIMIT 1"),
      find_head_(database,
                 "SELECT id, receive_ms FROM deliveries WHERE no = ?1"),
      find_item_(database,
                 "SELECT delivery_no, item, unknown_seq, "
                 "substr(sealed_raw, 1, 1) FROM raw_items WHERE no = ?1"),
      count_redriven_(database,
                      "UPDATE deliveries SET redriven = redriven + ?2 "
                      "WHERE no = ?1") {}

absl::StatusOr<bool> DeliveryTable::HasItem(std::string_view mid_key) {
  const sqlite::StatementReset reset(has_item_);
  return has_item_.BindBlob(1, mid_key).Step();
}

absl::StatusOr<std::int64_t> DeliveryTable::NextNumber() {
  if (last_number_cached_ == kUnread) {
    const sqlite::StatementReset reset(last_number_);
    LINKTOR_ASSIGN(const bool row, last_number_.Step());
    last_number_cached_ = row ? last_number_.Int(0) : 0;
  }
  return last_number_cached_ + 1;
}

absl::StatusOr<std::int64_t> DeliveryTable::AddItem(
    std::int64_t delivery_no, int position, const journal::WebhookItem& item,
    std::optional<std::int64_t> unknown_seq, LogState& state) {
  // A number is not used again, even when its item is deleted. An event keeps
  // the number of its item, so it would show the content of another item.
  const std::int64_t number = ++state.last_raw_no;
  insert_item_.Bind(1, number)
      .Bind(2, delivery_no)
      .Bind(3, position)
      .Bind(4, item.raw_channel_no())
      .BindText(5, item.entry_id())
      .Bind(6, item.form())
      .BindBlob(9, item.sealed_raw())
      .BindTextOrNull(10, item.field())
      .BindBlobOrNull(13, item.secret());
  if (item.count() > 1) insert_item_.Bind(11, item.count());
  if (unknown_seq.has_value()) insert_item_.Bind(12, *unknown_seq);
  // An erasure finds an item by its event. It finds an item without an event by
  // the mid, or by the person.
  if (unknown_seq == 0) {
    insert_item_.BindBlobOrNull(7, item.mid_key())
        .BindText(8, item.event().user_id());
  }
  LINKTOR_TRY(insert_item_.Run());
  state.raw_bytes += static_cast<std::int64_t>(item.sealed_raw().size());
  return number;
}

absl::Status DeliveryTable::Add(std::int64_t delivery_no,
                                const journal::Webhook& webhook,
                                std::int64_t time_ms,
                                const DeliveryAnswer& answer,
                                std::string_view issue, const LogState& state) {
  last_number_cached_ = delivery_no;
  const std::int64_t born_ms = BornMs(time_ms, state.expiry);
  insert_.Bind(1, delivery_no)
      .BindBlob(2, webhook.delivery_id())
      .Bind(3, webhook.channel_no())
      .Bind(4, time_ms)
      .Bind(6, webhook.bytes())
      .Bind(7, answer.events)
      .Bind(8, answer.duplicates)
      .Bind(9, answer.ignored)
      .Bind(10, answer.issues)
      .BindTextOrNull(11, issue)
      .Bind(12, answer.quarantined ? 1 : 0);
  if (born_ms != time_ms) insert_.Bind(5, born_ms);
  return insert_.Run();
}

absl::StatusOr<std::optional<DeliveryTable::Head>> DeliveryTable::FindHead(
    std::int64_t delivery_no) {
  const sqlite::StatementReset reset(find_head_);
  LINKTOR_ASSIGN(const bool row, find_head_.Bind(1, delivery_no).Step());
  if (!row) return std::nullopt;
  return Head{.id = find_head_.String(0), .receive_ms = find_head_.Int(1)};
}

absl::StatusOr<std::optional<DeliveryTable::Item>> DeliveryTable::FindItem(
    std::int64_t raw_no) {
  const sqlite::StatementReset reset(find_item_);
  LINKTOR_ASSIGN(const bool row, find_item_.Bind(1, raw_no).Step());
  if (!row) return std::nullopt;
  Item item{.delivery_no = find_item_.Int(0), .position = find_item_.Int(1)};
  if (!find_item_.IsNull(2)) item.unknown_seq = find_item_.Int(2);
  item.erased = seal::IsErased(find_item_.Bytes(3));
  return item;
}

absl::Status DeliveryTable::CountRedriven(std::int64_t delivery_no,
                                          std::int64_t events) {
  return count_redriven_.Bind(1, delivery_no).Bind(2, events).Run();
}

absl::StatusOr<std::int64_t> DeliveryTable::TrimItems(std::int64_t before_ms,
                                                      std::int64_t max_bytes,
                                                      std::int64_t limit,
                                                      LogState& state) {
  // The loop goes from the oldest item on, until the items that are left keep
  // both limits.
  std::int64_t total = state.raw_bytes;
  std::int64_t bound = 0;
  std::int64_t count = 0;
  {
    sqlite::Statement oldest(database_,
                             "SELECT r.no, length(r.sealed_raw), "
                             "coalesce(d.born_ms, d.receive_ms) "
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
  sqlite::Statement remove(database_, "DELETE FROM raw_items WHERE no <= ?1");
  LINKTOR_TRY(remove.Bind(1, bound).Run());
  state.raw_bytes = total;
  return count;
}

absl::StatusOr<std::int64_t> DeliveryTable::TrimDeliveries(
    std::int64_t before_ms, std::int64_t limit) {
  std::int64_t bound = 0;
  {
    sqlite::Statement oldest(
        database_,
        "SELECT no, coalesce(born_ms, receive_ms) FROM deliveries "
        "WHERE no < min((SELECT max(no) FROM deliveries), "
        "coalesce((SELECT delivery_no FROM raw_items ORDER BY no "
        "LIMIT 1), 9223372036854775807)) ORDER BY no LIMIT ?1");
    oldest.Bind(1, limit);
    for (;;) {
      LINKTOR_ASSIGN(const bool row, oldest.Step());
      if (!row || oldest.Int(1) >= before_ms) break;
      bound = oldest.Int(0);
    }
  }
  if (bound == 0) return 0;
  sqlite::Statement remove(database_, "DELETE FROM deliveries WHERE no <= ?1");
  return remove.Bind(1, bound).RunAndCount();
}

absl::StatusOr<std::vector<DeliveryRow>> ReadDeliveries(
    sqlite::Database& database, std::int64_t before_no, int limit) {
  sqlite::Statement read(
      database,
      "SELECT d.no, d.id, c.id, d.receive_ms, d.bytes, d.events, "
      "d.duplicates, d.ignored, d.issues, d.issue, d.quarantined, "
      "d.redriven, d.channel_no FROM deliveries d JOIN channels c ON c.no = "
      "d.channel_no "
      "WHERE d.no < ?1 ORDER BY d.no DESC LIMIT ?2");
  read.Bind(1, before_no).Bind(2, limit);
  std::vector<DeliveryRow> rows;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return rows;
    rows.push_back({.no = read.Int(0),
                    .id = read.String(1),
                    .channel_id = read.String(2),
                    .receive_ms = read.Int(3),
                    .bytes = read.Int(4),
                    .events = read.Int(5),
                    .duplicates = read.Int(6),
                    .ignored = read.Int(7),
                    .issues = read.Int(8),
                    .issue = read.String(9),
                    .quarantined = read.Int(10) != 0,
                    .redriven = read.Int(11),
                    .channel_no = read.Int(12)});
  }
}

absl::StatusOr<std::vector<DeliveryName>> ReadDeliveryNames(
    sqlite::Database& database, std::int64_t before_no, int limit) {
  sqlite::Statement read(database,
                         "SELECT no, id FROM deliveries WHERE no < ?1 "
                         "ORDER BY no DESC LIMIT ?2");
  read.Bind(1, before_no).Bind(2, limit);
  std::vector<DeliveryName> names;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return names;
    names.push_back({.no = read.Int(0), .id = read.String(1)});
  }
}

absl::StatusOr<std::vector<ReceivedItem>> ReadItemsOf(
    sqlite::Database& database, std::int64_t delivery_no) {
  LINKTOR_ASSIGN(const std::int64_t first, FirstItemOf(database, delivery_no));
  sqlite::Statement read(
      database,
      "SELECT r.delivery_no, r.no, r.item, r.channel_no, r.entry_id, r.form, "
      "r.field, coalesce(r.items, 1), r.unknown_seq, "
      "CASE WHEN r.unknown_seq IS NULL THEN NULL ELSE r.sealed_raw END, "
      "e.id, coalesce(e.channel_no, 0), x.raw_no IS NOT NULL, r.secret "
      "FROM raw_items r "
      "LEFT JOIN events e ON e.seq = r.unknown_seq "
      "LEFT JOIN redriven_items x ON x.raw_no = r.no "
      "WHERE r.no >= ?1 ORDER BY r.no");
  read.Bind(1, first);
  std::vector<ReceivedItem> items;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row || read.Int(0) != delivery_no) return items;
    items.push_back({.raw_no = read.Int(1),
                     .position = static_cast<int>(read.Int(2)),
                     .channel_no = read.Int(3),
                     .entry_id = read.String(4),
                     .form = static_cast<int>(read.Int(5)),
                     .field = read.String(6),
                     .count = read.Int(7),
                     .typed = read.IsNull(8) || read.Int(12) != 0,
                     .unknown_seq = read.Int(8),
                     .unknown_id = read.String(10),
                     .unknown_channel_no = read.Int(11),
                     .secret = read.String(13),
                     .sealed_raw = read.String(9)});
  }
}

}  // namespace linktor::state
