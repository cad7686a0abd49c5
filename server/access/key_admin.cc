#include "server/access/key_admin.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/field_mask_util.h"
#include "google/protobuf/util/time_util.h"
#include "server/access/key_text.h"
#include "server/base/log.h"
#include "server/base/paging.h"
#include "server/base/status.h"
#include "server/base/try.h"

namespace linktor::access {
namespace {

using google::protobuf::util::TimeUtil;

// A change that loses this many races in a row is given up.
constexpr int kMaxConflicts = 20;

absl::Status KeyNotFound(const std::string& id) {
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("there is no API key '", id,
                                "'; ListApiKeys shows those there are"),
                   {.reason = v1::ERROR_REASON_API_KEY_NOT_FOUND,
                    .metadata = {{"api_key_id", id}}});
}

// Whether the caller could grant the key, which then is also one that it may
// see and manage.
absl::Status CheckGrant(const Caller& caller, const v1::ApiKey& key) {
  if (caller.CoversAll()) return absl::OkStatus();
  for (const int permission : key.permissions()) {
    const auto wanted = static_cast<v1::Permission>(permission);
    if (!caller.Has(wanted)) return LacksPermission(caller, wanted);
  }
  const bool within =
      !key.channel_ids().empty() &&
      std::all_of(key.channel_ids().begin(), key.channel_ids().end(),
                  [&](const std::string& id) { return caller.Covers(id); });
  if (within) return absl::OkStatus();
  return NotAuthorized(caller,
                       "an API key limited to channels can grant only its own "
                       "channels; name them in channel_ids");
}

// The key as it is told to callers: with a use that is not stored yet.
v1::ApiKey Describe(const KeyEntry& entry) {
  v1::ApiKey key = entry.key;
  const std::int64_t used =
      entry.use->last_use_ms.load(std::memory_order_relaxed);
  if (used > 0 &&
      (!key.has_last_use_time() ||
       TimeUtil::TimestampToMilliseconds(key.last_use_time()) < used)) {
    *key.mutable_last_use_time() = TimeUtil::MillisecondsToTimestamp(used);
  }
  return key;
}

}  // namespace

absl::StatusOr<v1::CreateApiKeyResponse> KeyAdmin::Create(
    const Caller& caller, const v1::CreateApiKeyRequest& request) {
  LINKTOR_TRY(CheckGrant(caller, request.api_key()));
  LINKTOR_TRY(CheckExpiry(request.api_key()));
  const KeyText made = NewKeyText();
  const Digest hash = sealer_.ApiKeyHash(made.text.Reveal());
  CreateApiKeyRecord record;
  record.time_ms = absl::ToUnixMillis(clock_.Now());
  record.hash = AsBytes(hash);
  record.creator = caller.key_id();
  record.request_id = request.request_id();
  v1::CreateApiKeyRequest fingerprinted = request;
  fingerprinted.clear_request_id();
  record.request_fingerprint =
      sealer_.RequestFingerprint(fingerprinted.SerializeAsString());
  record.key = request.api_key();
  record.key.set_id(made.id);
  record.key.clear_last_use_time();
  *record.key.mutable_create_time() =
      TimeUtil::MillisecondsToTimestamp(record.time_ms);
  *record.key.mutable_update_time() = record.key.create_time();
  LINKTOR_ASSIGN(const auto outcome,
                 AppendAs<ApiKeyOutcome>(journal_, std::move(record)));
  v1::CreateApiKeyResponse response;
  switch (outcome.kind) {
    case ApiKeyOutcome::Kind::kApplied:
      keys_.Put(outcome.row);
      response.set_secret(std::string(made.text.Reveal()));
      break;
    case ApiKeyOutcome::Kind::kReplayed:
      // The key may have been given more since, which its creator may not see.
      if (!CheckGrant(caller, outcome.row.key).ok()) {
        return KeyNotFound(outcome.row.key.id());
      }
      break;
    case ApiKeyOutcome::Kind::kTooMany:
      return MakeError(absl::StatusCode::kResourceExhausted,
                       "there are as many API keys as this server holds; "
                       "delete those that are no longer used",
                       {.reason = v1::ERROR_REASON_LIMIT_REACHED,
                        .metadata = {{"limit", "api_keys"},
                                     {"value", absl::StrCat(kMaxApiKeys)}}});
    default:
      return MakeError(absl::StatusCode::kInvalidArgument,
                       "the request id was used for another key; use a new one",
                       {.reason = v1::ERROR_REASON_REQUEST_ID_REUSED,
                        .metadata = {{"request_id", request.request_id()}}});
  }
  *response.mutable_api_key() = outcome.row.key;
  return response;
}

absl::StatusOr<v1::ApiKey> KeyAdmin::Get(const Caller& caller,
                                         const std::string& id) const {
  LINKTOR_ASSIGN(const KeyEntryPtr entry, Manageable(caller, id));
  return Describe(*entry);
}

