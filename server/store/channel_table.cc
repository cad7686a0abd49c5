#include "server/store/channel_table.h"

#include "absl/strings/str_cat.h"
#include "server/base/status.h"
#include "server/base/strings.h"
#include "server/base/try.h"

namespace linktor {
namespace {

absl::StatusOr<ChannelRow> ReadRow(const Statement& s) {
  ChannelRow row;
  row.no = s.Int(0);
  row.revision = s.Int(1);
  row.sealed_credentials = s.String(3);
  row.deleted = !s.IsNull(4);
  row.ice_breakers = s.String(5);
  if (!row.channel.ParseFromString(s.String(2))) {
    return absl::DataLossError("a stored channel cannot be read");
  }
  return row;
}

#define LINKTOR_CHANNEL_COLUMNS \
  "no, revision, body, sealed_credentials, delete_ms, ice_breakers"

absl::Status NotFound(std::string_view channel_id) {
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("there is no channel '", ToAbsl(channel_id),
                                "'; ListChannels shows those there are"),
                   {.reason = v1::ERROR_REASON_CHANNEL_NOT_FOUND,
                    .metadata = {{"channel_id", std::string(channel_id)}}});
}

absl::Status AccountTaken(const std::string& owner) {
  return MakeError(
      absl::StatusCode::kAlreadyExists,
      absl::StrCat("the Instagram account or page belongs to channel '", owner,
                   "'; use it, or delete it first"),
      {.reason = v1::ERROR_REASON_ACCOUNT_ALREADY_CONNECTED,
       .metadata = {{"channel_id", owner}}});
}

absl::Status IdTaken(std::string_view channel_id) {
  return MakeError(
      absl::StatusCode::kAlreadyExists,
      absl::StrCat("the channel id '", ToAbsl(channel_id),
                   "' is in use, or was within the last 72 hours; choose "
                   "another"),
      {.reason = v1::ERROR_REASON_CHANNEL_ALREADY_EXISTS,
       .metadata = {{"channel_id", std::string(channel_id)}}});
}

}  // namespace

ChannelTable::ChannelTable(Database& database)
    : database_(database),
      add_key_(database,
               "INSERT INTO data_keys (id, channel_no, user_id, wrapped) "
               "VALUES (?,?,?,?) ON CONFLICT (id) DO NOTHING") {}

absl::StatusOr<std::optional<ChannelRow>> ChannelTable::FindLive(
    std::string_view id) {
  Statement find(database_, "SELECT " LINKTOR_CHANNEL_COLUMNS
                            " FROM channels WHERE id = ?1 AND "
                            "delete_ms IS NULL");
  LINKTOR_ASSIGN(const bool row, find.BindText(1, id).Step());
  if (!row) return std::nullopt;
  LINKTOR_ASSIGN(ChannelRow found, ReadRow(find));
  return found;
}

absl::StatusOr<std::optional<std::string>> ChannelTable::FindOwner(
    const v1::Channel& channel, std::int64_t no) {
  Statement find(database_,
                 "SELECT id FROM channels WHERE delete_ms IS NULL AND no <> ?1 "
                 "AND (account_id IN (?2, ?3) OR "
                 "(page_id <> '' AND page_id IN (?2, ?3)))");
  find.Bind(1, no)
      .BindText(2, channel.instagram_account_id())
      .BindText(3, channel.page_id());
  LINKTOR_ASSIGN(const bool row, find.Step());
  if (!row) return std::nullopt;
  return find.String(0);
}

absl::StatusOr<ChannelOutcome> ChannelTable::Create(
    const CreateChannelRecord& record) {
  const std::string& id = record.channel.id();
  if (!record.request_id.empty()) {
    Statement find(database_, "SELECT " LINKTOR_CHANNEL_COLUMNS
                              ", request_fingerprint FROM channels "
                              "WHERE request_id = ?1");
    LINKTOR_ASSIGN(const bool row, find.BindText(1, record.request_id).Step());
    if (row) {
      LINKTOR_ASSIGN(ChannelRow found, ReadRow(find));
      if (find.Bytes(6) != record.request_fingerprint || found.deleted) {
        return ChannelOutcome{
            .refusal = MakeError(
                absl::StatusCode::kInvalidArgument,
                "the request id was used for another channel; use a new one",
                {.reason = v1::ERROR_REASON_REQUEST_ID_REUSED,
                 .metadata = {{"request_id", record.request_id}}})};
      }
      return ChannelOutcome{.row = std::move(found), .replayed = true};
    }
  }
  {
    Statement taken(database_,
                    "SELECT 1 FROM channels WHERE id = ?1 AND "
                    "(delete_ms IS NULL OR delete_ms > ?2)");
    taken.BindText(1, id).Bind(2, record.time_ms - kChannelIdRestMs);
    LINKTOR_ASSIGN(const bool row, taken.Step());
    if (row) return ChannelOutcome{.refusal = IdTaken(id)};
  }
  LINKTOR_ASSIGN(const auto owner,
                 FindOwner(record.channel, record.channel_no));
  if (owner.has_value()) return ChannelOutcome{.refusal = AccountTaken(*owner)};
  ChannelOutcome outcome;
  outcome.row = {.no = record.channel_no,
                 .revision = 1,
                 .channel = record.channel,
                 .sealed_credentials = record.sealed_credentials};
  const std::string body = record.channel.SerializeAsString();
  live_.reset();
  Statement insert(database_,
                   "INSERT INTO channels (no, id, account_id, page_id, "
                   "revision, body, sealed_credentials, request_id, "
                   "request_fingerprint) VALUES (?,?,?,?,?,?,?,?,?)");
  LINKTOR_TRY(insert.Bind(1, record.channel_no)
                  .BindText(2, id)
                  .BindText(3, record.channel.instagram_account_id())
                  .BindText(4, record.channel.page_id())
                  .Bind(5, 1)
                  .BindBlob(6, body)
                  .BindBlob(7, record.sealed_credentials)
                  .BindTextOrNull(8, record.request_id)
                  .BindBlobOrNull(9, record.request_fingerprint)
                  .Run());
  return outcome;
}

