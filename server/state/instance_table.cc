#include "server/state/instance_table.h"

#include "server/base/try.h"

namespace linktor::state {

InstanceTable::InstanceTable(sqlite::Database& database)
    : start_(database,
             "INSERT INTO instances (instance, incarnation, erased_through) "
             "VALUES (?1, ?2, 0) "
             "ON CONFLICT DO UPDATE SET incarnation = max(incarnation, ?2)"),
      erased_(database,
              "INSERT INTO instances (instance, incarnation, erased_through) "
              "VALUES (?1, 0, ?2) ON CONFLICT DO UPDATE "
              "SET erased_through = max(erased_through, ?2)") {}

absl::Status InstanceTable::Start(std::string_view instance,
                                  std::int64_t incarnation) {
  return start_.BindBlob(1, instance).Bind(2, incarnation).Run();
}

absl::Status InstanceTable::Erased(std::string_view instance,
                                   std::int64_t through_no) {
  return erased_.BindBlob(1, instance).Bind(2, through_no).Run();
}

absl::StatusOr<std::int64_t> IncarnationOf(sqlite::Database& database,
                                           std::string_view instance) {
  sqlite::Statement find(
      database, "SELECT incarnation FROM instances WHERE instance = ?1");
  LINKTOR_ASSIGN(const bool row, find.BindBlob(1, instance).Step());
  return row ? find.Int(0) : 0;
}

absl::StatusOr<std::int64_t> LastDueErasure(sqlite::Database& database) {
  sqlite::Statement last(
      database,
      "SELECT last_erasure_no FROM log_state WHERE last_erasure_no > coalesce("
      "(SELECT i.erased_through FROM instances i "
      "WHERE i.instance = log_state.instance), 0)");
  LINKTOR_ASSIGN(const bool row, last.Step());
  return row ? last.Int(0) : 0;
}

}  // namespace linktor::state
