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

// An HttpCall is one outgoing request, as plain data. Nothing in it is checked
// before the call begins. When no request can be sent to its URL, the call ends
// with a transport error (HttpResult::transport).
struct HttpCall {
  // It is GET, POST or DELETE. The body of a GET is not sent.
  std::string method;
  // It is a complete and percent-encoded URL. Only URLs with the scheme http or
  // https can be called. Redirects are not followed.
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // This limits the time of the whole call, until the answer has been read to
  // its end.
  absl::Duration timeout = absl::Seconds(30);
};

// Says how a call ended. A server may send interim answers, such as 100
// Continue, before its final answer. The status code, the headers and the body
// belong to the last answer that began. They mean something only when
// `transport` is OK.
struct HttpResult {
  // It is OK when a complete answer arrived, whatever its status code is.
  // Otherwise it is UNAVAILABLE, and its message says what happened in words
  // that callers of the API may read. The program's log also has libcurl's own
  // text of the error, unless Stop has ended the call.
  absl::Status transport;
  // It is true when certainly no byte of the request has left this machine, so
  // that the call may be repeated. It is false when this is not certain. It
  // means something only when `transport` is not OK.
  bool nothing_sent = false;
  int status_code = 0;
  // The names are in lower case. The headers have the same order as in the
  // answer.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // Returns the value of the first header with this name. The name must be
  // given in lower case. The result is borrowed from this object. It is empty
  // when there is no such header.
  std::string_view Header(std::string_view name) const;
};

// Calls to Meta's Graph API reach the network only through this interface, so
// tests can replace the network by a fake. A request is sent at most once: no
// implementation repeats a request by itself, because a customer could then get
// a message twice. An implementation is thread-safe.
class HttpTransport {
 public:
  using Callback = absl::AnyInvocable<void(HttpResult)>;

  virtual ~HttpTransport() = default;
  // Begins the call and returns at once. `done` is called exactly once: on a
  // thread of the transport, or within Send when the transport has already
  // stopped. `done` must not block. The caller must not hold a mutex that
  // `done` locks, because `done` may run within Send.
  virtual void Send(HttpCall call, Callback done) = 0;
};

// A CurlTransport is the transport that the server and the emulator use. It
// checks the certificates of HTTPS servers against the certificate authorities
// that the system trusts. Send may be called on any thread. `done` is called on
// the transport's one thread, except after Stop.
class CurlTransport final : public HttpTransport {
 public:
  struct Options {
    // All calls go through this proxy, except calls to localhost, 127.0.0.1 and
    // ::1. The text is empty when there is no proxy. The environment variables
    // that name a proxy, such as https_proxy, are not read.
    std::string proxy;
    // A connection must be made within this time, its TLS handshake included.
    // This time is a part of the call's own timeout.
    absl::Duration connect_timeout = absl::Seconds(10);
    // A connection that has been idle for longer is not used again. The server
    // at the other end may be just closing such a connection. Then nobody would
    // know whether this server has received the request.
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
  // callbacks have returned. Only one thread at a time may call Stop, and a
  // callback must never call it.
  void Stop();

 private:
  // A Loop has the thread and the calls under way; see client.cc.
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace linktor::http
