#include "server/access/api_keys.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "server/access/key_text.h"
#include "server/access/sealed_key.h"
#include "server/base/cause_log.h"
#include "server/base/status.h"
#include "server/base/try.h"

namespace linktor::access {
namespace {

using google::protobuf::util::TimeUtil;

// Ten minutes is what the contract promises; a minute less leaves time until
// the App asks again.
constexpr std::int64_t kUseExactMs = 9LL * 60 * 1000;

KeyEntryPtr MakeEntry(const state::ApiKeyRow& row, v1::ApiKey key,
                      std::shared_ptr<KeyUse> use) {
  auto entry = std::make_shared<KeyEntry>();
  entry->revision = row.revision;
  const std::size_t size = std::min(row.hash.size(), entry->hash.size());
  std::copy_n(row.hash.begin(), size, entry->hash.begin());
  for (const int permission : key.permissions()) {
    entry->permissions |= 1U << static_cast<unsigned>(permission);
  }
  entry->channels.insert(key.channel_ids().begin(), key.channel_ids().end());
  if (key.has_expire_time()) {
    entry->expire_time = absl::FromUnixMillis(
        TimeUtil::TimestampToMilliseconds(key.expire_time()));
  }
  entry->key = std::move(key);
  entry->use = std::move(use);
  return entry;
}

absl::Status Invalid() {
  return MakeError(absl::StatusCode::kUnauthenticated,
                   v1::ERROR_REASON_API_KEY_INVALID,
                   "this server has no such API key");
}

}  // namespace

absl::Status ApiKeys::Load(const std::vector<state::ApiKeyRow>& rows) {
  for (const state::ApiKeyRow& row : rows) {
    LINKTOR_ASSIGN(v1::ApiKey key, OpenKey(sealer_, row));
    Put(row, std::move(key));
  }
  return absl::OkStatus();
}

void ApiKeys::OnCommit(std::span<const journal::AppliedRecord> records) {
  for (const journal::AppliedRecord& record : records) {
    for (const state::ApiKeyRow& row : record.effects.api_keys) {
      if (row.deleted) {
        Put(row, std::nullopt);
        continue;
      }
      auto key = OpenKey(sealer_, row);
      if (!key.ok()) {
        LogCause(LogLevel::kError, "changed API key cannot be opened", row.id,
                 {{"api_key", row.id}, {"error", key.status().ToString()}});
      }
      Put(row, key.ok() ? std::optional(*std::move(key)) : std::nullopt);
    }
  }
}

void ApiKeys::Put(const state::ApiKeyRow& row, std::optional<v1::ApiKey> key) {
  {
    MutexLock lock(mutex_);
    std::int64_t& known = revisions_[row.id];
    if (row.revision <= known) return;
    known = row.revision;
    if (!key.has_value()) {
      by_id_.erase(row.id);
    } else {
      Known& one = by_id_[row.id];
      auto use =
          one.entry != nullptr ? one.entry->use : std::make_shared<KeyUse>();
      one.stored_use_ms = std::max(one.stored_use_ms, row.last_use_ms);
      one.entry = MakeEntry(row, *std::move(key), std::move(use));
    }
  }
  generation_.fetch_add(1, std::memory_order_release);
}

absl::StatusOr<Caller> ApiKeys::Authenticate(std::string_view text) {
  const KeyEntryPtr entry = Find(KeyIdOf(text));
  const Digest hash = sealer_.ApiKeyHash(text);
  // A key that does not exist takes the same time as one that does.
  const KeyEntry* const known = entry.get();
  static constexpr Digest kNoHash{};
  const bool equal = ConstantTimeEqual(
      AsBytes(hash), AsBytes(known != nullptr ? known->hash : kNoHash));
  if (entry == nullptr || !equal) return Invalid();
  if (absl::Status status = Judge(*entry); !status.ok()) return status;
  Caller caller(entry);
  NoteUse(caller);
  return caller;
}

absl::Status ApiKeys::Judge(const KeyEntry& entry) const {
  if (entry.key.disabled()) {
    return MakeError(absl::StatusCode::kUnauthenticated,
                     "the API key is disabled",
                     {.reason = v1::ERROR_REASON_API_KEY_DISABLED,
                      .metadata = {{"api_key_id", entry.key.id()}}});
  }
  if (clock_.Now() >= entry.expire_time) {
    const std::string when = TimeUtil::ToString(entry.key.expire_time());
    return MakeError(
        absl::StatusCode::kUnauthenticated,
        absl::StrCat("the API key has expired at ", when),
        {.reason = v1::ERROR_REASON_API_KEY_EXPIRED,
         .metadata = {{"api_key_id", entry.key.id()}, {"expire_time", when}}});
  }
  return absl::OkStatus();
}

absl::Status ApiKeys::RecheckInForce(const Caller& caller) const {
  if (caller.key() == nullptr) return absl::OkStatus();
  const KeyEntryPtr now = Find(caller.key_id());
  return now == nullptr ? Invalid() : Judge(*now);
}

void ApiKeys::NoteUse(const Caller& caller) const {
  if (caller.key() == nullptr) return;
  caller.key()->use->last_use_ms.store(absl::ToUnixMillis(clock_.Now()),
                                       std::memory_order_relaxed);
}

absl::StatusOr<Caller> ApiKeys::Recheck(const Caller& caller,
                                        v1::Permission permission,
                                        const StringSet& channels) const {
  if (caller.key() == nullptr) return caller;
  const KeyEntryPtr now = Find(caller.key_id());
  if (now == nullptr) return Invalid();
  if (absl::Status status = Judge(*now); !status.ok()) return status;
  Caller fresh(now);
  if (!fresh.Has(permission)) return LacksPermission(fresh, permission);
  const StringSet& needed =
      channels.empty() ? caller.key()->channels : channels;
  const bool covers =
      needed.empty()
          ? now->CoversAll()
          : std::all_of(needed.begin(), needed.end(),
                        [&](const std::string& id) { return now->Covers(id); });
  if (!covers) {
    return NotAuthorized(fresh,
                         "the API key covers fewer channels than before");
  }
  return fresh;
}

KeyEntryPtr ApiKeys::Find(std::string_view id) const {
  MutexLock lock(mutex_);
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second.entry;
}

std::vector<KeyEntryPtr> ApiKeys::List() const {
  std::vector<KeyEntryPtr> all;
  {
    MutexLock lock(mutex_);
    all.reserve(by_id_.size());
    for (const auto& [id, known] : by_id_) all.push_back(known.entry);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a->key.id() < b->key.id();
  });
  return all;
}