v1::ListApiKeysResponse KeyAdmin::List(
    const Caller& caller, const v1::ListApiKeysRequest& request) const {
  const int page_size = PageSizeOf(request.page_size());
  const std::string after =
      ReadPageToken(PagedList::kApiKeys, request.page_token()).value_or("");
  v1::ListApiKeysResponse response;
  for (const KeyEntryPtr& entry : keys_.List()) {
    if (entry->key.id() <= after) continue;
    if (!CheckGrant(caller, entry->key).ok()) continue;
    if (response.api_keys_size() == page_size) {
      response.set_next_page_token(MakePageToken(
          PagedList::kApiKeys, response.api_keys(page_size - 1).id()));
      break;
    }
    *response.add_api_keys() = Describe(*entry);
  }
  return response;
}

absl::StatusOr<v1::ApiKey> KeyAdmin::Update(
    const Caller& caller, const v1::UpdateApiKeyRequest& request) {
  return Change(caller, request.api_key().id(),
                [&](const KeyEntry& entry) -> absl::StatusOr<Record> {
                  UpdateApiKeyRecord record;
                  record.time_ms = absl::ToUnixMillis(clock_.Now());
                  record.expected_revision = entry.revision;
                  record.key = entry.key;
                  google::protobuf::util::FieldMaskUtil::MergeOptions options;
                  options.set_replace_message_fields(true);
                  options.set_replace_repeated_fields(true);
                  google::protobuf::util::FieldMaskUtil::MergeMessageTo(
                      request.api_key(), request.update_mask(), options,
                      &record.key);
                  LINKTOR_TRY(CheckGrant(caller, record.key));
                  const auto& paths = request.update_mask().paths();
                  if (std::find(paths.begin(), paths.end(), "expire_time") !=
                      paths.end()) {
                    LINKTOR_TRY(CheckExpiry(record.key));
                  }
                  *record.key.mutable_update_time() =
                      TimeUtil::MillisecondsToTimestamp(record.time_ms);
                  return record;
                });
}

absl::Status KeyAdmin::Delete(const Caller& caller, const std::string& id) {
  return Change(caller, id,
                [&](const KeyEntry& entry) -> absl::StatusOr<Record> {
                  return DeleteApiKeyRecord{
                      .time_ms = absl::ToUnixMillis(clock_.Now()),
                      .expected_revision = entry.revision,
                      .id = id};
                })
      .status();
}

absl::StatusOr<v1::ApiKey> KeyAdmin::Change(
    const Caller& caller, const std::string& id,
    absl::FunctionRef<absl::StatusOr<Record>(const KeyEntry&)> make) {
  for (int i = 0; i < kMaxConflicts; ++i) {
    LINKTOR_ASSIGN(const KeyEntryPtr entry, Manageable(caller, id));
    LINKTOR_ASSIGN(Record record, make(*entry));
    LINKTOR_ASSIGN(const auto outcome,
                   AppendAs<ApiKeyOutcome>(journal_, std::move(record)));
    switch (outcome.kind) {
      case ApiKeyOutcome::Kind::kApplied:
        keys_.Put(outcome.row);
        return outcome.row.key;
      case ApiKeyOutcome::Kind::kChanged:
        // Another change came first; its caller may not have told the view yet.
        continue;
      default:
        return KeyNotFound(id);
    }
  }
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      "the API key is being changed by others all the time; try again",
      {.reason = v1::ERROR_REASON_OVERLOADED, .retry_after = absl::Seconds(1)});
}

absl::StatusOr<KeyEntryPtr> KeyAdmin::Manageable(const Caller& caller,
                                                 const std::string& id) const {
  KeyEntryPtr entry = keys_.Find(id);
  if (entry == nullptr || !CheckGrant(caller, entry->key).ok()) {
    return KeyNotFound(id);
  }
  return entry;
}

absl::Status KeyAdmin::CheckExpiry(const v1::ApiKey& key) const {
  if (!key.has_expire_time() ||
      absl::FromUnixMillis(TimeUtil::TimestampToMilliseconds(
          key.expire_time())) > clock_.Now()) {
    return absl::OkStatus();
  }
  return InvalidFields(v1::ERROR_REASON_INVALID_REQUEST,
                       {{"api_key.expire_time",
                         "must lie in the future; set disabled to end a key "
                         "now"}});
}

void KeyAdmin::StoreUses(bool all) {
  UseApiKeysRecord record;
  record.uses = keys_.TakeUses(all);
  if (record.uses.empty()) return;
  record.time_ms = absl::ToUnixMillis(clock_.Now());
  // A use that is not stored is a less exact answer, no fault of a caller's.
  journal_.Append(
      std::move(record), [](const absl::StatusOr<Outcome>& outcome) {
        if (outcome.ok()) return;
        Log(LogLevel::kWarning, "the last use of API keys is not stored",
            {{"error", outcome.status().ToString()}});
      });
}

}  // namespace linktor::access
