// This is the HTTP/1.1 server for webhooks and administration: Boost.Beast
// behind one handler function, over plaintext or TLS. It keeps strangers within
// limits (connections, head and body size, bytes in flight, idle time) before
// any handler sees them. App has two, the emulator one; each has a thread that
// accepts and threads that serve.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/tls_identity.h"
#include "server/http/message.h"
#include "server/http/peer_address.h"

namespace linktor::http {

// Describes a request, or a connection, that was refused before any handler saw
// it, or that this server had no memory for.
struct HttpRefusal {
  // It is the status of the answer; 0 when the connection was closed instead.
  int status = 0;
  // It is a word that stays the same, such as "body_too_large".
  std::string_view reason;
};

// Returns all refusals that there are, so that metrics have a series for each
// from the start. The list lives as long as the process.
const std::vector<HttpRefusal>& HttpRefusals();

// Start makes one; it serves until Stop or its destruction, which stops it
// without grace. Its functions but address() are not called on a listener
// thread.
class HttpListener {
 public:
  // All limits are on what strangers may do.
  struct Options {
    // The listener binds this address, numeric or a name, and this port; 0
    // picks a free one.
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    // The listener asks for the identity for TLS 1.2 and 1.3 at each handshake,
    // so that a changed one serves the next handshake and open connections go
    // on. Without a source, the listener speaks plaintext. A connection is
    // closed when the identity cannot be used; it never falls back to
    // plaintext.
    TlsSource tls;
    // Every connection begins with a header of the PROXY protocol, version 1 or
    // 2, as a load balancer sends it. A connection without one is refused, for
    // anybody could otherwise say who they are.
    bool proxy_protocol = false;
    // These may say by X-Forwarded-For whom a request is from.
    std::vector<IpNetwork> trusted_proxies;
    // It is told of everything that is refused. It is called on the listener's
    // threads, the accepting one included, so it is thread-safe and does not
    // block.
    std::function<void(const HttpRefusal&)> on_refused;
    // This many threads serve connections.
    int threads = 1;
    // There may be this many connections, in total and from one address (IPv6:
    // from the first 64 bits of one). Connections over a limit are closed at
    // once. The peer behind a reverse proxy is the proxy.
    std::size_t max_connections = 10'000;
    std::size_t max_connections_per_address = 1000;
    // A request with a longer head is answered with 431. (HttpRefusals has all
    // answers that this listener gives by itself.)
    std::size_t max_head_bytes = 16 * 1024;
    // A request with a longer body is answered with 413.
    std::size_t max_body_bytes = 16 * 1024 * 1024;
    // This many bytes of all bodies may be read but not yet answered. No memory
    // is taken for a request that passes this limit: it is answered with 503.
    std::size_t max_bytes_in_flight = 256 * 1024 * 1024;
    // A connection that waits longer for a request (idle), or for the TLS
    // handshake or the rest of a request, is closed. All are checked once a
    // second.
    absl::Duration idle_timeout = absl::Seconds(75);
    absl::Duration request_timeout = absl::Seconds(20);
  };

  // It is called on a listener thread, which serves other connections too: what
  // it waits for, they wait for. `respond` may be called later and from another
  // thread. std::bad_alloc may leave it; the request is then answered with 503.
  using Handler =
      std::function<void(HttpRequest request, HttpResponder respond)>;

  // Binds and serves until destruction; when it returns, connections are
  // accepted. Fails with UNAVAILABLE when the address cannot be bound,
  // INVALID_ARGUMENT when it is none. All that `handler` borrows outlives the
  // listener.
  static absl::StatusOr<std::unique_ptr<HttpListener>> Start(
      const Options& options, Handler handler);

  virtual ~HttpListener() = default;

  // Returns the address with the port in use, such as "127.0.0.1:8080" or
  // "[::1]:8080".
  virtual const std::string& address() const = 0;

  // Stops accepting, closes idle connections, waits for requests under way to
  // be answered, at most for `grace`, and closes the rest. It returns as soon
  // as the last connection has gone. Responders may still be called after it,
  // and after destruction; they then do nothing. It is not called on a listener
  // thread.
  virtual void Stop(absl::Duration grace) = 0;
};

// Splits "host:port" or "[v6]:port"; the brackets go. Returns false when it is
// neither; `host` and `port` mean nothing then.
bool SplitHostPort(std::string_view text, std::string& host,
                   std::uint16_t& port);
// Returns whether a host is a loopback address or "localhost", without asking a
// name server.
bool IsLoopback(std::string_view host);

}  // namespace linktor::http
