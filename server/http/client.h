// Makes outgoing calls over HTTP and HTTPS, with libcurl. One thread drives all
// transfers. The server's calls to Meta go through this client, and so do the
// emulator's webhooks.

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

// This is a request as a value. Nothing in it is checked in advance: when the
// URL cannot be called, the call ends with a transport error
// (HttpResult::transport).
struct HttpCall {
  // It is GET, POST or DELETE. The body of a GET is not sent.
  std::string method;
  // It is a complete and percent-encoded URL. Only URLs with the scheme http or
  // https can be called. Redirects are not followed.
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // This limits the time of the whole call, up to the end of the answer.
  absl::Duration timeout = absl::Seconds(30);
};

// Says how a call ended. The status code, the headers and the body belong to
// the last answer that began. They mean something only when `transport` is OK.
struct HttpResult {
  // It is OK when a complete answer arrived, whatever its status code is.
  // Otherwise it is UNAVAILABLE, and its message says what happened in words
  // that callers of the API may read. The log also has libcurl's own words.
  absl::Status transport;
  // It is true when certainly no byte of the request has left this machine. The
  // call may then be repeated. It means something only when `transport` is not
  // OK.
  bool nothing_sent = false;
  int status_code = 0;
  // The names are in lower case. The headers have the same order as in the
  // answer.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // Returns the value of the first header with this name, which must be in
  // lower case. The result is borrowed from this object. It is empty when there
  // is no such header.
  std::string_view Header(std::string_view name) const;
};

// Graph calls reach the network only through this interface, so tests can put a
// fake in its place. A request is sent at most once: no implementation repeats
// a request by itself, because a customer could then get a message twice.
// Thread-safe.
class HttpTransport {
 public:
  using Callback = absl::AnyInvocable<void(HttpResult)>;

  virtual ~HttpTransport() = default;
  // Begins the call and returns at once. `done` is called exactly once, on a
  // thread of the transport. When the transport has stopped, `done` is called
  // within Send. `done` must not block. The caller must not hold a mutex that
  // `done` locks, because `done` may run within Send.
  virtual void Send(HttpCall call, Callback done) = 0;
};

// This is the transport that the program uses. It checks the certificates of
// HTTPS servers against the authorities that the system trusts. Calls may come
// from any thread. Results come on the transport's one thread, except after
// Stop.
class CurlTransport final : public HttpTransport {
 public:
  struct Options {
    // All calls go through this proxy, except calls to localhost, 127.0.0.1 and
    // ::1. It is empty when there is no proxy. The proxy variables of the
    // environment are not read.
    std::string proxy;
    // A connection must be made within this time, and so must its TLS
    // handshake. This time is a part of the call's own timeout.
    absl::Duration connect_timeout = absl::Seconds(10);
    // A connection that has been idle for longer is not used again. The other
    // side may have just closed such a connection, and the outcome of a send
    // would then be unknown.
    absl::Duration max_idle = absl::Seconds(30);
    // At most this many connections to one host are open. Further calls wait
    // until one of these connections is free.
    long max_connections_per_host = 64;
    // This is the largest body of an answer that is read, in bytes. A call with
    // a larger answer ends with a transport error.
    std::size_t max_response_bytes = 4 * 1024 * 1024;
  };

  // Starts the thread. The first transport of the process initialises libcurl,
  // and the process must not use libcurl before that.
  explicit CurlTransport(const Options& options);
  // Stops the transport first, as Stop does.
  ~CurlTransport() override;

  void Send(HttpCall call, Callback done) override;

  // Ends all calls under way with a transport error. Later calls end at once,
  // also with a transport error. Stop blocks until the thread has ended and all
  // callbacks have returned. Only one thread at a time may call it, and never
  // from a callback.
  void Stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace linktor::http
