// This is the list of the Instagram accounts of the emulator. Each account has
// ids, tokens, an app with its secret and webhook URL, people who write to it,
// and its own Graph API. The Graph API of one account does not see the data of
// the others.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "emulator/graph_api.h"
#include "emulator/message_store.h"
#include "emulator/profile_store.h"
#include "emulator/settings.h"
#include "emulator/user_list.h"
#include "server/base/mutex.h"

namespace linktor::emulator {

// An Account is one account of the list. Each of its parts is thread-safe.
struct Account {
  // The first constructor makes the first account; the second one makes a
  // further account, whose settings are based on `first`. The stores and
  // `first` must outlive the account.
  Account(const EmulatorConfig& config, ProfileStore& profiles,
          MessageStore& messages)
      : settings(config), graph(settings, users, profiles, messages) {}
  Account(const Settings& first, std::string id, ProfileStore& profiles,
          MessageStore& messages)
      : settings(first, std::move(id)),
        graph(settings, users, profiles, messages) {}
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  Settings settings;
  // The same person has a different id for each account, so each account has
  // its own list.
  UserList users;
  // It reads the settings and the users above.
  GraphApi graph;
};

// It is thread-safe. The list always has a first account. A request that names
// no account is for the first one. Accounts are never removed, so references to
// them are valid as long as the list exists.
class AccountList {
 public:
  // The list can have at most this many accounts.
  static constexpr std::size_t kMaxAccounts = 1000;

  // Makes the first account. The stores must outlive this.
  AccountList(const EmulatorConfig& config, ProfileStore& profiles,
              MessageStore& messages);

  Account& first() const { return *first_; }

  // Returns the account with this id, or with the page of this id; null when
  // there is none.
  Account* Find(std::string_view id) const;
  // Returns the account with this id or page. When there is none, returns the
  // first account, so that a caller need not name an account where only one
  // exists.
  Account& FindOrFirst(std::string_view id) const;
  // Returns a copy of the settings of the account that FindOrFirst() returns.
  EmulatorConfig ConfigOf(std::string_view id) const;
  // Returns the account that a Graph call is for: the account that its path
  // names, or else the account that has its token, or else the first account.
  Account& Addressed(const GraphApi::Address& address) const;
  // Returns whether the token belongs to another account and not to this one.
  bool IsOfAnother(const Account& account, std::string_view token) const;

  // Changes the account of this id, and first creates it if it does not exist.
  // Fails with RESOURCE_EXHAUSTED when there are too many accounts. Fails with
  // INVALID_ARGUMENT when the id is not 1 to 32 digits, or when the change has
  // the page of another account.
  absl::Status Change(std::string_view id, const ConfigChange& change);

  // Returns all accounts: the first one, and then the others by their ids.
  std::vector<Account*> List() const;

 private:
  // Returns the first account for which `fits` is true; null when there is
  // none.
  template <typename Fits>
  Account* FindIf(Fits fits) const;

  ProfileStore& profiles_;
  MessageStore& messages_;
  // It is never null.
  const std::unique_ptr<Account> first_;
  // It guards the map. Settings are read while it is held; this cannot
  // deadlock, because Settings call no other part.
  mutable Mutex mutex_;
  // These are all accounts except the first one. The key is the id.
  std::map<std::string, std::unique_ptr<Account>, std::less<>> others_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
