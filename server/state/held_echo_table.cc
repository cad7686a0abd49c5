#include "server/state/held_echo_table.h"

#include <utility>

#include "server/base/try.h"

namespace linktor::state {

HeldEchoTable::HeldEchoTable(sqlite::Database& database)
    : add_(database,
           "INSERT INTO held_echoes (no, channel_no, user_id, mid_key, "
           "receive_ms, raw_no, sealed_item) VALUES (?,?,?,?,?,?,?)"),
      holds_mid_(database,
                 "SELECT 1 FROM held_echoes WHERE mid_key = ?1 LIMIT 1"),
      read_(database,
            "SELECT no, receive_ms, raw_no, sealed_item FROM held_echoes "
            "WHERE channel_no = ?1 AND user_id = ?2 AND "
            "(?3 IS NULL OR mid_key = ?3) ORDER BY no"),
      remove_(database, "DELETE FROM held_echoes WHERE no = ?1") {}

absl::Status HeldEchoTable::Add(const journal::WebhookItem& item,
                                std::int64_t receive_ms, std::int64_t raw_no,
                                LogState& state) {
  journal::WebhookItem kept = item;
  kept.clear_sealed_raw();
  const std::string bytes = kept.SerializeAsString();
  return add_.Bind(1, ++state.last_held_no)
      .Bind(2, item.event().channel_no())
      .BindText(3, item.event().user_id())
      .BindBlob(4, item.mid_key())
      .Bind(5, receive_ms)
      .Bind(6, raw_no)
      .BindBlob(7, bytes)
      .Run();
}

absl::StatusOr<bool> HeldEchoTable::HoldsMid(std::string_view mid_key) {
  const sqlite::StatementReset reset(holds_mid_);
  return holds_mid_.BindBlob(1, mid_key).Step();
}

absl::StatusOr<std::vector<HeldEcho>> HeldEchoTable::Take(
    std::int64_t channel_no, std::string_view user_id,
    std::string_view mid_key) {
  std::vector<HeldEcho> taken;
  {
    const sqlite::StatementReset reset(read_);
    read_.Bind(1, channel_no).BindText(2, user_id).BindBlobOrNull(3, mid_key);
    for (;;) {
      LINKTOR_ASSIGN(const bool row, read_.Step());
      if (!row) break;
      HeldEcho held{.no = read_.Int(0),
                    .receive_ms = read_.Int(1),
                    .raw_no = read_.Int(2),
                    .item = {}};
      if (!held.item.ParseFromString(read_.String(3))) {
        return absl::DataLossError("a held echo cannot be read");
      }
      taken.push_back(std::move(held));
    }
  }
  for (const HeldEcho& held : taken) {
    LINKTOR_TRY(remove_.Bind(1, held.no).Run());
  }
  return taken;
}

}  // namespace linktor::state
