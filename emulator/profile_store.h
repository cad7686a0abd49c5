// This is the messenger_profile of every account: people see it before they
// write. Only its field ice_breakers is known so far.

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
  // Replaces the ice breakers of an account by those of a POST's body, which
  // may be localised ([{"locale", "call_to_actions": [...]}, ...], with an
  // entry for "default") or flat ([{"question", "payload"}, ...]). Returns
  // Meta's error when the body is wrong; then nothing is changed.
  std::optional<GraphError> Set(std::string_view account,
                                const json::value& body);

  // Returns the answer to a GET, in the form that was stored: {"data":
  // [{"locale", "call_to_actions"}, ...]} or {"data": [{"ice_breakers":
  // [...]}]}; {"data": []} when there are none. An account that nobody has set
  // is no error.
  json::value Get(std::string_view account) const;

  // Returns the ice breakers of every locale, in the order in which they were
  // given; a customer of any language may tap them.
  std::vector<IceBreaker> IceBreakers(std::string_view account) const;

  // It is no error when there is nothing to remove.
  void Delete(std::string_view account);

 private:
  // It guards the map. A body is checked outside of it.
  mutable Mutex mutex_;
  // The key is the account. There are never more than kMaxAccounts.
  std::map<std::string, json::array, std::less<>> ice_breakers_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
