// Holds what a worker (worker.h) knows about its connections, whether they use
// TLS or not. Only the worker's thread uses anything here, and nothing here
// blocks. Internal to the listener.

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

// The executor's type is named here, because the default type can hold any
// executor and costs an indirect call for each operation.
using HttpSocket =
    asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

// The listener's coroutines await operations with this token, so that errors
// are values and not exceptions.
inline constexpr auto kHttpNoThrow = asio::as_tuple(asio::use_awaitable);

class HttpConnection;

// All connections of one worker share this. Everything that it refers to must
// outlive it.
struct HttpLoop {
  const HttpListener::Options& options;
  // It is the address of the listener, as log lines name it.
  const std::string& address;
  // The whole listener has one budget, which all its workers share.
  HttpBudget& budget;
  HandlerCalls& calls;
  // These are all connections of the worker, in the order in which they came.
  // Each connection adds itself to the list and removes itself.
  std::list<HttpConnection*> connections;
  // It becomes true when the listener stops. A connection then ends as soon as
  // it is idle.
  bool draining = false;
};

// Holds the phase and the deadline of one connection. The connection is on its
// loop's list for as long as this object exists. The session or the worker says
// which phase begins. Two things use the phase and the deadline to decide
// whether to end the connection: the worker's drain, when the listener stops,
// and the worker's sweep, which runs once a second.
class HttpConnection {
 public:
  using Clock = std::chrono::steady_clock;

  // `loop` and `socket` must outlive this object. `peer` is the IP address of
  // the other end. A PROXY header may replace it later (set_peer).
  HttpConnection(HttpLoop& loop, HttpSocket& socket, std::string peer)
      : loop_(loop),
        socket_(socket),
        peer_(std::move(peer)),
        position_(loop.connections.insert(loop.connections.end(), this)) {}
  ~HttpConnection() { loop_.connections.erase(position_); }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Returns the address that log lines name. ClientAddress (peer_address.h)
  // uses it to decide whether to believe an X-Forwarded-For header.
  const std::string& peer() const { return peer_; }
  void set_peer(std::string peer) { peer_ = std::move(peer); }

  // Says that the reading of a PROXY header or a TLS handshake is under way. A
  // drain closes the connection. The sweep closes it after `time`.
  void BeginHandshake(absl::Duration time) { Begin(Phase::kHandshake, time); }
  // Says that no request is under way. A drain ends the connection. The sweep
  // ends it after `time`.
  void BeginIdling(absl::Duration time) { Begin(Phase::kIdle, time); }
  // Says that a request is under way, or other work that a drain waits for,
  // such as the sending of the last bytes. The sweep closes the connection
  // after `time`.
  void BeginWork(absl::Duration time) { Begin(Phase::kWork, time); }
  // Tells the sweep to leave the connection alone until the next phase begins.
  // A handler has the request now, and it may take any time.
  void NeverExpire() { deadline_ = Clock::time_point::max(); }

  // Ends the connection unless a request is under way. The worker calls it
  // once, when the listener stops.
  void Drain() {
    if (phase_ == Phase::kHandshake) Close();
    if (phase_ != Phase::kIdle) return;
    EndIdling();
    // EndIdling does nothing when bytes have just come. These bytes may be only
    // a part of a TLS record and no request yet, and then the session waits for
    // more. With this deadline, each later sweep tries again to end the
    // connection.
    deadline_ = Clock::time_point::min();
  }
  // Ends the connection if its deadline has passed. An idle connection ends as
  // EndIdling says. For any other connection, the socket is closed at once.
  void Sweep(Clock::time_point now) {
    if (now < deadline_) return;
    if (phase_ == Phase::kIdle) {
      EndIdling();
    } else {
      expired_ = true;
      Close();
    }
  }
  // Returns whether the sweep has closed the socket during a handshake or a
  // request.
  bool expired() const { return expired_; }
  // Closes the socket at once. A coroutine that waits for the socket gets an
  // error and ends the connection.
  void Close() {
    boost::beast::error_code ignored;
    socket_.close(ignored);
  }

 private:
  // Says what a drain and the sweep do with the connection. BeginHandshake,
  // BeginIdling and BeginWork explain the phases.
  enum class Phase { kHandshake, kIdle, kWork };

  // Begins a phase and sets the deadline to `time` from now.
  void Begin(Phase phase, absl::Duration time) {
    phase_ = phase;
    deadline_ = Clock::now() + absl::ToChronoNanoseconds(time);
  }
  // Ends the session's wait for a request, so that the session closes the
  // connection in the normal way. When bytes have just come, this does nothing.
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
  // The first sweep after this time acts on the connection.
  Clock::time_point deadline_ = Clock::time_point::max();
  Phase phase_ = Phase::kIdle;
  // Only the sweep sets it. It tells whether the sweep or the peer has closed
  // the socket.
  bool expired_ = false;
};

}  // namespace linktor::http
