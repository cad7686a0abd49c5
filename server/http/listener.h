// The HTTP/1.1 server for webhooks and administration: Boost.Beast behind one
// handler function. It keeps strangers within limits (connections, head and
// body size, bytes in flight, idle time) before any handler sees them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/http/message.h"

namespace linktor {

class HttpListener {
 public:
  struct Options {
    // Numeric address or name, and port (0 picks one).
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    // Threads that serve connections.
    int threads = 1;
    // Over it: refused by closing.
    std::size_t max_connections = 10'000;
    // Over it: 431.
    std::size_t max_head_bytes = 16 * 1024;
    // Over it: 413.
    std::size_t max_body_bytes = 16 * 1024 * 1024;
    // Bytes of all bodies read but not yet answered; over it: 503.
    std::size_t max_bytes_in_flight = 256 * 1024 * 1024;
    // A connection that waits this long for a request, or for the rest of one,
    // is closed. Checked once a second for all.
    absl::Duration idle_timeout = absl::Seconds(75);
    absl::Duration request_timeout = absl::Seconds(20);
  };

  // Called on a listener thread, which serves other connections too: it may
  // look something up, but not wait. `respond` may be called later and from
  // another thread.
  using Handler =
      std::function<void(HttpRequest request, HttpResponder respond)>;

  // Binds and serves until destruction. UNAVAILABLE when the address cannot be
  // bound, INVALID_ARGUMENT when it is none.
  static absl::StatusOr<std::unique_ptr<HttpListener>> Start(
      const Options& options, Handler handler);

  virtual ~HttpListener() = default;

  // "127.0.0.1:8080", with the port in use.
  virtual const std::string& address() const = 0;

  // Stops accepting, closes idle connections, waits for requests under way to
  // be answered, at most for `grace`, and closes the rest. Responders may still
  // be called after it, and after destruction; they then do nothing.
  virtual void Stop(absl::Duration grace) = 0;
};

// Splits "host:port" or "[v6]:port". False when it is neither.
bool SplitHostPort(std::string_view text, std::string& host,
                   std::uint16_t& port);
// Whether a host is a loopback address or "localhost".
bool IsLoopback(std::string_view host);

}  // namespace linktor
