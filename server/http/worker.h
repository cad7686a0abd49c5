// An HttpWorker is a thread that serves connections. The listener makes its
// workers, and the accepting thread gives the new connections to the workers in
// turn. This file is internal to the listener.

#pragma once

#include <boost/asio.hpp>
#include <latch>
#include <string>
#include <thread>

#include "server/http/budget.h"
#include "server/http/connection.h"
#include "server/http/connection_count.h"
#include "server/http/handler_calls.h"
#include "server/http/listener.h"
#include "server/http/tls_context.h"

namespace linktor::http {

// An HttpShared holds what all workers of a listener share. Everything that it
// refers to must outlive the workers.
struct HttpShared {
  const HttpListener::Options& options;
  const HttpListener::Handler& handler;
  // It is the address at which the listener listens. Log lines name the
  // listener by it.
  const std::string& address;
  HttpBudget& budget;
  // It is null when the listener speaks plaintext.
  TlsContexts* tls;
};

// Owns one thread with its own event loop and its own connections. A connection
// stays with its worker, so its data needs no lock.
class HttpWorker {
 public:
  // Starts the thread.
  explicit HttpWorker(const HttpShared& shared);
  // Ends the thread, and then closes all connections, whatever they are doing.
  // It blocks until this is done. It must not be called on the worker's own
  // thread.
  ~HttpWorker();
  HttpWorker(const HttpWorker&) = delete;
  HttpWorker& operator=(const HttpWorker&) = delete;

  // Returns the worker's event loop. The listener makes the sockets of
  // connections on this loop, and posts work to it.
  asio::io_context& io() { return io_; }

  // Begins to serve a connection. It is called on this worker's thread. `place`
  // counts the connection (connection_count.h), and is destroyed after
  // everything else that belongs to the connection.
  void Adopt(HttpSocket socket, HttpConnectionCount::Place place);
  // Closes each connection as soon as it is idle. Drain returns at once,
  // because the worker's thread does the work later. Drain is thread-safe.
  void Drain();
  // Makes the worker's thread close all connections now, and then count
  // `closed` down. CloseAll itself returns at once. `closed` must outlive this
  // object. CloseAll is thread-safe.
  void CloseAll(std::latch& closed);

 private:
  // This is the thread's function. It runs the loop until the destructor stops
  // it. When memory runs out in a handler, it runs the loop again.
  void Run();
  // Looks at the deadlines of all connections once a second, and calls
  // HandlerCalls::Retry. It ends when the loop stops, or when memory runs out.
  asio::awaitable<void> Sweep();
  // Starts Sweep unless it runs already. Each new connection calls this
  // function, so that the sweep begins again after a lack of memory has ended
  // it.
  void KeepSweeping();
  // Serves a connection by running `coroutine`. When a lack of memory or an
  // error of OpenSSL ends the coroutine, Begin reports it, and the other
  // connections go on. Any other exception is a fault in the program and ends
  // the process.
  void Begin(asio::awaitable<void> coroutine);
  // Reads the header of the PROXY protocol (proxy_protocol.h), and takes the
  // peer's address from it. Returns false when the connection must close: the
  // header is missing or cannot be understood, or it has not come in time.
  asio::awaitable<bool> ReadProxyHeader(HttpConnection& connection,
                                        HttpSocket& socket);
  // Reads the bytes that a client still sends after a refusal, for at most one
  // second and one MiB. If the socket were closed with unread bytes, the
  // connection would be reset, and the client might not get the answer.
  asio::awaitable<void> Linger(HttpConnection& connection, HttpSocket& socket);
  // Serve serves one connection over plaintext until it ends, and ServeTls does
  // this over TLS. When one of them throws std::bad_alloc, the connection is
  // also closed.
  //
  // In these two coroutines, no temporary with a destructor may stand in a
  // co_await expression: if a temporary is made with braces, g++ 12 calls its
  // destructor twice.
  asio::awaitable<void> Serve(HttpSocket socket,
                              HttpConnectionCount::Place place);
  asio::awaitable<void> ServeTls(HttpSocket socket,
                                 HttpConnectionCount::Place place);

  const HttpShared shared_;
  // loop_ is declared before io_, so that it is destroyed after io_. The
  // connections that are destroyed together with io_ remove themselves from the
  // list in loop_, so the list must still exist then.
  HttpLoop loop_;
  // It is true while a coroutine runs Sweep. It is declared before io_, because
  // the destruction of io_ may destroy this coroutine, which then writes the
  // flag.
  bool sweeping_ = false;
  asio::io_context io_{1};
  // It keeps the loop running while there is no connection.
  asio::executor_work_guard<asio::io_context::executor_type> work_{
      io_.get_executor()};
  // It is declared after io_, so that it is destroyed before io_. Its
  // destruction ends the requests that wait for an answer, and they still need
  // io_.
  HandlerCalls calls_;
  // Only this worker's thread uses it.
  asio::steady_timer sweep_timer_;
  // The thread is the last member, so that it does not run before the others
  // are made.
  std::thread thread_;
};

}  // namespace linktor::http
