// Defines a thread that serves connections. The listener makes its workers, and
// the accepting thread gives them connections in turn. Internal to the
// listener.

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

// The workers of a listener share this. All that it refers to outlives them.
struct HttpShared {
  const HttpListener::Options& options;
  const HttpListener::Handler& handler;
  // It is the listener's address, as logs name it.
  const std::string& address;
  HttpBudget& budget;
  // It is null when the listener speaks plaintext.
  TlsContexts* tls;
};

// Owns one thread with its own event loop and connections. A connection stays
// with its worker, so nothing of it needs a lock.
class HttpWorker {
 public:
  // Starts the thread.
  explicit HttpWorker(const HttpShared& shared);
  // Ends the thread, then closes the connections, whatever they do; blocks
  // until then. It is not called on the worker's own thread.
  ~HttpWorker();
  HttpWorker(const HttpWorker&) = delete;
  HttpWorker& operator=(const HttpWorker&) = delete;

  // Returns the loop, on which sockets are made and work is posted.
  asio::io_context& io() { return io_; }

  // Serves a connection. It is called on this worker's thread. The place is
  // given back when all of the connection has gone.
  void Adopt(HttpSocket socket, HttpConnectionCount::Place place);
  // Closes connections once they are idle. Returns at once, for the work is
  // done on the worker's thread. Thread-safe.
  void Drain();
  // Closes all connections now, and then counts `closed` down, on the worker's
  // thread; `closed` outlives this. Thread-safe.
  void CloseAll(std::latch& closed);

 private:
  // This is the thread's function: it runs the loop until the destructor stops
  // it, and again after memory ran out in a handler.
  void Run();
  // Looks at the deadlines of all connections once a second, and lets
  // HandlerCalls try again. It ends when the loop stops, or when memory runs
  // out.
  asio::awaitable<void> Sweep();
  // Begins to sweep unless that goes on. Each new connection calls it, so that
  // a sweep that ended for want of memory begins again.
  void KeepSweeping();
  // Serves a connection by `coroutine`. When that ends by want of memory or by
  // an error of OpenSSL's, it is reported here, and the other connections go
  // on. Any other exception is a fault, which ends the process.
  void Begin(asio::awaitable<void> coroutine);
  // Reads the header of the PROXY protocol, and takes the peer's address from
  // it. Returns false when the connection must close, because there is no
  // header that can be understood or it did not come in time.
  asio::awaitable<bool> ReadProxyHeader(HttpConnection& connection,
                                        HttpSocket& socket);
  // Takes in what a client goes on sending after a refusal, for a second and a
  // MiB at most: to close with unread bytes would reset the connection, and the
  // answer might be lost.
  asio::awaitable<void> Linger(HttpConnection& connection, HttpSocket& socket);
  // Each of these serves one connection until it ends, over plaintext and over
  // TLS. std::bad_alloc may leave them; the connection is closed then, too.
  //
  // No temporary with a destructor may stand in a co_await expression in these:
  // g++ 12 destroys those made by braces twice.
  asio::awaitable<void> Serve(HttpSocket socket,
                              HttpConnectionCount::Place place);
  asio::awaitable<void> ServeTls(HttpSocket socket,
                                 HttpConnectionCount::Place place);

  const HttpShared shared_;
  // The loop is before io_, because connections that end with io_ take
  // themselves off the loop's list.
  HttpLoop loop_;
  // True while there is a coroutine that sweeps. It is before io_, which may
  // end it.
  bool sweeping_ = false;
  asio::io_context io_{1};
  // It keeps the loop running while there is no connection.
  asio::executor_work_guard<asio::io_context::executor_type> work_{
      io_.get_executor()};
  // It is after io_, which must still be there for requests that end with this.
  HandlerCalls calls_;
  // It is only touched on this worker's thread.
  asio::steady_timer sweep_timer_;
  // The thread is the last member, so that it does not run before the others
  // are made.
  std::thread thread_;
};

}  // namespace linktor::http
