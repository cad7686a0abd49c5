#include "server/channels/registry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "server/base/status.h"
#include "server/base/try.h"

namespace linktor {

bool ChannelEntry::HasSecret(std::string_view fingerprint) const {
  return std::any_of(
      secrets.begin(), secrets.end(),
      [&](const SigningSecret& s) { return s.fingerprint == fingerprint; });
}

void ChannelEntry::NoteSecret(std::string_view fingerprint) const {
  for (const SigningSecret& secret : secrets) {
    if (secret.fingerprint != fingerprint) continue;
    notes->last_secret.store(secret.tag, std::memory_order_relaxed);
  }
}

const SigningSecret* ChannelEntry::ProvingSecret() const {
  if (secrets.empty()) return nullptr;
  const std::uint64_t last = notes->last_secret.load(std::memory_order_relaxed);
  for (const SigningSecret& secret : secrets) {
    if (secret.tag == last) return &secret;
  }
  return &secrets.back();
}

bool ChannelEntry::IsIceBreaker(std::string_view title,
                                std::string_view payload) const {
  return std::any_of(
      ice_breakers.begin(), ice_breakers.end(), [&](const v1::IceBreaker& one) {
        return one.question() == title && one.payload() == payload;
      });
}

absl::Status ChannelRegistry::Put(const ChannelRow& row) {
  auto entry = std::make_shared<ChannelEntry>();
  entry->no = row.no;
  entry->revision = row.revision;
  entry->channel = row.channel;
  v1::GetIceBreakersResponse ice_breakers;
  if (!ice_breakers.ParseFromString(row.ice_breakers)) {
    return absl::DataLossError("stored ice breakers cannot be read");
  }
  entry->ice_breakers = std::move(*ice_breakers.mutable_ice_breakers());
  if (!row.deleted) {
    LINKTOR_ASSIGN(
        const std::string opened,
        sealer_.Open(SealedPlace::kCredentials, std::to_string(row.no),
                     row.sealed_credentials));
    if (!entry->credentials.ParseFromString(opened)) {
      return absl::DataLossError("stored credentials cannot be read");
    }
    entry->access_token = Secret(entry->credentials.access_token());
    entry->verify_token = Secret(entry->credentials.verify_token());
    for (const std::string& secret : entry->credentials.app_secrets()) {
      std::string fingerprint = sealer_.Fingerprint(secret);
      const std::uint64_t tag = StringHash{}(fingerprint) | 1U;
      entry->secrets.push_back({std::move(fingerprint), HmacKey(secret), tag});
    }
  }
  MutexLock lock(mutex_);
  std::int64_t& revision = revisions_[row.no];
  if (row.revision <= revision) return absl::OkStatus();
  revision = row.revision;
  auto next = std::make_shared<Tables>(*tables_);
  const std::string& id = row.channel.id();
  if (const auto it = next->by_id.find(id); it != next->by_id.end()) {
    // A deleted channel's id may be another's by now.
    if (row.deleted && it->second->no != row.no) return absl::OkStatus();
    if (it->second->no == row.no) {
      entry->notes = it->second->notes;
      if (!(it->second->access_token.Reveal() ==
            entry->access_token.Reveal())) {
        entry->notes->token.store(TokenState::kUnknown,
                                  std::memory_order_relaxed);
      }
    }
    std::erase_if(next->by_account, [&](const auto& item) {
      return item.second->no == it->second->no;
    });
    next->by_id.erase(it);
  }
  if (!row.deleted) {
    next->by_id[id] = entry;
    for (const std::string& account :
         {row.channel.instagram_account_id(), row.channel.page_id()}) {
      if (!account.empty()) next->by_account[account] = entry;
    }
  }
  tables_ = std::move(next);
  return absl::OkStatus();
}

ChannelRegistry::EntryPtr ChannelRegistry::Find(
    std::string_view channel_id) const {
  MutexLock lock(mutex_);
  const auto it = tables_->by_id.find(channel_id);
  return it == tables_->by_id.end() ? nullptr : it->second;
}

ChannelRegistry::EntryPtr ChannelRegistry::FindOwner(
    std::string_view account_or_page_id) const {
  MutexLock lock(mutex_);
  const auto it = tables_->by_account.find(account_or_page_id);
  return it == tables_->by_account.end() ? nullptr : it->second;
}

std::vector<ChannelRegistry::EntryPtr> ChannelRegistry::List() const {
  std::vector<EntryPtr> all;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, entry] : tables_->by_id) all.push_back(entry);
  }
  std::sort(all.begin(), all.end(), [](const EntryPtr& a, const EntryPtr& b) {
    return a->channel.id() < b->channel.id();
  });
  return all;
}

absl::Status ChannelNotFound(std::string_view channel_id) {
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("there is no channel '", ToAbsl(channel_id),
                                "'; ListChannels shows those there are"),
                   {.reason = v1::ERROR_REASON_CHANNEL_NOT_FOUND,
                    .metadata = {{"channel_id", std::string(channel_id)}}});
}

}  // namespace linktor