absl::StatusOr<ChannelOutcome> ChannelTable::Update(
    const UpdateChannelRecord& record) {
  LINKTOR_ASSIGN(auto found, FindLive(record.channel.id()));
  if (!found.has_value() || found->no != record.channel_no) {
    return ChannelOutcome{.refusal = NotFound(record.channel.id())};
  }
  if (found->revision != record.expected_revision) {
    return ChannelOutcome{.refusal = absl::AbortedError("changed meanwhile")};
  }
  LINKTOR_ASSIGN(const auto owner, FindOwner(record.channel, found->no));
  if (owner.has_value()) return ChannelOutcome{.refusal = AccountTaken(*owner)};
  ChannelOutcome outcome;
  outcome.row = *std::move(found);
  outcome.row.revision += 1;
  outcome.row.channel = record.channel;
  if (record.sealed_credentials.has_value()) {
    outcome.row.sealed_credentials = *record.sealed_credentials;
  }
  if (record.ice_breakers.has_value()) {
    outcome.row.ice_breakers = *record.ice_breakers;
  }
  const std::string body = outcome.row.channel.SerializeAsString();
  Statement update(database_,
                   "UPDATE channels SET account_id = ?1, page_id = ?2, "
                   "revision = ?3, body = ?4, sealed_credentials = ?5, "
                   "ice_breakers = ?7 WHERE no = ?6");
  LINKTOR_TRY(update.BindText(1, record.channel.instagram_account_id())
                  .BindText(2, record.channel.page_id())
                  .Bind(3, outcome.row.revision)
                  .BindBlob(4, body)
                  .BindBlob(5, outcome.row.sealed_credentials)
                  .Bind(6, outcome.row.no)
                  .BindBlobOrNull(7, outcome.row.ice_breakers)
                  .Run());
  return outcome;
}

absl::StatusOr<ChannelOutcome> ChannelTable::Delete(
    const DeleteChannelRecord& record, std::int64_t last_seq) {
  LINKTOR_ASSIGN(auto found, FindLive(record.channel_id));
  if (!found.has_value()) {
    return ChannelOutcome{.refusal = NotFound(record.channel_id)};
  }
  ChannelOutcome outcome;
  outcome.row = *std::move(found);
  outcome.row.revision += 1;
  outcome.row.deleted = true;
  outcome.row.sealed_credentials.clear();
  live_.reset();
  Statement remove(database_,
                   "UPDATE channels SET delete_ms = ?1, revision = ?2, "
                   "sealed_credentials = NULL, delete_seq = ?4 WHERE no = ?3");
  LINKTOR_TRY(remove.Bind(1, record.time_ms)
                  .Bind(2, outcome.row.revision)
                  .Bind(3, outcome.row.no)
                  .Bind(4, last_seq)
                  .Run());
  return outcome;
}

absl::StatusOr<bool> ChannelTable::IsLive(std::int64_t channel_no) {
  if (!live_.has_value()) {
    absl::flat_hash_set<std::int64_t> live;
    Statement read(database_,
                   "SELECT no FROM channels WHERE delete_ms IS NULL");
    for (;;) {
      LINKTOR_ASSIGN(const bool row, read.Step());
      if (!row) break;
      live.insert(read.Int(0));
    }
    live_ = std::move(live);
  }
  return live_->contains(channel_no);
}

absl::Status ChannelTable::AddKey(const NewKey& key) {
  return add_key_.Bind(1, key.id)
      .Bind(2, key.scope.channel_no)
      .BindText(3, key.scope.user_id)
      .BindBlob(4, key.wrapped)
      .Run();
}

absl::StatusOr<std::vector<ChannelRow>> ReadLiveChannels(Database& database) {
  Statement read(database,
                 "SELECT " LINKTOR_CHANNEL_COLUMNS
                 " FROM channels WHERE delete_ms IS NULL ORDER BY id");
  std::vector<ChannelRow> rows;
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return rows;
    LINKTOR_ASSIGN(ChannelRow found, ReadRow(read));
    rows.push_back(std::move(found));
  }
}

absl::StatusOr<bool> MayHaveStoredEvents(Database& database,
                                         std::string_view deleted_channel_id) {
  Statement read(database,
                 "SELECT 1 FROM channels, log_state WHERE id = ?1 AND "
                 "delete_seq >= oldest_seq LIMIT 1");
  return read.BindText(1, deleted_channel_id).Step();
}

}  // namespace linktor
