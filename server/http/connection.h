// Holds what a worker (worker.h) knows about its connections, whether they use
// TLS or not. Only the worker's thread uses the objects that are defined here,
// and none of their functions blocks. This file is internal to the listener.

#pragma once

#include <boost/asio.hpp>
#include <boost/beast/core/error.hpp>
#include <chrono>
#include <list>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "server/http/budget.h"
#include "server/http/handler_calls.h"
#include "server/http/listener.h"

namespace linktor::http {

namespace asio = boost::asio;

// This type names its executor explicitly. Asio's default type can hold any
// executor, and so it costs an indirect call for each operation.
using HttpSocket =
    asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

// The listener's coroutines pass this token to Asio's operations. An operation
// then returns its error as a value and does not throw it.
inline constexpr auto kHttpNoThrow = asio::as_tuple(asio::use_awaitable);

class HttpConnection;

// An HttpLoop holds what all connections of one worker share. Everything that
// it refers to must outlive it.
struct HttpLoop {
  const HttpListener::Options& options;
  // It is the address at which the listener listens. Log lines name the
  // listener by it.
  const std::string& address;
  // The whole listener has one budget, which all its workers share.
  HttpBudget& budget;
  // The connections give their requests to the handler through this object.
  HandlerCalls& calls;
  // These are all connections of the worker, in the order in which they came.
  // Each connection adds itself to the list and removes itself.
  std::list<HttpConnection*> connections;
  // It becomes true when the listener stops. From then on, each connection ends
  // as soon as it has no request under way.
  bool draining = false;
};

// Holds the phase and the deadline of one connection. The connection is on its
// loop's list for as long as this object exists. The session (session.h) or the
// worker says when a phase begins. The worker may end a connection in two ways.
// The drain happens once, when the listener stops; the phase decides what it
// does. The sweep happens once a second, and ends connections whose deadline
// has passed.
class HttpConnection {
 public:
  using Clock = std::chrono::steady_clock;

  // `loop` and `socket` must outlive this object. `peer` is the IP address of
  // the other end. A header of the PROXY protocol (proxy_protocol.h) may
  // replace it later, by set_peer.
  HttpConnection(HttpLoop& loop, HttpSocket& socket, std::string peer)
      : loop_(loop),
        socket_(socket),
        peer_(std::move(peer)),
        position_(loop.connections.insert(loop.connections.end(), this)) {}
  ~HttpConnection() { loop_.connections.erase(position_); }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Returns the peer's IP address, which log lines name. ClientAddress
  // (peer_address.h) decides by this address whether to believe an
  // X-Forwarded-For header.
  const std::string& peer() const { return peer_; }
  void set_peer(std::string peer) { peer_ = std::move(peer); }

  // Says that the connection waits for a PROXY header or does a TLS handshake.
  // In this phase, the drain closes the connection, and the sweep closes it
  // after `time`.
  void BeginHandshake(absl::Duration time) { Begin(Phase::kHandshake, time); }
  // Says that no request is under way. In this phase, the drain ends the
  // connection, and the sweep ends it after `time`.
  void BeginIdling(absl::Duration time) { Begin(Phase::kIdle, time); }
  // Says that a request is under way, or other work that the drain waits for,
  // such as the sending of the last bytes. In this phase, the drain does
  // nothing, and the sweep closes the connection after `time`.
  void BeginWork(absl::Duration time) { Begin(Phase::kWork, time); }
  // Tells the sweep to leave the connection alone until the next phase begins.
  // A handler has the request now, and its time is not limited.
  void NeverExpire() { deadline_ = Clock::time_point::max(); }

  // Ends the connection unless a request is under way. The worker calls it
  // once, when the listener stops.
  void Drain() {
    if (phase_ == Phase::kHandshake) Close();
    if (phase_ != Phase::kIdle) return;
    EndIdling();
    // EndIdling has no effect when the socket has just received bytes, because
    // the session's wait for them has ended already. These bytes may be only a
    // part of a TLS record and no request yet, and then the session waits for
    // more. With this deadline, each later sweep calls EndIdling again.
    deadline_ = Clock::time_point::min();
  }
  // Ends the connection if its deadline has passed. An idle connection ends as
  // EndIdling says. In any other phase, the socket is closed at once.
  void Sweep(Clock::time_point now) {
    if (now < deadline_) return;
    if (phase_ == Phase::kIdle) {
      EndIdling();
    } else {
      expired_ = true;
      Close();
    }
  }
  // Returns whether the sweep has closed the socket. The sweep does this only
  // in a phase other than idling.
  bool expired() const { return expired_; }
  // Closes the socket at once. A coroutine that waits for the socket gets an
  // error and ends the connection.
  void Close() {
    boost::beast::error_code ignored;
    socket_.close(ignored);
  }

 private:
  // Says what the drain and the sweep do with the connection. BeginHandshake,
  // BeginIdling and BeginWork explain the phases.
  enum class Phase { kHandshake, kIdle, kWork };

  // Begins a phase and sets the deadline to `time` from now.
  void Begin(Phase phase, absl::Duration time) {
    phase_ = phase;
    deadline_ = Clock::now() + absl::ToChronoNanoseconds(time);
  }
  // Ends the session's wait for a request, so that the session returns and the
  // worker closes the connection in the normal way (under TLS, with a
  // close_notify). When bytes have just come, this does nothing.
  void EndIdling() {
    boost::beast::error_code ignored;
    socket_.cancel(ignored);
  }

  HttpLoop& loop_;
  HttpSocket& socket_;
  std::string peer_;
  // It is this connection's position on the loop's list. With it, the
  // destructor needs no search.
  const std::list<HttpConnection*>::iterator position_;
  // The first sweep after this time ends the connection; an idle connection may
  // need a later sweep (see Drain).
  Clock::time_point deadline_ = Clock::time_point::max();
  Phase phase_ = Phase::kIdle;
  // Only the sweep sets it. It tells whether the sweep or the peer has closed
  // the socket.
  bool expired_ = false;
};

}  // namespace linktor::http
