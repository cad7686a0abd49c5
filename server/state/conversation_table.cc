#include "server/state/conversation_table.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "server/base/try.h"
#include "server/state/expiry.h"

namespace linktor::state {
namespace {

constexpr char kFind[] =
    "SELECT last_inbound_ms, opt_out_ms, sealed_username, last_seq, "
    "last_message_seq, owner_seq FROM conversations WHERE channel_no = ?1 AND "
    "user_id = ?2";

// Returns the conversation as the table has it. When the table does not have
// it, only the ids are set.
absl::StatusOr<ConversationRow> Read(sqlite::Statement& find,
                                     std::int64_t channel_no,
                                     std::string_view user_id) {
  const sqlite::StatementReset reset(find);
  ConversationRow row{.channel_no = channel_no,
                      .user_id = std::string(user_id)};
  LINKTOR_ASSIGN(const bool found,
                 find.Bind(1, channel_no).BindText(2, user_id).Step());
  if (!found) return row;
  if (!find.IsNull(0)) row.last_inbound_ms = find.Int(0);
  if (!find.IsNull(1)) row.opt_out_ms = find.Int(1);
  row.sealed_username = find.String(2);
  row.last_seq = find.Int(3);
  row.last_message_seq = find.Int(4);
  row.owner_seq = find.Int(5);
  return row;
}

}  // namespace

ConversationTable::ConversationTable(sqlite::Database& database,
                                     RecentHeads& recent, std::size_t run_size)
    : database_(database),
      heads_(database, recent, run_size),
      find_(database, kFind),
      set_opt_out_(
          database,
          "INSERT INTO conversations (channel_no, user_id, opt_out_ms) "
          "VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET opt_out_ms = ?3"),
      set_owner_(database,
                 "INSERT INTO conversations (channel_no, user_id, owner_seq, "
                 "owner_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET "
                 "owner_seq = ?3, owner_ms = ?4 "
                 "WHERE owner_ms <= ?4 OR owner_ms > ?5"),
      set_username_(
          database,
          "INSERT INTO conversations (channel_no, user_id, sealed_username) "
          "VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET sealed_username = ?3"),
      blocking_call_(database,
                     "SELECT call_ms FROM send_calls WHERE channel_no = ?1 AND "
                     "user_id = ?2 AND call_ms > ?3 AND call_ms <= ?4 "
                     "ORDER BY call_ms DESC, no DESC LIMIT 1 OFFSET ?5"),
      add_call_(database,
                "INSERT INTO send_calls (no, channel_no, user_id, call_ms, "
                "born_ms) VALUES (?1, ?2, ?3, ?4, ?5)"),
      oldest_calls_(database,
                    "SELECT channel_no, user_id, call_ms, no FROM send_calls "
                    "WHERE born_ms < ?1 ORDER BY born_ms, no LIMIT ?2") {}

absl::StatusOr<ConversationRow> ConversationTable::Find(
    std::int64_t channel_no, std::string_view user_id) {
  LINKTOR_ASSIGN(ConversationRow row, Read(find_, channel_no, user_id));
  const auto newer = heads_.InMemory(channel_no, user_id);
  if (newer.has_value()) row.SetHead(*newer);
  return row;
}

absl::Status ConversationTable::SetOptOut(std::int64_t channel_no,
                                          std::string_view user_id,
                                          std::optional<std::int64_t> time_ms) {
  set_opt_out_.Bind(1, channel_no).BindText(2, user_id);
  if (time_ms.has_value()) {
    set_opt_out_.Bind(3, *time_ms);
  } else {
    set_opt_out_.BindNull(3);
  }
  return set_opt_out_.Run();
}

absl::Status ConversationTable::SetOwner(std::int64_t channel_no,
                                         std::string_view user_id,
                                         const ChangeOfOwner& change) {
  return set_owner_.Bind(1, channel_no)
      .BindText(2, user_id)
      .Bind(3, change.seq)
      .Bind(4, change.time_ms)
      .Bind(5, change.receive_ms)
      .Run();
}

absl::Status ConversationTable::SetUsername(std::int64_t channel_no,
                                            std::string_view user_id,
                                            std::string_view sealed) {
  return set_username_.Bind(1, channel_no)
      .BindText(2, user_id)
      .BindBlob(3, sealed)
      .Run();
}

// The name is overwritten before the row is deleted. SQLite may leave parts of
// a deleted row in its page, but only of the last values of the row.
absl::StatusOr<bool> ConversationTable::Forget(std::int64_t channel_no,
                                               std::string_view user_id) {
  LINKTOR_ASSIGN(const ConversationHead head, heads_.Find(channel_no, user_id));
  heads_.Forget(channel_no, user_id);
  std::int64_t rows = head.last_seq != 0 ? 1 : 0;
  for (const char* sql :
       {"UPDATE conversations SET sealed_username = "
        "zeroblob(length(sealed_username)) WHERE channel_no = ?1 AND "
        "user_id = ?2 AND sealed_username IS NOT NULL",
        "DELETE FROM conversations WHERE channel_no = ?1 AND user_id = ?2"}) {
    sqlite::Statement forget(database_, sql);
    LINKTOR_ASSIGN(
        const std::int64_t changed,
        forget.Bind(1, channel_no).BindText(2, user_id).RunAndCount());
    rows += changed;
  }
  return rows > 0;
}

absl::StatusOr<std::size_t> ConversationTable::ForgetChannel(
    std::int64_t channel_no, std::size_t limit) {
  std::vector<std::string> users;
  {
    sqlite::Statement read(database_,
                           "SELECT user_id FROM conversations WHERE "
                           "channel_no = ?1 ORDER BY user_id LIMIT ?2");
    read.Bind(1, channel_no).Bind(2, static_cast<std::int64_t>(limit));
    for (;;) {
      LINKTOR_ASSIGN(const bool row, read.Step());
      if (!row) break;
      users.push_back(read.String(0));
    }
  }
  for (const std::string& user_id : users) {
    LINKTOR_TRY(Forget(channel_no, user_id).status());
  }
  return users.size();
}

absl::StatusOr<std::optional<std::int64_t>> ConversationTable::BlockedUntil(
    std::int64_t channel_no, std::string_view user_id, int limit,
    std::int64_t now_ms) {
  const sqlite::StatementReset reset(blocking_call_);
  blocking_call_.Bind(1, channel_no)
      .BindText(2, user_id)
      .Bind(3, now_ms - kQuotaPeriodMs)
      .Bind(4, now_ms)
      .Bind(5, limit - 1);
  LINKTOR_ASSIGN(const bool blocked, blocking_call_.Step());
  if (!blocked) return std::nullopt;
  return blocking_call_.Int(0) + kQuotaPeriodMs;
}

absl::Status ConversationTable::AddCall(std::int64_t channel_no,
                                        std::string_view user_id,
                                        std::int64_t time_ms, LogState& state) {
  return add_call_.Bind(1, ++state.last_call_no)
      .Bind(2, channel_no)
      .BindText(3, user_id)
      .Bind(4, time_ms)
      .Bind(5, BornMs(time_ms, state.expiry))
      .Run();
}

absl::StatusOr<std::int64_t> ConversationTable::TrimCalls(
    std::int64_t before_ms, std::int64_t limit) {
  return RemoveCalls(database_,
                     oldest_calls_.Bind(1, before_ms).Bind(2, limit));
}

// The keys are read first, and then each row is deleted by its own key. A
// single DELETE for a list of keys would walk through all calls of a channel,
// because SQLite does not use the whole primary key for such a list.
absl::StatusOr<std::int64_t> RemoveCalls(sqlite::Database& database,
                                         sqlite::Statement& select) {
  struct Key {
    std::int64_t channel_no = 0;
    std::string user_id;
    std::int64_t call_ms = 0;
    std::int64_t no = 0;
  };
  std::vector<Key> keys;
  {
    const sqlite::StatementReset reset(select);
    for (;;) {
      LINKTOR_ASSIGN(const bool row, select.Step());
      if (!row) break;
      keys.push_back({.channel_no = select.Int(0),
                      .user_id = select.String(1),
                      .call_ms = select.Int(2),
                      .no = select.Int(3)});
    }
  }
  sqlite::Statement remove(database,
                           "DELETE FROM send_calls WHERE channel_no = ?1 AND "
                           "user_id = ?2 AND call_ms = ?3 AND no = ?4");
  for (const Key& key : keys) {
    LINKTOR_TRY(remove.Bind(1, key.channel_no)
                    .BindText(2, key.user_id)
                    .Bind(3, key.call_ms)
                    .Bind(4, key.no)
                    .Run());
  }
  return static_cast<std::int64_t>(keys.size());
}

absl::StatusOr<ConversationRow> ReadConversation(sqlite::Database& database,
                                                 std::int64_t channel_no,
                                                 std::string_view user_id) {
  sqlite::Statement find(database, kFind);
  return Read(find, channel_no, user_id);
}

absl::StatusOr<std::vector<ConversationRow>> ReadLatestConversations(
    sqlite::Database& database, std::int64_t channel_no, std::int64_t last_seq,
    std::size_t limit, std::vector<HeadOfCustomer> recent) {
  const auto later = [](const HeadOfCustomer& a, const HeadOfCustomer& b) {
    return a.second.last_message_seq > b.second.last_message_seq;
  };
  absl::flat_hash_set<std::string> in_memory;
  for (const auto& [user_id, head] : recent) in_memory.insert(user_id);
  std::erase_if(recent, [last_seq](const HeadOfCustomer& one) {
    return one.second.last_message_seq == 0 ||
           one.second.last_message_seq > last_seq;
  });
  std::sort(recent.begin(), recent.end(), later);
  if (recent.size() > limit) recent.resize(limit);
  sqlite::Statement read(
      database,
      "SELECT user_id, last_message_seq FROM conversations "
      "WHERE channel_no = ?1 AND last_message_seq > 0 AND "
      "last_message_seq <= ?2 ORDER BY last_message_seq DESC");
  read.Bind(1, channel_no).Bind(2, last_seq);
  std::size_t from_table = 0;
  while (from_table < limit) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) break;
    std::string user_id = read.String(0);
    if (in_memory.contains(user_id)) continue;
    recent.emplace_back(std::move(user_id),
                        ConversationHead{.last_message_seq = read.Int(1)});
    ++from_table;
  }
  std::sort(recent.begin(), recent.end(), later);
  if (recent.size() > limit) recent.resize(limit);
  std::vector<ConversationRow> rows;
  rows.reserve(recent.size());
  for (const auto& [user_id, head] : recent) {
    LINKTOR_ASSIGN(ConversationRow row,
                   ReadConversation(database, channel_no, user_id));
    // A row that comes only from the table has its whole head already.
    if (in_memory.contains(user_id)) row.SetHead(head);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace linktor::state
