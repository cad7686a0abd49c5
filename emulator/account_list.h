// These are the Instagram accounts of the emulator. Each has ids, tokens, an
// app with its secret and webhook URL, people who write to it, and a Graph API
// that sees nothing of the others.

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

// An Account is one of them. Each of its parts is thread-safe.
struct Account {
  // These two make the first account and a further one; the stores and `first`
  // must outlive it.
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
  // A person has another id for each account, so each account has a list.
  UserList users;
  // It works with the two above.
  GraphApi graph;
};

// It is thread-safe. There is always a first account, which everything is for
// that names no other. Accounts are never removed, so that references to them
// stay good as long as the list.
class AccountList {
 public:
  // There may be so many.
  static constexpr std::size_t kMaxAccounts = 1000;

  // Makes the first account. The stores must outlive this.
  AccountList(const EmulatorConfig& config, ProfileStore& profiles,
              MessageStore& messages);

  Account& first() const { return *first_; }

  // Returns the account of that id or page; null when there is none.
  Account* Find(std::string_view id) const;
  // Returns the account of that id or page, and else the first one: nobody has
  // to say which account they mean where there is only one.
  Account& FindOrFirst(std::string_view id) const;
  // Returns a copy of that account's settings.
  EmulatorConfig ConfigOf(std::string_view id) const;
  // Returns the account that a Graph call is for: the one of its path, or else
  // the one of its token, or else the first.
  Account& Addressed(const GraphApi::Address& address) const;
  // Returns whether the token is one of another account's and not of this one.
  bool IsOfAnother(const Account& account, std::string_view token) const;

  // Changes the account of that id, which is made if need be. It fails with
  // RESOURCE_EXHAUSTED when there are too many, and with INVALID_ARGUMENT when
  // the id is not one, or when the change has the page of another account.
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
  // It guards the map. Settings are asked under it, which call nobody else.
  mutable Mutex mutex_;
  // These are the further accounts. The key is the id.
  std::map<std::string, std::unique_ptr<Account>, std::less<>> others_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
