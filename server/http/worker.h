// A thread that serves connections: reads requests, hands them to the handler
// and sends the answers. Internal to the listener.

#pragma once

#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <thread>
#include <unordered_map>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "server/http/listener.h"

namespace linktor {

namespace asio = boost::asio;

using HttpSocket =
    asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

// Bytes of bodies that are read but not answered, over all connections.
class HttpBudget {
 public:
  explicit HttpBudget(std::size_t limit) : limit_(limit) {}

  bool Take(std::size_t bytes) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit_) {
      return true;
    }
    Give(bytes);
    return false;
  }
  void Give(std::size_t bytes) {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
  }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

// One thread with its own event loop and connections.
class HttpWorker {
 public:
  // `connections` counts down with each connection that ends. All outlive this.
  HttpWorker(const HttpListener::Options& options,
             const HttpListener::Handler& handler, HttpBudget& budget,
             std::atomic<std::size_t>& connections);
  // Ends the thread; connections are closed.
  ~HttpWorker();
  HttpWorker(const HttpWorker&) = delete;
  HttpWorker& operator=(const HttpWorker&) = delete;

  asio::io_context& io() { return io_; }

  // Serves a connection. Called on this worker's thread.
  void Adopt(HttpSocket socket);
  // Closes connections once they are idle. Thread-safe.
  void Drain();
  // Closes them now. Thread-safe.
  void CloseAll();

 private:
  struct Connection;
  struct Mailbox;
  // How an answer is sent.
  struct AnswerForm {
    unsigned version = 11;
    bool keep_alive = false;
    // To HEAD: without the body.
    bool head_only = false;
  };

  asio::awaitable<void> Sweep();
  // No temporary with a destructor may stand in a co_await expression in these:
  // g++ 12 destroys those made by braces twice.
  asio::awaitable<void> Serve(HttpSocket socket);
  // Reads one request and answers it. False when the connection must close.
  asio::awaitable<bool> ServeOne(Connection& connection,
                                 boost::beast::flat_buffer& buffer);
  asio::awaitable<HttpResponse> CallHandler(HttpRequest request);
  // Goes on with the requests whose answers are there.
  void HandOut();
  // Answers what could not be read, where that makes sense.
  asio::awaitable<bool> Refuse(Connection& connection,
                               boost::beast::error_code error);
  asio::awaitable<bool> RefuseWith(Connection& connection, int status,
                                   const char* text);
  asio::awaitable<bool> Answer(Connection& connection, HttpResponse response,
                               AnswerForm form);

  const HttpListener::Options& options_;
  const HttpListener::Handler& handler_;
  HttpBudget& budget_;
  std::atomic<std::size_t>& connection_count_;
  const std::shared_ptr<Mailbox> mailbox_;
  // Only touched on this worker's thread. Before io_, because connections that
  // end with it take themselves off the list.
  std::list<Connection*> connections_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{
      io_.get_executor()};
  // Only touched on this worker's thread.
  asio::steady_timer sweep_timer_;
  bool draining_ = false;
  // Requests that are with the handler.
  std::unordered_map<std::uint64_t, absl::AnyInvocable<void(HttpResponse)>>
      waiting_;
  std::uint64_t next_id_ = 0;
  std::thread thread_;
};

}  // namespace linktor
