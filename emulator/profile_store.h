// The messenger_profile of every account: what people see before they write.
// Of its fields only ice_breakers is known so far.

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

struct IceBreaker {
  std::string question;
  std::string payload;
};

// Thread-safe.
class ProfileStore {
 public:
  // Replaces the ice breakers of an account by those of a POST's body, which
  // may be localised ([{"locale", "call_to_actions": [...]}, ...], with an
  // entry for "default") or flat ([{"question", "payload"}, ...]).
  std::optional<GraphError> Set(std::string_view account,
                                const json::value& body);

  // The answer to a GET, in the form that was stored:
  // {"data": [{"locale", "call_to_actions"}, ...]} or
  // {"data": [{"ice_breakers": [...]}]}; {"data": []} when there are none.
  json::value Get(std::string_view account) const;

  // Those of every locale, in the order they were given.
  std::vector<IceBreaker> IceBreakers(std::string_view account) const;

  // Removing what is not there is no error.
  void Delete(std::string_view account);

 private:
  mutable Mutex mutex_;
  // By account; never more than kMaxAccounts.
  std::map<std::string, json::array, std::less<>> ice_breakers_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
