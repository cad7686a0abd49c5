#include "server/state/erasure_table.h"

#include <string>
#include <utility>

#include "server/base/try.h"
#include "server/journal/record.pb.h"

namespace linktor::state {

// SQLite writes a row in place when its size stays the same. So no old bytes of
// the row are left in its page, or in the further pages of a long row.
ErasureTable::ErasureTable(sqlite::Database& database)
    : erase_event_(database,
                   "UPDATE events SET sealed_event = "
                   "zeroblob(length(sealed_event)) "
                   "WHERE seq = ?1 AND sealed_event IS NOT NULL"),
      raw_of_event_(database,
                    "SELECT coalesce(raw_no, 0) FROM events WHERE seq = ?1"),
      erase_raw_(database,
                 "UPDATE raw_items SET sealed_raw = "
                 "zeroblob(length(sealed_raw)) WHERE no = ?1"),
      erase_content_(database,
                     "UPDATE contents SET sealed = zeroblob(length(sealed)) "
                     "WHERE no = ?1"),
      message_events_(database,
                      "SELECT seq FROM events WHERE message_no = ?1 "
                      "ORDER BY seq"),
      erase_items_(database,
                   "UPDATE raw_items SET sealed_raw = "
                   "zeroblob(length(sealed_raw)) WHERE mid_key = ?1"),
      find_held_(database,
                 "SELECT no, raw_no, sealed_item FROM held_echoes "
                 "WHERE mid_key = ?1 ORDER BY no"),
      update_held_(database,
                   "UPDATE held_echoes SET sealed_item = ?2 WHERE no = ?1"),
      erase_key_(database,
                 "UPDATE data_keys SET wrapped = zeroblob(length(wrapped)) "
                 "WHERE id = ?1"),
      remove_key_(database, "DELETE FROM data_keys WHERE id = ?1"),
      destroy_key_(database,
                   "INSERT INTO destroyed_keys (id) VALUES (?1) "
                   "ON CONFLICT DO NOTHING") {}

absl::Status ErasureTable::EraseEvent(std::int64_t seq) {
  LINKTOR_TRY(erase_event_.Bind(1, seq).Run());
  const sqlite::StatementReset reset(raw_of_event_);
  LINKTOR_ASSIGN(const bool row, raw_of_event_.Bind(1, seq).Step());
  return row ? EraseRaw(raw_of_event_.Int(0)) : absl::OkStatus();
}

absl::Status ErasureTable::EraseRaw(std::int64_t no) {
  return no == 0 ? absl::OkStatus() : erase_raw_.Bind(1, no).Run();
}

absl::Status ErasureTable::EraseContent(std::int64_t no) {
  return no == 0 ? absl::OkStatus() : erase_content_.Bind(1, no).Run();
}

absl::Status ErasureTable::EraseMessage(const MessageRow& row,
                                        std::vector<std::int64_t>& events) {
  LINKTOR_TRY(EraseContent(row.content_no));
  LINKTOR_TRY(EraseContent(row.error_no));
  const std::size_t before = events.size();
  {
    const sqlite::StatementReset reset(message_events_);
    message_events_.Bind(1, row.no);
    for (;;) {
      LINKTOR_ASSIGN(const bool found, message_events_.Step());
      if (!found) break;
      events.push_back(message_events_.Int(0));
    }
  }
  for (std::size_t i = before; i < events.size(); ++i) {
    LINKTOR_TRY(EraseEvent(events[i]));
  }
  return absl::OkStatus();
}

absl::Status ErasureTable::EraseItems(std::string_view mid_key) {
  return erase_items_.BindBlob(1, mid_key).Run();
}

absl::Status ErasureTable::EraseHeld(std::string_view mid_key) {
  std::vector<std::pair<std::int64_t, std::string>> held;
  {
    const sqlite::StatementReset reset(find_held_);
    find_held_.BindBlob(1, mid_key);
    for (;;) {
      LINKTOR_ASSIGN(const bool row, find_held_.Step());
      if (!row) break;
      LINKTOR_TRY(EraseRaw(find_held_.Int(1)));
      held.emplace_back(find_held_.Int(0), find_held_.String(2));
    }
  }
  for (auto& [no, bytes] : held) {
    journal::WebhookItem item;
    if (!item.ParseFromString(bytes)) {
      return absl::DataLossError("a held echo cannot be read");
    }
    std::string& sealed = *item.mutable_event()->mutable_sealed();
    sealed.assign(sealed.size(), '\0');
    bytes = item.SerializeAsString();
    LINKTOR_TRY(update_held_.Bind(1, no).BindBlob(2, bytes).Run());
  }
  return absl::OkStatus();
}

absl::Status ErasureTable::DestroyKey(std::int64_t id) {
  LINKTOR_TRY(erase_key_.Bind(1, id).Run());
  LINKTOR_TRY(remove_key_.Bind(1, id).Run());
  return destroy_key_.Bind(1, id).Run();
}

}  // namespace linktor::state
