#include "tests/unit/journal/state_dump.h"

#include <algorithm>
#include <cstddef>
#include <memory>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/try.h"
#include "server/sqlite/database.h"
#include "server/sqlite/statement.h"
#include "tests/support/whole_conversations.h"

namespace linktor::journal {
namespace {

constexpr char kMidTable[] = "event_mids";
constexpr char kConversations[] = "conversations";

// Entries that are not moved yet are in the events' own rows.
constexpr char kMids[] =
    "SELECT quote(mid_key) || '|' || kind || '|' || seq FROM ("
    "SELECT mid_key, kind, seq FROM event_mids UNION "
    "SELECT mid_key, mid_kind, seq FROM events, log_state "
    "WHERE mid_key IS NOT NULL AND seq > mids_through) "
    "ORDER BY mid_key, kind, seq";
constexpr char kMidsOfEvents[] =
    "SELECT quote(mid_key) || '|' || mid_kind || '|' || seq FROM events "
    "WHERE mid_key IS NOT NULL ORDER BY mid_key, mid_kind, seq";

bool IsOwn(const std::string& table, const std::string& column) {
  static const absl::flat_hash_set<std::string> kOwn = {
      "log_id",    "epoch",        "instance",
      "key_check", "mids_through", "heads_through"};
  return table == "log_state" && kOwn.contains(column);
}

absl::StatusOr<std::vector<std::string>> RowsOf(sqlite::Database& database,
                                                const std::string& sql) {
  std::vector<std::string> rows;
  sqlite::Statement read(database, sql.c_str());
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return rows;
    rows.push_back(read.String(0));
  }
}

absl::StatusOr<std::string> QueryFor(sqlite::Database& database,
                                     const std::string& table) {
  LINKTOR_ASSIGN(
      auto columns,
      RowsOf(database, absl::StrCat("SELECT name FROM pragma_table_info('",
                                    table, "') ORDER BY cid")));
  LINKTOR_ASSIGN(
      const auto keys,
      RowsOf(database, absl::StrCat("SELECT name FROM pragma_table_info('",
                                    table, "') WHERE pk > 0 ORDER BY pk")));
  if (keys.empty()) {
    return absl::InternalError(table + " has no primary key");
  }
  std::erase_if(
      columns, [&](const std::string& column) { return IsOwn(table, column); });
  const auto quoted = [](std::string* out, const std::string& column) {
    absl::StrAppend(out, "quote(", column, ")");
  };
  return absl::StrCat("SELECT ", absl::StrJoin(columns, "||'|'||", quoted),
                      " FROM ", table, " ORDER BY ", absl::StrJoin(keys, ", "));
}

absl::StatusOr<StateDump> Dump(sqlite::Database& database) {
  StateDump dump;
  LINKTOR_ASSIGN(const auto tables,
                 RowsOf(database,
                        "SELECT name FROM sqlite_master WHERE type = 'table' "
                        "ORDER BY name"));
  for (const std::string& table : tables) {
    if (table == kMidTable || table == kConversations) continue;
    LINKTOR_ASSIGN(const std::string query, QueryFor(database, table));
    LINKTOR_ASSIGN(dump[table], RowsOf(database, query));
  }
  LINKTOR_ASSIGN(
      dump[kConversations],
      RowsOf(database,
             absl::StrCat(
                 "SELECT channel_no || '|' || user_id || '|' || "
                 "quote(last_inbound_ms) || '|' || last_seq || '|' || "
                 "last_message_seq || '|' || quote(opt_out_ms) "
                 "|| '|' || quote(sealed_username) || '|' || owner_seq || "
                 "'|' || owner_ms FROM ",
                 kWholeConversations, " ORDER BY channel_no, user_id")));
  LINKTOR_ASSIGN(dump[kMidTable], RowsOf(database, kMids));
  LINKTOR_ASSIGN(const auto of_events, RowsOf(database, kMidsOfEvents));
  if (dump[kMidTable] != of_events) {
    return absl::DataLossError("the mid index is not what the events say");
  }
  return dump;
}

}  // namespace

absl::StatusOr<StateDump> DumpState(const std::string& database_path) {
  LINKTOR_ASSIGN(
      const auto database,
      sqlite::Database::Open(database_path, sqlite::Database::Mode::kReadOnly));
  LINKTOR_TRY(database->Execute("BEGIN"));
  return Dump(*database);
}

std::string DifferenceOf(const StateDump& a, const StateDump& b) {
  std::string difference;
  if (a.size() != b.size()) difference = "they have different tables\n";
  for (const auto& [table, rows] : a) {
    const auto other = b.find(table);
    if (other == b.end() || rows == other->second) continue;
    const auto& others = other->second;
    const auto [mine, theirs] =
        std::mismatch(rows.begin(), rows.end(), others.begin(), others.end());
    absl::StrAppend(&difference, table, ": ", rows.size(), " and ",
                    others.size(), " rows; the first that differ:\n  ",
                    mine == rows.end() ? "nothing" : *mine, "\n  ",
                    theirs == others.end() ? "nothing" : *theirs, "\n");
  }
  return difference;
}

}  // namespace linktor::journal
