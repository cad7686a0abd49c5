// The CallLog keeps every Graph call that the emulator received, so that tests
// and people can look at what the gateway sent. It does not keep the access
// token.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "emulator/bounded_log.h"
#include "emulator/json.h"
#include "server/base/mutex.h"
#include "server/http/message.h"

namespace linktor::emulator {

// A GraphCall is one request and the status of its answer.
struct GraphCall {
  // This is the id of the account that the call was for. A call that names no
  // known account is for the first account.
  std::string account;
  // It is the HTTP method, such as "POST".
  std::string method;
  // This is the path with its query, but without the parameters that every call
  // has: locale, access_token and appsecret_proof. The last two are secret.
  std::string path;
  // This is the locale that the call asked for; it is empty when the call named
  // none.
  std::string locale;
  // It is true when the call had an appsecret_proof.
  bool proved = false;
  // This is the JSON of the body, without access_token. It is a string when the
  // body is not JSON, and null when the body is empty.
  json::value body;
  // This is the HTTP status of the answer. It is 0 while the call has no answer
  // yet. It stays 0 when the connection was closed without an answer.
  int status = 0;
  // The names are in lower case. The header "authorization" is left out.
  std::vector<std::pair<std::string, std::string>> headers;
};

// It is thread-safe.
class CallLog {
 public:
  // A List is a copy of the log at one moment.
  struct List {
    // The oldest call is the first.
    std::vector<GraphCall> calls;
    // This many older calls were forgotten to make room.
    std::uint64_t dropped = 0;
  };

  // Adds the call to the list and returns its number.
  std::uint64_t Begin(const http::HttpRequest& request, std::string account);
  // Stores the status of a call's answer. It does nothing when the call is
  // forgotten.
  void Answered(std::uint64_t n, int status);

  // Returns a copy, so that the log can change while the caller reads it.
  List Get() const;
  // Forgets all calls. DELETE /emulator/graph-calls uses it.
  void Clear();
  // Blocks until the list has at least `count` calls. Returns false when
  // `timeout` passes first. After Clear() the list counts from zero again.
  bool WaitForCount(std::size_t count, absl::Duration timeout);

 private:
  // The list is limited, because a load test must not fill the memory.
  static constexpr std::size_t kMaxCalls = 10'000;
  // The paths and bodies of all calls in the list together have at most this
  // many bytes.
  static constexpr std::size_t kMaxBytes = 64 * 1024 * 1024;

  mutable Mutex mutex_;
  // It is signalled when a call is added.
  CondVar changed_;
  BoundedLog<GraphCall> log_ ABSL_GUARDED_BY(mutex_){kMaxCalls, kMaxBytes};
};

}  // namespace linktor::emulator