bool ApiKeys::HasManager() const {
  const std::vector<KeyEntryPtr> all = List();
  return std::any_of(all.begin(), all.end(), [&](const KeyEntryPtr& entry) {
    return entry->Has(v1::PERMISSION_MANAGE_ACCESS) && entry->CoversAll() &&
           Judge(*entry).ok();
  });
}

std::vector<std::pair<std::string, std::int64_t>> ApiKeys::TakeUses(bool all) {
  std::vector<std::pair<std::string, std::int64_t>> uses;
  MutexLock lock(mutex_);
  for (auto& [id, known] : by_id_) {
    const std::int64_t used =
        known.entry->use->last_use_ms.load(std::memory_order_relaxed);
    const std::int64_t newer = used - known.stored_use_ms;
    if (newer <= 0 || (!all && newer < kUseExactMs)) continue;
    known.stored_use_ms = used;
    uses.emplace_back(id, used);
  }
  return uses;
}

absl::Status LacksPermission(const Caller& caller, v1::Permission permission) {
  const std::string& name = v1::Permission_Name(permission);
  return MakeError(absl::StatusCode::kPermissionDenied,
                   absl::StrCat("the API key lacks ", name),
                   {.reason = v1::ERROR_REASON_NOT_AUTHORIZED,
                    .metadata = {{"api_key_id", std::string(caller.key_id())},
                                 {"permission", name}}});
}

absl::Status NotAuthorized(const Caller& caller, std::string_view why) {
  return MakeError(
      absl::StatusCode::kPermissionDenied, why,
      {.reason = v1::ERROR_REASON_NOT_AUTHORIZED,
       .metadata = {{"api_key_id", std::string(caller.key_id())}}});
}

}  // namespace linktor::access
