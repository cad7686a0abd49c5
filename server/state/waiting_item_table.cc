#include "server/state/waiting_item_table.h"

#include <string>
#include <utility>

#include "server/base/try.h"
#include "server/state/expiry.h"

namespace linktor::state {

WaitingItemTable::WaitingItemTable(sqlite::Database& database)
    : add_(database,
           "INSERT INTO waiting_items (no, mid_key, receive_ms, born_ms, "
           "sealed_item, channel_no, user_id) VALUES (?,?,?,?,?,?,?)"),
      find_(database, "SELECT no FROM waiting_items WHERE mid_key = ?1"),
      read_(database,
            "SELECT no, receive_ms, sealed_item "
            "FROM waiting_items WHERE born_ms <= ?1 ORDER BY born_ms, no "
            "LIMIT ?2"),
      of_person_(database,
                 "SELECT no FROM waiting_items WHERE channel_no = ?1 AND "
                 "user_id BETWEEN ?2 AND ?3 ORDER BY user_id, no LIMIT ?4"),
      erase_(database,
             "UPDATE waiting_items SET sealed_item = "
             "zeroblob(length(sealed_item)) WHERE no = ?1"),
      remove_(database, "DELETE FROM waiting_items WHERE no = ?1") {}

absl::Status WaitingItemTable::Add(const journal::WebhookItem& item,
                                   std::int64_t receive_ms, LogState& state) {
  {
    const sqlite::StatementReset reset(find_);
    LINKTOR_ASSIGN(const bool waits, find_.BindBlob(1, item.mid_key()).Step());
    if (waits) return absl::OkStatus();
  }
  journal::WebhookItem kept = item;
  kept.clear_sealed_raw();
  const std::string bytes = kept.SerializeAsString();
  LINKTOR_TRY(add_.Bind(1, ++state.last_waiting_no)
                  .BindBlob(2, item.mid_key())
                  .Bind(3, receive_ms)
                  .Bind(4, BornMs(receive_ms, state.expiry))
                  .BindBlob(5, bytes)
                  .Bind(6, item.event().channel_no())
                  .BindText(7, item.event().user_id())
                  .Run());
  ++state.waiting_items;
  return absl::OkStatus();
}

absl::Status WaitingItemTable::RemoveRow(std::int64_t no, LogState& state) {
  LINKTOR_TRY(erase_.Bind(1, no).Run());
  LINKTOR_TRY(remove_.Bind(1, no).Run());
  --state.waiting_items;
  return absl::OkStatus();
}

absl::Status WaitingItemTable::Remove(std::string_view mid_key,
                                      LogState& state) {
  if (state.waiting_items == 0 || mid_key.empty()) return absl::OkStatus();
  std::int64_t no = 0;
  {
    const sqlite::StatementReset reset(find_);
    LINKTOR_ASSIGN(const bool waits, find_.BindBlob(1, mid_key).Step());
    if (!waits) return absl::OkStatus();
    no = find_.Int(0);
  }
  return RemoveRow(no, state);
}

absl::StatusOr<int> WaitingItemTable::RemoveOf(std::int64_t channel_no,
                                               std::string_view user_id,
                                               int limit, LogState& state) {
  // The id of every person sorts before this text, because this text is the
  // last character of Unicode.
  constexpr std::string_view kLastUser = "\xf4\x8f\xbf\xbf";
  std::vector<std::int64_t> numbers;
  if (state.waiting_items == 0) return 0;
  {
    const sqlite::StatementReset reset(of_person_);
    of_person_.Bind(1, channel_no)
        .BindText(2, user_id)
        .BindText(3, user_id.empty() ? kLastUser : user_id)
        .Bind(4, limit);
    for (;;) {
      LINKTOR_ASSIGN(const bool row, of_person_.Step());
      if (!row) break;
      numbers.push_back(of_person_.Int(0));
    }
  }
  for (const std::int64_t no : numbers) {
    LINKTOR_TRY(RemoveRow(no, state));
  }
  return static_cast<int>(numbers.size());
}

absl::StatusOr<std::vector<WaitingItem>> WaitingItemTable::TakeBorn(
    std::int64_t born_ms, int limit, LogState& state) {
  std::vector<WaitingItem> taken;
  if (state.waiting_items == 0) return taken;
  {
    const sqlite::StatementReset reset(read_);
    read_.Bind(1, born_ms).Bind(2, limit);
    for (;;) {
      LINKTOR_ASSIGN(const bool row, read_.Step());
      if (!row) break;
      WaitingItem waiting{
          .no = read_.Int(0), .receive_ms = read_.Int(1), .item = {}};
      if (!waiting.item.ParseFromString(read_.String(2))) waiting.item.Clear();
      taken.push_back(std::move(waiting));
    }
  }
  for (const WaitingItem& waiting : taken) {
    LINKTOR_TRY(RemoveRow(waiting.no, state));
  }
  return taken;
}

absl::StatusOr<bool> HasWaitingItem(sqlite::Database& database,
                                    std::int64_t born_ms) {
  sqlite::Statement read(
      database, "SELECT 1 FROM waiting_items WHERE born_ms <= ?1 LIMIT 1");
  return read.Bind(1, born_ms).Step();
}

}  // namespace linktor::state
