#include "server/channels/registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/cause_log.h"
#include "server/base/status.h"
#include "server/base/try.h"

namespace linktor::channels {

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

absl::Status ChannelRegistry::Load(const std::vector<state::ChannelRow>& rows) {
  for (const state::ChannelRow& row : rows) {
    LINKTOR_ASSIGN(const ChannelContent content, OpenChannel(sealer_, row));
    Put(row, MakeEntry(row, content));
  }
  return absl::OkStatus();
}

void ChannelRegistry::OnCommit(
    std::span<const journal::AppliedRecord> records) {
  for (const journal::AppliedRecord& record : records) {
    for (const state::ChannelRow& row : record.effects.channels) {
      if (row.deleted) {
        Put(row, nullptr);
        continue;
      }
      const auto content = OpenChannel(sealer_, row);
      if (!content.ok()) {
        LogCause(LogLevel::kError, "changed channel cannot be opened", row.id,
                 {{"channel", row.id}, {"error", content.status().ToString()}});
      }
      Put(row, content.ok() ? MakeEntry(row, *content) : nullptr);
    }
  }
}

std::shared_ptr<ChannelEntry> ChannelRegistry::MakeEntry(
    const state::ChannelRow& row, const ChannelContent& content) const {
  auto entry = std::make_shared<ChannelEntry>();
  entry->no = row.no;
  entry->revision = row.revision;
  entry->channel = content.channel;
  entry->ice_breakers = content.ice_breakers;
  entry->sealed_credentials = row.sealed_credentials;
  entry->access_token = Secret(content.credentials.access_token());
  entry->verify_token = Secret(content.credentials.verify_token());
  for (const std::string& secret : content.credentials.app_secrets()) {
    std::string fingerprint = sealer_.Fingerprint(secret);
    const std::uint64_t tag = StringHash{}(fingerprint) | 1U;
    entry->secrets.push_back({std::move(fingerprint), HmacKey(secret), tag});
  }
  return entry;
}

void ChannelRegistry::Put(const state::ChannelRow& row,
                          std::shared_ptr<ChannelEntry> entry) {
  MutexLock lock(mutex_);
  std::int64_t& revision = revisions_[row.no];
  if (row.revision <= revision) return;
  revision = row.revision;
  auto next = std::make_shared<Tables>(*tables_);
  if (const auto it = next->by_id.find(row.id); it != next->by_id.end()) {
    // The id of a deleted channel may by now be another channel's.
    if (entry == nullptr && it->second->no != row.no) return;
    if (entry != nullptr && it->second->no == row.no) {
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
  if (entry != nullptr) {
    for (const std::string& account : {row.account_id, row.page_id}) {
      if (!account.empty()) next->by_account[account] = entry;
    }
    next->by_id[row.id] = std::move(entry);
  }
  tables_ = std::move(next);
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

}  // namespace linktor::channels
