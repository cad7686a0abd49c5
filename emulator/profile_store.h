// This stores the messenger_profile of every account. People see the profile
// before they write. The emulator knows only its field ice_breakers.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/graph_error.h"
#include "emulator/json.h"
#include "server/base/mutex.h"

namespace linktor::emulator {

// An IceBreaker is a question that a customer can tap, and the payload that the
// tap sends.
struct IceBreaker {
  std::string question;
  std::string payload;
};

// It is thread-safe. The Graph API writes it, and taps read it.
class ProfileStore {
 public:
  // Replaces the ice breakers of an account with those of a POST's body. The
  // body has one of two forms: localised
  // ([{"locale", "call_to_actions": [...]}, ...], with an entry for "default"),
  // or flat ([{"question", "payload"}, ...]). When the body is wrong, returns
  // Meta's error and changes nothing.
  std::optional<GraphError> Set(std::string_view account,
                                const json::value& body);

  // Returns the answer to a GET, in the form that was stored:
  // {"data": [{"locale", "call_to_actions"}, ...]} or
  // {"data": [{"ice_breakers": [...]}]}. It is {"data": []} when the account
  // has none. An account without a profile is not an error.
  json::value Get(std::string_view account) const;

  // Returns the ice breakers of every locale, in the order in which they were
  // given. They are all returned because a customer may tap one in any
  // language.
  std::vector<IceBreaker> IceBreakers(std::string_view account) const;

  // Removes the ice breakers of an account. It is no error when the account has
  // none.
  void Delete(std::string_view account);

 private:
  // It guards the map. A body is checked before the mutex is locked.
  mutable Mutex mutex_;
  // The key is the account. There are never more than kMaxAccounts.
  std::map<std::string, json::array, std::less<>> ice_breakers_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
