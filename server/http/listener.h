// An HttpListener is an HTTP/1.1 server for webhooks and administration. It
// reads requests with Boost.Beast, over plaintext or TLS, and gives them to one
// handler function. It enforces limits on every client before any handler sees
// a request: limits on connections, the size of head and body, bytes in flight
// (read and not yet answered) and idle time. (The head is the request line with
// the headers.) The App has two listeners, and the emulator has one. Each
// listener has a thread that accepts connections, and threads that serve them.

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

// Says why a listener refused a request or a connection. A listener refuses
// before any handler sees the request, or when this server has no memory for
// the request.
struct HttpRefusal {
  // It is the status of the answer. It is 0 when the connection was closed
  // without an answer.
  int status = 0;
  // It names the reason in one word, such as "body_too_large". The word never
  // changes, because metrics and logs use it.
  std::string_view reason;
};

// Returns all refusals that exist, so that metrics can have a series for each
// of them from the start. The list lives as long as the process.
const std::vector<HttpRefusal>& HttpRefusals();

// Start makes a listener. The listener serves until Stop is called or until it
// is destroyed. Its destructor does not wait for requests that are under way.
// All functions except address() must not be called on a thread of the
// listener.
class HttpListener {
 public:
  // The limits below apply to every client, because the listener does not know
  // who a client is.
  struct Options {
    // The listener binds this address and this port. The host is a numeric
    // address or a name. For a name, the listener takes the first address of
    // the name. Port 0 picks a free port.
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    // The listener asks this source for the identity (certificate and key, see
    // base/tls_identity.h) at each TLS handshake. So a new certificate is used
    // from the next handshake on, and open connections continue. TLS 1.2 and
    // 1.3 are offered. Without a source, the listener speaks plaintext. When
    // the identity cannot be used, the connection is closed: the listener never
    // uses plaintext instead.
    TlsSource tls;
    // When it is true, every connection must begin with a header of the PROXY
    // protocol (proxy_protocol.h), version 1 or 2, as a load balancer sends it.
    // A connection without this header is refused. If the header were optional,
    // a client could send a header of its own and claim any address.
    bool proxy_protocol = false;
    // Proxies with these addresses may name the client of a request in the
    // X-Forwarded-For header (peer_address.h).
    std::vector<IpNetwork> trusted_proxies;
    // The listener calls it for each request and each connection that it
    // refuses. Any thread of the listener may call it, also the accepting one,
    // so it must be thread-safe and must not block.
    std::function<void(const HttpRefusal&)> on_refused;
    // This many threads serve connections.
    int threads = 1;
    // At most this many connections may be open: in total, and from one
    // address. IPv6 addresses count as one when their first 64 bits are the
    // same. A connection above a limit is closed at once. Behind a reverse
    // proxy, all connections have the proxy's address, so the second limit then
    // counts all clients of the proxy together.
    std::size_t max_connections = 10'000;
    std::size_t max_connections_per_address = 1000;
    // A request with a longer head is answered with 431. HttpRefusals returns
    // all answers with which the listener itself refuses a request.
    std::size_t max_head_bytes = 16 * 1024;
    // A request with a longer body is answered with 413.
    std::size_t max_body_bytes = 16 * 1024 * 1024;
    // At most this many bytes of all bodies together may be read and not yet
    // answered. A request that would exceed this limit is answered with 503. No
    // memory above the limit is taken for it.
    std::size_t max_bytes_in_flight = 256 * 1024 * 1024;
    // A connection is closed when it waits longer than idle_timeout for a
    // request. It is also closed when one of these steps takes longer than
    // request_timeout: the PROXY header, the TLS handshake, the reading of a
    // request after its first byte, or the sending of an answer. The listener
    // checks these times once a second.
    absl::Duration idle_timeout = absl::Seconds(75);
    absl::Duration request_timeout = absl::Seconds(20);
  };

  // The handler is called on a listener thread that also serves other
  // connections. While the handler blocks, these connections wait. `respond`
  // may be called later and from another thread. A handler may throw
  // std::bad_alloc, and the request is then answered with 503.
  using Handler =
      std::function<void(HttpRequest request, HttpResponder respond)>;

  // Binds the address and begins to serve. When it returns, the listener
  // accepts connections. Fails with UNAVAILABLE when the address cannot be
  // bound, and with INVALID_ARGUMENT when `host` is neither an address nor a
  // name that has one. Everything that `handler` borrows must outlive the
  // listener.
  static absl::StatusOr<std::unique_ptr<HttpListener>> Start(
      const Options& options, Handler handler);

  virtual ~HttpListener() = default;

  // Returns the address with the port in use, such as "127.0.0.1:8080" or
  // "[::1]:8080".
  virtual const std::string& address() const = 0;

  // Stops accepting and closes idle connections. Then it blocks until the
  // requests under way are answered and the last connection has ended, but not
  // longer than `grace`. After this time it closes the connections that are
  // still open. Responders may still be called after Stop and after
  // destruction, but then no client gets their answers. Stop must not be called
  // on a listener thread.
  virtual void Stop(absl::Duration grace) = 0;
};

// Splits "host:port" or "[address]:port" into host and port. The second form is
// for IPv6 addresses, and `host` gets the address without the brackets. Returns
// false when `text` has neither form; `host` and `port` then mean nothing.
bool SplitHostPort(std::string_view text, std::string& host,
                   std::uint16_t& port);
// Returns whether `host` is a loopback address or "localhost". It does not look
// up any name.
bool IsLoopback(std::string_view host);

}  // namespace linktor::http
