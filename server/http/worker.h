// A thread that serves connections. Internal to the listener.

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

namespace linktor {

// The workers of a listener share this. All of it outlives them.
struct HttpShared {
  const HttpListener::Options& options;
  const HttpListener::Handler& handler;
  // The listener's, as logs name it.
  const std::string& address;
  HttpBudget& budget;
  // Null when the listener speaks plaintext.
  TlsContexts* tls;
};

// One thread with its own event loop and connections.
class HttpWorker {
 public:
  explicit HttpWorker(const HttpShared& shared);
  // Ends the thread; connections are closed.
  ~HttpWorker();
  HttpWorker(const HttpWorker&) = delete;
  HttpWorker& operator=(const HttpWorker&) = delete;

  asio::io_context& io() { return io_; }

  // Serves a connection. Called on this worker's thread.
  void Adopt(HttpSocket socket, HttpConnectionCount::Place place);
  // Closes connections once they are idle. Thread-safe.
  void Drain();
  // Closes them now, and then counts `closed` down. Thread-safe.
  void CloseAll(std::latch& closed);

 private:
  void Run();
  // Looks at the deadlines of all connections again and again.
  asio::awaitable<void> Sweep();
  // Begins to sweep unless that goes on.
  void KeepSweeping();
  // Serves a connection by `coroutine`, whatever becomes of it.
  void Begin(asio::awaitable<void> coroutine);
  // Reads the header of the PROXY protocol. False when there is none that can
  // be understood.
  asio::awaitable<bool> ReadProxyHeader(HttpConnection& connection,
                                        HttpSocket& socket);
  // Takes in what a client goes on sending after a refusal: to close with
  // unread bytes would reset the connection, and the answer might be lost.
  asio::awaitable<void> Linger(HttpConnection& connection, HttpSocket& socket);
  // No temporary with a destructor may stand in a co_await expression in these:
  // g++ 12 destroys those made by braces twice.
  asio::awaitable<void> Serve(HttpSocket socket,
                              HttpConnectionCount::Place place);
  asio::awaitable<void> ServeTls(HttpSocket socket,
                                 HttpConnectionCount::Place place);

  const HttpShared shared_;
  // Before io_, because connections that end with it take themselves off the
  // loop's list.
  HttpLoop loop_;
  // Whether there is a coroutine that sweeps. Before io_, which may end it.
  bool sweeping_ = false;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{
      io_.get_executor()};
  // After io_, which must still be there for requests that end with this.
  HandlerCalls calls_;
  // These are only touched on this worker's thread.
  asio::steady_timer sweep_timer_;
  std::thread thread_;
};

}  // namespace linktor
