#include "server/state/key_table.h"

#include <utility>

#include "server/base/try.h"

namespace linktor::state {
namespace {

// Reads the columns id, channel_no, user_id and wrapped.
absl::StatusOr<std::optional<journal::DataKey>> ReadDataKey(
    sqlite::Statement& find) {
  LINKTOR_ASSIGN(const bool row, find.Step());
  if (!row) return std::nullopt;
  journal::DataKey key;
  key.set_id(find.Int(0));
  key.set_channel_no(find.Int(1));
  key.set_user_id(find.String(2));
  key.set_wrapped(find.String(3));
  return key;
}

}  // namespace

KeyTable::KeyTable(sqlite::Database& database)
    : database_(database),
      add_(database,
           "INSERT INTO data_keys (id, channel_no, user_id, wrapped) "
           "SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS "
           "(SELECT 1 FROM destroyed_keys WHERE id = ?1) "
           "ON CONFLICT (id) DO NOTHING") {}

absl::StatusOr<bool> KeyTable::Add(const journal::DataKey& key) {
  LINKTOR_ASSIGN(const std::int64_t added, add_.Bind(1, key.id())
                                               .Bind(2, key.channel_no())
                                               .BindText(3, key.user_id())
                                               .BindBlob(4, key.wrapped())
                                               .RunAndCount());
  return added > 0;
}

absl::StatusOr<bool> KeyTable::IsUnreadable(std::string_view sealed) {
  const std::optional<std::int64_t> id = seal::KeyIdOf(sealed);
  if (!id.has_value()) return false;
  if (!destroyed_.has_value()) {
    absl::flat_hash_set<std::int64_t> destroyed;
    sqlite::Statement read(database_, "SELECT id FROM destroyed_keys");
    for (;;) {
      LINKTOR_ASSIGN(const bool row, read.Step());
      if (!row) break;
      destroyed.insert(read.Int(0));
    }
    destroyed_ = std::move(destroyed);
  }
  return destroyed_->contains(*id);
}

void KeyTable::NoteDestroyed(std::int64_t id) {
  if (destroyed_.has_value()) destroyed_->insert(id);
}

absl::StatusOr<std::optional<journal::DataKey>> ReadKeyOf(
    sqlite::Database& database, const seal::KeyScope& scope) {
  sqlite::Statement find(
      database,
      "SELECT id, channel_no, user_id, wrapped FROM data_keys "
      "WHERE channel_no = ?1 AND user_id = ?2 ORDER BY id LIMIT 1");
  find.Bind(1, scope.channel_no).BindText(2, scope.user_id);
  return ReadDataKey(find);
}

absl::StatusOr<std::optional<journal::DataKey>> ReadKey(
    sqlite::Database& database, std::int64_t id) {
  sqlite::Statement find(
      database,
      "SELECT id, channel_no, user_id, wrapped FROM data_keys "
      "WHERE id = ?1");
  return ReadDataKey(find.Bind(1, id));
}

}  // namespace linktor::state
