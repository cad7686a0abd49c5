// Outgoing HTTP(S), by libcurl. One thread drives all transfers.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace linktor {

struct HttpCall {
  // GET, POST or DELETE.
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  absl::Duration timeout = absl::Seconds(30);
};

struct HttpResult {
  // OK when a complete response arrived, whatever its status code. Otherwise
  // its message says what happened in words for callers; the log says more.
  absl::Status transport;
  // Whether it is certain that no byte of the request left this machine. Only
  // meaningful when `transport` is not OK.
  bool nothing_sent = false;
  int status_code = 0;
  // Names in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // The first header of that lower-case name; empty when there is none.
  std::string_view Header(std::string_view name) const;
};

// The seam between Graph calls and the network. A request is sent at most
// once: no implementation repeats one by itself.
class HttpTransport {
 public:
  using Callback = absl::AnyInvocable<void(HttpResult)>;

  virtual ~HttpTransport() = default;
  // `done` is called once, on a thread of the transport; it must not block.
  virtual void Send(HttpCall call, Callback done) = 0;
};

class CurlTransport final : public HttpTransport {
 public:
  struct Options {
    // Proxy for all but loopback addresses; empty for none. The environment's
    // proxy variables are not read.
    std::string proxy;
    absl::Duration connect_timeout = absl::Seconds(10);
    // Idle connections older than this are not used again: one that the other
    // side has just closed makes a send's outcome unknown.
    absl::Duration max_idle = absl::Seconds(30);
    long max_connections_per_host = 64;
    // Largest answer read, in bytes; a larger one is a transport error.
    std::size_t max_response_bytes = 4 * 1024 * 1024;
  };

  explicit CurlTransport(const Options& options);
  ~CurlTransport() override;

  void Send(HttpCall call, Callback done) override;

  // Ends what is under way with a transport error, and from then on every
  // call at once. Done by the destructor if by nobody else.
  void Stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace linktor
