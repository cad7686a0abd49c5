// The CallLog keeps every Graph call that was received, without its token, so
// that tests and people can look at what the gateway sent.

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
  // This is the id of the account that the call was for; it is the first one's
  // for a call that names no account of this Instagram.
  std::string account;
  // It is a method of HTTP, such as "POST".
  std::string method;
  // This is the path with its query, but without the parameters that every call
  // has: locale, and access_token and appsecret_proof, which are secret.
  std::string path;
  // This is the locale that was asked for; it is empty when none was.
  std::string locale;
  // The call had an appsecret_proof.
  bool proved = false;
  // The body is JSON without access_token, a string when it is not JSON, and
  // null when it is empty.
  json::value body;
  // This is the status of the answer; it is 0 while there is none, and for good
  // when the connection was closed instead.
  int status = 0;
  // Names are in lower case; authorization is left out.
  std::vector<std::pair<std::string, std::string>> headers;
};

// It is thread-safe.
class CallLog {
 public:
  // A List is a copy of the log as it was when it was asked for.
  struct List {
    // The oldest call is the first.
    std::vector<GraphCall> calls;
    // So many older ones were forgotten for room.
    std::uint64_t dropped = 0;
  };

  // Adds the call, which is in the list from now on, and returns its number.
  std::uint64_t Begin(const http::HttpRequest& request, std::string account);
  // Notes the status of a call's answer. A call that is forgotten is left
  // alone.
  void Answered(std::uint64_t n, int status);

  // Returns copies, so that the list can go on.
  List Get() const;
  // Forgets all calls; the control API's DELETE asks for it.
  void Clear();
  // Blocks until at least `count` calls are in the list. Returns false when
  // `timeout` passes first. Clear() makes it count anew.
  bool WaitForCount(std::size_t count, absl::Duration timeout);

 private:
  // The list is for tests and for looking at; a load test must not fill the
  // memory.
  static constexpr std::size_t kMaxCalls = 10'000;
  // Paths and bodies of all calls in the list have at most so many bytes.
  static constexpr std::size_t kMaxBytes = 64 * 1024 * 1024;

  mutable Mutex mutex_;
  // It is signalled when a call is added.
  CondVar changed_;
  BoundedLog<GraphCall> log_ ABSL_GUARDED_BY(mutex_){kMaxCalls, kMaxBytes};
};

}  // namespace linktor::emulator
