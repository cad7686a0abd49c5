#include "server/state/channel_table.h"

#include <utility>

#include "server/base/try.h"
#include "server/state/expiry.h"

namespace linktor::state {
namespace {

#define LINKTOR_CHANNEL_COLUMNS             \
  "no, revision, id, account_id, page_id, " \
  "sealed_channel, sealed_credentials, sealed_ice_breakers, deleted"

// FindCreation selects request_fingerprint as this column, after the columns of
// LINKTOR_CHANNEL_COLUMNS.
constexpr int kChannelFingerprintColumn = 9;

ChannelRow ReadChannelRow(const sqlite::Statement& s) {
  return {.no = s.Int(0),
          .revision = s.Int(1),
          .id = s.String(2),
          .account_id = s.String(3),
          .page_id = s.String(4),
          .sealed_channel = s.String(5),
          .sealed_credentials = s.String(6),
          .sealed_ice_breakers = s.String(7),
          .deleted = s.Int(8) != 0};
}

void SetBody(const journal::ChannelBody& body, ChannelRow& row) {
  row.id = body.id();
  row.account_id = body.account_id();
  row.page_id = body.page_id();
  row.sealed_channel = body.sealed_channel();
  row.sealed_credentials = body.sealed_credentials();
  row.sealed_ice_breakers = body.sealed_ice_breakers();
}

}  // namespace

absl::StatusOr<std::optional<ChannelRow>> ChannelTable::FindLive(
    std::string_view id) {
  sqlite::Statement find(database_,
                         "SELECT " LINKTOR_CHANNEL_COLUMNS
                         " FROM channels WHERE id = ?1 AND deleted = 0");
  LINKTOR_ASSIGN(const bool row, find.BindText(1, id).Step());
  if (!row) return std::nullopt;
  return ReadChannelRow(find);
}

absl::StatusOr<std::optional<std::string>> ChannelTable::FindOwner(
    const journal::ChannelBody& body, std::int64_t no) {
  sqlite::Statement find(
      database_,
      "SELECT id FROM channels WHERE deleted = 0 AND no <> ?1 "
      "AND (account_id IN (?2, ?3) OR "
      "(page_id <> '' AND page_id IN (?2, ?3))) ORDER BY id");
  find.Bind(1, no).BindText(2, body.account_id()).BindText(3, body.page_id());
  LINKTOR_ASSIGN(const bool row, find.Step());
  if (!row) return std::nullopt;
  return find.String(0);
}

absl::StatusOr<std::optional<ChannelAnswer>> ChannelTable::FindCreation(
    const journal::CreateChannel& record) {
  if (record.request_id().empty()) return std::nullopt;
  sqlite::Statement find(database_, "SELECT " LINKTOR_CHANNEL_COLUMNS
                                    ", request_fingerprint FROM channels "
                                    "WHERE request_id = ?1 ORDER BY no");
  LINKTOR_ASSIGN(const bool row, find.BindText(1, record.request_id()).Step());
  if (!row) return std::nullopt;
  ChannelRow found = ReadChannelRow(find);
  if (find.Bytes(kChannelFingerprintColumn) != record.request_fingerprint() ||
      found.deleted) {
    return ChannelAnswer{.kind = ChannelAnswer::Kind::kReused};
  }
  return ChannelAnswer{.kind = ChannelAnswer::Kind::kReplayed,
                       .row = std::move(found)};
}

absl::StatusOr<bool> ChannelTable::IsIdTaken(std::string_view id,
                                             const LogState& state) {
  sqlite::Statement taken(database_,
                          "SELECT 1 FROM channels WHERE id = ?1 AND "
                          "(deleted = 0 OR born_ms > ?2)");
  taken.BindText(1, id).Bind(2, state.expiry.time_ms - kChannelIdRestMs);
  return taken.Step();
}

absl::StatusOr<ChannelAnswer> ChannelTable::Create(
    const journal::CreateChannel& record, const LogState& state) {
  using Kind = ChannelAnswer::Kind;
  LINKTOR_ASSIGN(auto before, FindCreation(record));
  if (before.has_value()) return *std::move(before);
  const journal::ChannelBody& body = record.body();
  LINKTOR_ASSIGN(const bool taken, IsIdTaken(body.id(), state));
  if (taken) return ChannelAnswer{.kind = Kind::kIdTaken};
  LINKTOR_ASSIGN(auto owner, FindOwner(body, record.channel_no()));
  if (owner.has_value()) {
    return ChannelAnswer{.kind = Kind::kAccountTaken,
                         .owner = *std::move(owner)};
  }
  ChannelAnswer answer{.kind = Kind::kApplied,
                       .row = {.no = record.channel_no(), .revision = 1}};
  SetBody(body, answer.row);
  live_.reset();
  sqlite::Statement insert(
      database_,
      "INSERT INTO channels (no, id, account_id, page_id, "
      "revision, sealed_channel, sealed_credentials, "
      "sealed_ice_breakers, request_id, request_fingerprint, "
      "deleted) VALUES (?,?,?,?,1,?,?,?,?,?,0)");
  LINKTOR_TRY(insert.Bind(1, record.channel_no())
                  .BindText(2, body.id())
                  .BindText(3, body.account_id())
                  .BindText(4, body.page_id())
                  .BindBlob(5, body.sealed_channel())
                  .BindBlob(6, body.sealed_credentials())
                  .BindBlobOrNull(7, body.sealed_ice_breakers())
                  .BindTextOrNull(8, record.request_id())
                  .BindBlobOrNull(9, record.request_fingerprint())
                  .Run());
  return answer;
}

absl::StatusOr<ChannelAnswer> ChannelTable::Update(
    const journal::UpdateChannel& record) {
  using Kind = ChannelAnswer::Kind;
  const journal::ChannelBody& body = record.body();
  LINKTOR_ASSIGN(auto found, FindLive(body.id()));
  if (!found.has_value() || found->no != record.channel_no()) {
    return ChannelAnswer{.kind = Kind::kNotFound};
  }
  if (found->revision != record.expected_revision()) {
    return ChannelAnswer{.kind = Kind::kChanged};
  }
  LINKTOR_ASSIGN(auto owner, FindOwner(body, found->no));
  if (owner.has_value()) {
    return ChannelAnswer{.kind = Kind::kAccountTaken,
                         .owner = *std::move(owner)};
  }
  ChannelAnswer answer{.kind = Kind::kApplied, .row = *std::move(found)};
  answer.row.revision += 1;
  SetBody(body, answer.row);
  sqlite::Statement update(database_,
                           "UPDATE channels SET account_id = ?1, page_id = ?2, "
                           "revision = ?3, sealed_channel = ?4, "
                           "sealed_credentials = ?5, sealed_ice_breakers = ?6 "
                           "WHERE no = ?7");
  LINKTOR_TRY(update.BindText(1, body.account_id())
                  .BindText(2, body.page_id())
                  .Bind(3, answer.row.revision)
                  .BindBlob(4, body.sealed_channel())
                  .BindBlob(5, body.sealed_credentials())
                  .BindBlobOrNull(6, body.sealed_ice_breakers())
                  .Bind(7, answer.row.no)
                  .Run());
  return answer;
}

absl::StatusOr<ChannelAnswer> ChannelTable::Delete(
    const journal::DeleteChannel& record, std::int64_t time_ms,
    const LogState& state) {
  LINKTOR_ASSIGN(auto found, FindLive(record.channel_id()));
  if (!found.has_value()) return ChannelAnswer{};
  if (record.expected_revision() != 0 &&
      record.expected_revision() != found->revision) {
    return ChannelAnswer{.kind = ChannelAnswer::Kind::kChanged};
  }
  ChannelAnswer answer{.kind = ChannelAnswer::Kind::kApplied,
                       .row = *std::move(found)};
  answer.row.revision += 1;
  answer.row.deleted = true;
  answer.row.sealed_channel.clear();
  answer.row.sealed_credentials.clear();
  answer.row.sealed_ice_breakers.clear();
  live_.reset();
  sqlite::Statement remove(
      database_,
      "UPDATE channels SET deleted = 1, born_ms = ?1, "
      "revision = ?2, sealed_channel = NULL, "
      "sealed_credentials = NULL, sealed_ice_breakers = NULL, "
      "delete_seq = ?4 WHERE no = ?3");
  LINKTOR_TRY(remove.Bind(1, BornMs(time_ms, state.expiry))
                  .Bind(2, answer.row.revision)
                  .Bind(3, answer.row.no)
                  .Bind(4, state.last_seq + (record.has_event() ? 1 : 0))
                  .Run());
  return answer;
}

absl::StatusOr<bool> ChannelTable::IsLive(std::int64_t channel_no) {
  if (!live_.has_value()) {
    absl::flat_hash_set<std::int64_t> live;
    sqlite::Statement read(database_,
                           "SELECT no FROM channels WHERE deleted = 0");
    for (;;) {
      LINKTOR_ASSIGN(const bool row, read.Step());
      if (!row) break;
      live.insert(read.Int(0));
    }
    live_ = std::move(live);
  }
  return live_->contains(channel_no);
}

absl::StatusOr<bool> ChannelTable::MarkErased(std::int64_t channel_no) {
  sqlite::Statement mark(
      database_, "UPDATE channels SET erased = 1 WHERE no = ?1 AND erased = 0");
  LINKTOR_ASSIGN(const std::int64_t changed,
                 mark.Bind(1, channel_no).RunAndCount());
  return changed > 0;
}

absl::StatusOr<bool> ChannelTable::IsErased(std::int64_t channel_no) {
  LINKTOR_ASSIGN(const bool live, IsLive(channel_no));
  if (live) return false;
  sqlite::Statement read(database_,
                         "SELECT 1 FROM channels WHERE no = ?1 AND erased = 1");
  return read.Bind(1, channel_no).Step();
}

absl::StatusOr<std::vector<ChannelRow>> ReadLiveChannels(
    sqlite::Database& database) {
  sqlite::Statement read(database,
                         "SELECT " LINKTOR_CHANNEL_COLUMNS
                         " FROM channels WHERE deleted = 0 ORDER BY id");
  std::vector<ChannelRow> rows;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return rows;
    rows.push_back(ReadChannelRow(read));
  }
}

absl::StatusOr<std::vector<std::int64_t>> ReadChannelNumbers(
    sqlite::Database& database, std::string_view channel_id) {
  sqlite::Statement read(database,
                         "SELECT no FROM channels WHERE id = ?1 ORDER BY no");
  read.BindText(1, channel_id);
  std::vector<std::int64_t> numbers;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return numbers;
    numbers.push_back(read.Int(0));
  }
}

absl::StatusOr<bool> MayHaveStoredEvents(sqlite::Database& database,
                                         std::string_view deleted_channel_id) {
  sqlite::Statement read(database,
                         "SELECT 1 FROM channels, log_state WHERE id = ?1 AND "
                         "delete_seq >= oldest_seq LIMIT 1");
  return read.BindText(1, deleted_channel_id).Step();
}

}  // namespace linktor::state
