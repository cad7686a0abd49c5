#include "server/state/epoch_table.h"

#include "server/base/try.h"
#include "server/sqlite/statement.h"

namespace linktor::state {

absl::StatusOr<std::vector<FormerEpoch>> ReadFormerEpochs(
    sqlite::Database& database) {
  // A life without an event ends where the one before it did, so that only the
  // order in which they were inserted tells which was first.
  sqlite::Statement read(database,
                         "SELECT epoch, last_seq FROM epochs ORDER BY no");
  std::vector<FormerEpoch> epochs;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return epochs;
    epochs.push_back({.epoch = read.Int(0), .last_seq = read.Int(1)});
  }
}

absl::Status BeginEpoch(sqlite::Database& database, std::int64_t epoch) {
  LINKTOR_TRY(
      sqlite::Statement(database,
                        "INSERT INTO epochs (no, epoch, last_seq) SELECT "
                        "(SELECT coalesce(max(no), 0) + 1 FROM epochs), epoch, "
                        "last_seq FROM log_state")
          .Run());
  return sqlite::Statement(database, "UPDATE log_state SET epoch = ?1")
      .Bind(1, epoch)
      .Run();
}

}  // namespace linktor::state
