// Every Graph call that was received, without its token.

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

struct GraphCall {
  std::string method;
  // This is the path with its query, but without the parameters that every call
  // has: locale, and access_token and appsecret_proof, which are secret.
  std::string path;
  // The locale that was asked for; empty when none was.
  std::string locale;
  // The call had an appsecret_proof.
  bool proved = false;
  // JSON without access_token; a string when the body is not JSON; null when
  // it is empty.
  json::value body;
  // Of the answer; 0 while there is none, or for good when the connection was
  // closed instead.
  int status = 0;
  // Names in lower case; without authorization.
  std::vector<std::pair<std::string, std::string>> headers;
};

// Thread-safe.
class CallLog {
 public:
  struct List {
    // Oldest first.
    std::vector<GraphCall> calls;
    // How many older ones were forgotten for room.
    std::uint64_t dropped = 0;
  };

  // The call is in the list from now on. Returns its number.
  std::uint64_t Begin(const HttpRequest& request);
  void Answered(std::uint64_t n, int status);

  List Get() const;
  void Clear();
  // Waits until at least `count` calls are in the list; false when `timeout`
  // passes first.
  bool WaitForCount(std::size_t count, absl::Duration timeout);

 private:
  // The list is for tests and for looking at; a load test must not fill the
  // memory.
  static constexpr std::size_t kMaxCalls = 10'000;
  static constexpr std::size_t kMaxBytes = 64 * 1024 * 1024;

  mutable Mutex mutex_;
  CondVar changed_;
  BoundedLog<GraphCall> log_ ABSL_GUARDED_BY(mutex_){kMaxCalls, kMaxBytes};
};

}  // namespace linktor::emulator
