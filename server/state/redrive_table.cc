#include "server/state/redrive_table.h"

#include "server/base/try.h"

namespace linktor::state {

RedriveTable::RedriveTable(sqlite::Database& database)
    : has_(database, "SELECT 1 FROM redriven_items WHERE raw_no = ?1"),
      add_(database,
           "INSERT INTO redriven_items (raw_no, seq, replaces_seq) "
           "VALUES (?1, ?2, ?3)"),
      replaced_(database,
                "SELECT coalesce(replaces_seq, 0) FROM redriven_items "
                "WHERE seq = ?1"),
      trim_(database, "DELETE FROM redriven_items WHERE seq < ?1") {}

absl::StatusOr<bool> RedriveTable::Has(std::int64_t raw_no) {
  const sqlite::StatementReset reset(has_);
  return has_.Bind(1, raw_no).Step();
}

absl::Status RedriveTable::Add(std::int64_t raw_no, std::int64_t seq,
                               std::int64_t replaces_seq) {
  add_.Bind(1, raw_no).Bind(2, seq);
  if (replaces_seq != 0) add_.Bind(3, replaces_seq);
  return add_.Run();
}

absl::StatusOr<std::int64_t> RedriveTable::ReplacedBy(std::int64_t seq) {
  const sqlite::StatementReset reset(replaced_);
  LINKTOR_ASSIGN(const bool row, replaced_.Bind(1, seq).Step());
  return row ? replaced_.Int(0) : 0;
}

absl::Status RedriveTable::Trim(std::int64_t oldest_seq) {
  return trim_.Bind(1, oldest_seq).Run();
}

}  // namespace linktor::state
