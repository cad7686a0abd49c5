#include "emulator/account_list.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/ids.h"

namespace linktor::emulator {

AccountList::AccountList(const EmulatorConfig& config, ProfileStore& profiles,
                         MessageStore& messages)
    : profiles_(profiles),
      messages_(messages),
      first_(std::make_unique<Account>(config, profiles, messages)) {}

template <typename Fits>
Account* AccountList::FindIf(Fits fits) const {
  if (fits(*first_)) return first_.get();
  MutexLock lock(mutex_);
  for (const auto& [id, account] : others_) {
    if (fits(*account)) return account.get();
  }
  return nullptr;
}

Account* AccountList::Find(std::string_view id) const {
  return FindIf(
      [id](const Account& account) { return account.settings.Names(id); });
}

Account& AccountList::FindOrFirst(std::string_view id) const {
  Account* account = Find(id);
  return account == nullptr ? *first_ : *account;
}

EmulatorConfig AccountList::ConfigOf(std::string_view id) const {
  return FindOrFirst(id).settings.Get();
}

Account& AccountList::Addressed(const GraphApi::Address& address) const {
  if (Account* named = Find(address.id)) return *named;
  Account* account = FindIf([&address](const Account& one) {
    return one.settings.HasToken(address.token);
  });
  return account == nullptr ? *first_ : *account;
}

bool AccountList::IsOfAnother(const Account& account,
                              std::string_view token) const {
  if (account.settings.HasToken(token)) return false;
  return FindIf([token](const Account& one) {
           return one.settings.HasToken(token);
         }) != nullptr;
}

absl::Status AccountList::Change(std::string_view id,
                                 const ConfigChange& change) {
  if (!IsNumericId(id)) {
    return absl::InvalidArgumentError(
        "an account's id is a string of 1 to 32 digits");
  }
  Account* account = Find(id);
  if (change.page_id.has_value()) {
    const Account* owner = Find(*change.page_id);
    if (owner != nullptr && owner != account) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"page_id\" ", *change.page_id, " is another account's"));
    }
  }
  if (account == nullptr) {
    MutexLock lock(mutex_);
    // The first account counts, too.
    if (others_.size() + 1 >= kMaxAccounts) {
      return absl::ResourceExhaustedError(
          absl::StrCat("there are ", kMaxAccounts, " accounts already"));
    }
    account =
        others_
            .try_emplace(std::string(id), std::make_unique<Account>(
                                              first_->settings, std::string(id),
                                              profiles_, messages_))
            .first->second.get();
  }
  account->settings.Apply(change);
  return absl::OkStatus();
}

std::vector<Account*> AccountList::List() const {
  std::vector<Account*> list = {first_.get()};
  MutexLock lock(mutex_);
  for (const auto& [id, account] : others_) list.push_back(account.get());
  return list;
}

}  // namespace linktor::emulator
