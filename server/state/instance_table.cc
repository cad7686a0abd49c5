#include "server/state/instance_table.h"

#include "server/base/try.h"

namespace linktor {

InstanceTable::InstanceTable(Database& database)
    : start_(database,
             "INSERT INTO instances (instance, incarnation) VALUES (?1, ?2) "
             "ON CONFLICT DO UPDATE SET incarnation = max(incarnation, ?2)") {}

absl::Status InstanceTable::Start(std::string_view instance,
                                  std::int64_t incarnation) {
  return start_.BindBlob(1, instance).Bind(2, incarnation).Run();
}

absl::StatusOr<std::int64_t> IncarnationOf(Database& database,
                                           std::string_view instance) {
  Statement find(database,
                 "SELECT incarnation FROM instances WHERE instance = ?1");
  LINKTOR_ASSIGN(const bool row, find.BindBlob(1, instance).Step());
  return row ? find.Int(0) : 0;
}

}  // namespace linktor
