// Makes outgoing calls by HTTP and HTTPS, with libcurl. One thread drives all
// transfers. The calls to Meta go through it, and the emulator's webhooks.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace linktor::http {

// This is a request as a value. Nothing in it is checked: a URL that cannot be
// called ends as a transport error.
struct HttpCall {
  // It is GET, POST or DELETE. A GET is sent without its body.
  std::string method;
  // It is whole and percent-encoded. Only the schemes http and https are
  // called, and redirects are not followed.
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // This limits the whole call, up to the end of the answer.
  absl::Duration timeout = absl::Seconds(30);
};

// Says how a call ended. Status code, headers and body are those of the last
// answer that began; they mean something only when `transport` is OK.
struct HttpResult {
  // It is OK when a complete response arrived, whatever its status code.
  // Otherwise it is UNAVAILABLE, and its message says what happened in words
  // for callers; the log says more.
  absl::Status transport;
  // It is true when it is certain that no byte of the request left this
  // machine, so that the call may be repeated. It only means something when
  // `transport` is not OK.
  bool nothing_sent = false;
  int status_code = 0;
  // The names are in lower case; the order is that of the answer.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // Returns the value of the first header of that lower-case name, borrowed
  // from this; empty when there is none.
  std::string_view Header(std::string_view name) const;
};

// This is the seam between Graph calls and the network: tests put a fake here.
// A request is sent at most once: no implementation repeats one by itself,
// because a send that is repeated could reach a customer twice. Thread-safe.
class HttpTransport {
 public:
  using Callback = absl::AnyInvocable<void(HttpResult)>;

  virtual ~HttpTransport() = default;
  // Begins the call and returns at once. `done` is called exactly once, on a
  // thread of the transport, or within Send when the transport has stopped; it
  // must not block. The caller holds no mutex that `done` takes.
  virtual void Send(HttpCall call, Callback done) = 0;
};

// This is the transport of the program. Certificates are checked against the
// system's. Calls may come from any thread; results come on its one thread.
class CurlTransport final : public HttpTransport {
 public:
  struct Options {
    // It is for all but loopback addresses; empty for none. The environment's
    // proxy variables are not read.
    std::string proxy;
    // A connection, TLS included, must be made within this time. It is a part
    // of the call's own timeout.
    absl::Duration connect_timeout = absl::Seconds(10);
    // Connections that have been idle for longer are not used again: one that
    // the other side has just closed makes a send's outcome unknown.
    absl::Duration max_idle = absl::Seconds(30);
    // Further calls wait until one of these connections is free.
    long max_connections_per_host = 64;
    // This is the largest body of an answer that is read, in bytes; a larger
    // one is a transport error.
    std::size_t max_response_bytes = 4 * 1024 * 1024;
  };

  // Starts the thread. libcurl is initialised by the first transport, before
  // which the process must not use it.
  explicit CurlTransport(const Options& options);
  // Stops first, as Stop does.
  ~CurlTransport() override;

  void Send(HttpCall call, Callback done) override;

  // Ends what is under way with a transport error, and from then on every call
  // at once. It blocks until the thread has ended and all callbacks have
  // returned. It is called by one thread at a time, and never from a callback.
  void Stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace linktor::http
