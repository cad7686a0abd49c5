#include "server/state/epoch_table.h"

#include "server/base/try.h"
#include "server/sqlite/statement.h"

namespace linktor::state {

absl::StatusOr<std::vector<FormerEpoch>> ReadFormerEpochs(
    sqlite::Database& database) {
  // When a former life of the log (epoch_table.h) had no event of its own, it
  // has the same last_seq as the life before it. So only `no` shows the order.
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
