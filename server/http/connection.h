// Holds what a worker knows of its connections, whatever their streams are. All
// of it is only touched on the worker's thread, and nothing here blocks.
// Internal to the listener.

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

// The executor's type is named, because the default one can hold any executor
// and costs an indirect call for each operation.
using HttpSocket =
    asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

// The listener's coroutines await with it, so that errors are values and not
// exceptions.
inline constexpr auto kHttpNoThrow = asio::as_tuple(asio::use_awaitable);

class HttpConnection;

// The connections of one worker have this in common. All that it refers to
// outlives it.
struct HttpLoop {
  const HttpListener::Options& options;
  // It is the listener's address, as logs name it.
  const std::string& address;
  // The budget is that of the whole listener: its workers share it.
  HttpBudget& budget;
  HandlerCalls& calls;
  // These are all connections of the worker, in the order in which they came.
  // Each puts itself on the list and takes itself off.
  std::list<HttpConnection*> connections;
  // It is true once the listener stops: connections end when they are idle.
  bool draining = false;
};

// Holds the phase and the deadline of one connection, which is on its loop's
// list for as long as this exists. The session or worker says which phase
// begins; the worker's drain and its sweep once a second decide by it.
class HttpConnection {
 public:
  using Clock = std::chrono::steady_clock;

  // `loop` and `socket` outlive this. `peer` is the IP address of the other
  // end, or what a PROXY header says.
  HttpConnection(HttpLoop& loop, HttpSocket& socket, std::string peer)
      : loop_(loop),
        socket_(socket),
        peer_(std::move(peer)),
        position_(loop.connections.insert(loop.connections.end(), this)) {}
  ~HttpConnection() { loop_.connections.erase(position_); }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Returns the address that logs name and X-Forwarded-For is judged by.
  const std::string& peer() const { return peer_; }
  void set_peer(std::string peer) { peer_ = std::move(peer); }

  // A PROXY header or TLS handshake is under way. A drain closes the
  // connection, and so does the sweep after `time`.
  void BeginHandshake(absl::Duration time) { Begin(Phase::kHandshake, time); }
  // No request is under way. A drain ends the connection, and so does the sweep
  // after `time`.
  void BeginIdling(absl::Duration time) { Begin(Phase::kIdle, time); }
  // A request, or something else that a drain waits for, is under way. The
  // sweep closes the connection after `time`.
  void BeginWork(absl::Duration time) { Begin(Phase::kWork, time); }
  // The sweep leaves the connection alone until the next phase begins: a
  // handler has its request and may take its time.
  void NeverExpire() { deadline_ = Clock::time_point::max(); }

  // Ends the connection unless a request is under way. It is called once, when
  // the listener stops.
  void Drain() {
    if (phase_ == Phase::kHandshake) Close();
    if (phase_ != Phase::kIdle) return;
    EndIdling();
    // The sweep tries again: what has just come may be a part of a TLS record,
    // which is no request yet, and then the wait goes on.
    deadline_ = Clock::time_point::min();
  }
  // Ends the connection if its time has passed: an idle one in order, any other
  // by closing its socket.
  void Sweep(Clock::time_point now) {
    if (now < deadline_) return;
    if (phase_ == Phase::kIdle) {
      EndIdling();
    } else {
      expired_ = true;
      Close();
    }
  }
  // Returns whether the sweep has closed it during a handshake or a request.
  bool expired() const { return expired_; }
  // Closes the socket at once; a coroutine that waits for it gets an error and
  // ends the connection.
  void Close() {
    boost::beast::error_code ignored;
    socket_.close(ignored);
  }

 private:
  // Says what a drain and the sweep do with the connection; see the functions
  // that begin a phase.
  enum class Phase { kHandshake, kIdle, kWork };

  // Begins a phase that ends, if nothing else ends it, after `time`.
  void Begin(Phase phase, absl::Duration time) {
    phase_ = phase;
    deadline_ = Clock::now() + absl::ToChronoNanoseconds(time);
  }
  // Ends the wait for a request, so that the connection closes in order. When
  // something has just come, this does nothing.
  void EndIdling() {
    boost::beast::error_code ignored;
    socket_.cancel(ignored);
  }

  HttpLoop& loop_;
  HttpSocket& socket_;
  std::string peer_;
  // It is the place on the loop's list, so that leaving needs no search.
  const std::list<HttpConnection*>::iterator position_;
  // The sweep acts at the first of its looks after this time.
  Clock::time_point deadline_ = Clock::time_point::max();
  Phase phase_ = Phase::kIdle;
  // It is set by the sweep only, so that a closed socket can be told from one
  // that the peer closed.
  bool expired_ = false;
};

}  // namespace linktor::http
