#include "server/access/key_admin.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/field_mask_util.h"
#include "google/protobuf/util/time_util.h"
#include "server/access/key_text.h"
#include "server/access/sealed_key.h"
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

absl::Status TooManyKeys() {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   "there are as many API keys as this server holds; "
                   "delete those that are no longer used",
                   {.reason = v1::ERROR_REASON_LIMIT_REACHED,
                    .metadata = {{"limit", "api_keys"},
                                 {"value", absl::StrCat(state::kMaxApiKeys)}}});
}

absl::Status RequestIdReused(const std::string& request_id) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   "the request id was used for another key; use a new one",
                   {.reason = v1::ERROR_REASON_REQUEST_ID_REUSED,
                    .metadata = {{"request_id", request_id}}});
}

// Returns OK when the caller could grant the key, which then is also one that
// it may see and manage; otherwise PERMISSION_DENIED with NOT_AUTHORIZED.
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

// Returns the key as it is told to callers: with a use that is not stored yet.
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
  const std::int64_t now_ms = absl::ToUnixMillis(clock_.Now());
  v1::ApiKey key = request.api_key();
  key.set_id(made.id);
  key.clear_last_use_time();
  *key.mutable_create_time() = TimeUtil::MillisecondsToTimestamp(now_ms);
  *key.mutable_update_time() = key.create_time();
  journal::Record record = journal::NewRecord(now_ms);
  journal::CreateApiKey& create = *record.mutable_create_api_key();
  create.set_id(made.id);
  create.set_hash(std::string(AsBytes(hash)));
  create.set_creator(std::string(caller.key_id()));
  create.set_request_id(request.request_id());
  v1::CreateApiKeyRequest fingerprinted = request;
  fingerprinted.clear_request_id();
  create.set_request_fingerprint(
      sealer_.RequestFingerprint(fingerprinted.SerializeAsString()));
  seal::NewKeys new_keys;
  LINKTOR_ASSIGN(*create.mutable_sealed_key(), SealKey(sealer_, key, new_keys));
  LINKTOR_ASSIGN(const auto answer,
                 journal::AppendSealedAs<state::ApiKeyAnswer>(
                     journal_, std::move(new_keys), std::move(record)));
  v1::CreateApiKeyResponse response;
  switch (answer.kind) {
    case state::ApiKeyAnswer::Kind::kApplied:
      response.set_secret(std::string(made.text.Reveal()));
      break;
    case state::ApiKeyAnswer::Kind::kReplayed: {
      LINKTOR_ASSIGN(key, OpenKey(sealer_, answer.row));
      // The key may have been given more since, which its creator may not see.
      if (!CheckGrant(caller, key).ok()) return KeyNotFound(key.id());
      break;
    }
    case state::ApiKeyAnswer::Kind::kTooMany:
      return TooManyKeys();
    case state::ApiKeyAnswer::Kind::kReused:
    case state::ApiKeyAnswer::Kind::kNotFound:
    case state::ApiKeyAnswer::Kind::kChanged:
      return RequestIdReused(request.request_id());
  }
  *response.mutable_api_key() = std::move(key);
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
  return Change(caller, request.api_key().id(), [&](const KeyEntry& entry) {
    return MakeUpdate(caller, request, entry);
  });
}

absl::StatusOr<KeyAdmin::Draft> KeyAdmin::MakeUpdate(
    const Caller& caller, const v1::UpdateApiKeyRequest& request,
    const KeyEntry& entry) {
  const std::int64_t now_ms = absl::ToUnixMillis(clock_.Now());
  Draft draft{.record = journal::NewRecord(now_ms), .key = entry.key};
  google::protobuf::util::FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  google::protobuf::util::FieldMaskUtil::MergeMessageTo(
      request.api_key(), request.update_mask(), options, &draft.key);
  LINKTOR_TRY(CheckGrant(caller, draft.key));
  const auto& paths = request.update_mask().paths();
  if (std::find(paths.begin(), paths.end(), "expire_time") != paths.end()) {
    LINKTOR_TRY(CheckExpiry(draft.key));
  }
  *draft.key.mutable_update_time() = TimeUtil::MillisecondsToTimestamp(now_ms);
  journal::UpdateApiKey& update = *draft.record.mutable_update_api_key();
  update.set_id(entry.key.id());
  update.set_expected_revision(entry.revision);
  LINKTOR_ASSIGN(*update.mutable_sealed_key(),
                 SealKey(sealer_, draft.key, draft.new_keys));
  return draft;
}

absl::Status KeyAdmin::Delete(const Caller& caller, const std::string& id) {
  return Change(caller, id,
                [&](const KeyEntry& entry) -> absl::StatusOr<Draft> {
                  Draft draft{.record = journal::NewRecord(
                                  absl::ToUnixMillis(clock_.Now()))};
                  journal::DeleteApiKey& gone =
                      *draft.record.mutable_delete_api_key();
                  gone.set_id(id);
                  gone.set_expected_revision(entry.revision);
                  return draft;
                })
      .status();
}

absl::StatusOr<v1::ApiKey> KeyAdmin::Change(const Caller& caller,
                                            const std::string& id, Make make) {
  for (int i = 0; i < kMaxConflicts; ++i) {
    LINKTOR_ASSIGN(const KeyEntryPtr entry, Manageable(caller, id));
    LINKTOR_ASSIGN(Draft draft, make(*entry));
    LINKTOR_ASSIGN(
        const auto answer,
        journal::AppendSealedAs<state::ApiKeyAnswer>(
            journal_, std::move(draft.new_keys), std::move(draft.record)));
    switch (answer.kind) {
      case state::ApiKeyAnswer::Kind::kApplied:
        SetLastUse(answer.row, draft.key);
        return std::move(draft.key);
      case state::ApiKeyAnswer::Kind::kChanged:
        // Another change came first, and the view knows it by now.
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
  const auto uses = keys_.TakeUses(all);
  if (uses.empty()) return;
  journal::Record record = journal::NewRecord(absl::ToUnixMillis(clock_.Now()));
  for (const auto& [id, use_ms] : uses) {
    journal::UseApiKeys::Use& use = *record.mutable_use_api_keys()->add_uses();
    use.set_id(id);
    use.set_time_ms(use_ms);
  }
  // A use that is not stored is a less exact answer, no fault of a caller's.
  journal_.Append(std::move(record), [](const journal::Ending& ending) {
    if (ending.applied()) return;
    Log(LogLevel::kWarning, "the last use of API keys is not stored",
        {{"error", ending.status.ToString()}});
  });
}

}  // namespace linktor::access
