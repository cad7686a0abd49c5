#include "server/http/listener.h"

#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <list>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "server/base/log.h"
#include "server/base/mutex.h"
#include "server/base/strings.h"

namespace linktor {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;
using Socket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
// How often all connections' deadlines are looked at.
constexpr auto kSweepInterval = std::chrono::seconds(1);
// Read at once: nearly every request, and a good part of a long body.
constexpr std::size_t kReadSize = 4096;
constexpr std::size_t kBodyReadSize = 64 * 1024;
// How long accepting rests when the process is out of descriptors.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

// Bytes of bodies that are read but not answered, over all connections.
class Budget {
 public:
  explicit Budget(std::size_t limit) : limit_(limit) {}

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

// A share of the budget, given back when it goes.
class Share {
 public:
  explicit Share(Budget& budget) : budget_(budget) {}
  ~Share() { budget_.Give(held_); }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  bool GrowTo(std::size_t bytes) {
    if (bytes <= held_) return true;
    if (!budget_.Take(bytes - held_)) return false;
    held_ = bytes;
    return true;
  }

 private:
  Budget& budget_;
  std::size_t held_ = 0;
};

struct Connection {
  explicit Connection(Socket s) : socket(std::move(s)) {}

  Socket socket;
  // When the sweep closes it; max while a handler works.
  SteadyClock::time_point deadline = SteadyClock::time_point::max();
  // Whether no request is under way, so that a drain may close it.
  bool idle = true;
};

// Calls the inner responder with 500 if nobody else did.
class OnceResponder {
 public:
  explicit OnceResponder(absl::AnyInvocable<void(HttpResponse)> respond)
      : respond_(std::move(respond)) {}
  OnceResponder(OnceResponder&& other) noexcept
      : respond_(std::exchange(other.respond_, nullptr)) {}
  OnceResponder& operator=(OnceResponder&&) = delete;
  ~OnceResponder() {
    if (respond_) respond_(HttpResponse{.status = 500, .body = "no answer\n"});
  }
  void operator()(HttpResponse response) {
    std::exchange(respond_, nullptr)(std::move(response));
  }

 private:
  absl::AnyInvocable<void(HttpResponse)> respond_;
};

// Where responders leave their answers. It outlives the worker, because a
// responder may be called, or dropped, when the listener has gone.
struct Mailbox {
  Mutex mutex;
  // Null when the worker has gone.
  asio::io_context* io ABSL_GUARDED_BY(mutex) = nullptr;
};

// How an answer is sent.
struct AnswerForm {
  unsigned version = 11;
  bool keep_alive = false;
  // To HEAD: without the body.
  bool head_only = false;
};

// One thread with its own event loop and connections.
class Worker {
 public:
  Worker(const HttpListener::Options& options,
         const HttpListener::Handler& handler, Budget& budget,
         std::atomic<std::size_t>& connections)
      : options_(options),
        handler_(handler),
        budget_(budget),
        connection_count_(connections),
        sweep_timer_(io_) {
    {
      MutexLock lock(mailbox_->mutex);
      mailbox_->io = &io_;
    }
    asio::co_spawn(io_, Sweep(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }

  ~Worker() {
    {
      MutexLock lock(mailbox_->mutex);
      mailbox_->io = nullptr;
    }
    work_.reset();
    io_.stop();
    thread_.join();
    // What nobody answered ends with io_, which must still be there for it.
    waiting_.clear();
  }

  asio::io_context& io() { return io_; }

  // Called on this worker's thread.
  void Adopt(Socket socket) {
    asio::co_spawn(io_, Serve(std::move(socket)), asio::detached);
  }

  void CloseAll() {
    asio::post(io_, [this] {
      for (Connection* connection : connections_) Close(*connection);
    });
  }

  void Drain() {
    asio::post(io_, [this] {
      draining_ = true;
      for (Connection* connection : connections_) {
        if (connection->idle) Close(*connection);
      }
    });
  }

 private:
  static void Close(Connection& connection) {
    beast::error_code ignored;
    connection.socket.close(ignored);
  }

  asio::awaitable<void> Sweep() {
    for (;;) {
      sweep_timer_.expires_after(kSweepInterval);
      auto [error] = co_await sweep_timer_.async_wait(kNoThrow);
      if (error) co_return;
      const auto now = SteadyClock::now();
      for (Connection* connection : connections_) {
        if (connection->deadline <= now) Close(*connection);
      }
    }
  }

  void Arm(Connection& connection, absl::Duration after) {
    connection.deadline = SteadyClock::now() + absl::ToChronoNanoseconds(after);
  }

  // No temporary with a destructor may stand in a co_await expression here:
  // g++ 12 destroys those made by braces twice.
  asio::awaitable<void> Serve(Socket socket) {
    Connection connection(std::move(socket));
    const auto position = connections_.insert(connections_.end(), &connection);
    // However this ends, also by an exception.
    const absl::Cleanup leave = [this, position] {
      connections_.erase(position);
      connection_count_.fetch_sub(1, std::memory_order_relaxed);
    };
    beast::flat_buffer buffer;
    while (!draining_ && co_await ServeOne(connection, buffer)) {
    }
    beast::error_code ignored;
    connection.socket.shutdown(Tcp::socket::shutdown_send, ignored);
  }

  // Reads one request and answers it. False when the connection must close.
  asio::awaitable<bool> ServeOne(Connection& connection,
                                 beast::flat_buffer& buffer) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(options_.max_head_bytes));
    parser.body_limit(options_.max_body_bytes);
    // Waiting for the first byte is idling; from then on it is a request.
    if (buffer.size() == 0) {
      connection.idle = true;
      Arm(connection, options_.idle_timeout);
      auto [error, size] = co_await connection.socket.async_read_some(
          buffer.prepare(kReadSize), kNoThrow);
      if (error) co_return false;
      buffer.commit(size);
    }
    connection.idle = false;
    Arm(connection, options_.request_timeout);
    while (!parser.is_header_done()) {
      auto [error, size] = co_await http::async_read_some(
          connection.socket, buffer, parser, kNoThrow);
      if (error) {
        co_return co_await Refuse(connection, error);
      }
    }
    if (http::token_list(parser.get()[http::field::expect])
            .exists("100-continue")) {
      http::response<http::empty_body> go_on(http::status::continue_, 11);
      co_await http::async_write(connection.socket, go_on, kNoThrow);
    }
    parser.get().body().reserve(
        std::min<std::size_t>(parser.content_length().value_or(0),
                              options_.max_body_bytes) +
        kBodySlack);
    if (parser.content_length().value_or(0) > kBodyReadSize) {
      buffer.reserve(kBodyReadSize);
    }
    Share share(budget_);
    while (!parser.is_done()) {
      auto [error, size] = co_await http::async_read_some(
          connection.socket, buffer, parser, kNoThrow);
      if (error) {
        co_return co_await Refuse(connection, error);
      }
      if (!share.GrowTo(parser.get().body().size())) {
        co_return co_await RefuseWith(connection, 503, "too much in flight\n");
      }
    }
    if (buffer.capacity() > kReadSize) buffer.shrink_to_fit();
    connection.deadline = SteadyClock::time_point::max();
    auto message = parser.release();
    AnswerForm form{.version = message.version(),
                    .keep_alive = message.keep_alive(),
                    .head_only = message.method() == http::verb::head};
    HttpRequest request;
    request.method = message.method();
    request.target = std::string(message.target());
    request.body = std::move(message.body());
    request.body.reserve(request.body.size() + kBodySlack);
    request.headers = std::move(static_cast<http::fields&>(message.base()));
    HttpResponse response = co_await CallHandler(std::move(request));
    if (response.drop) co_return false;
    if (draining_) form.keep_alive = false;
    co_return co_await Answer(connection, std::move(response), form);
  }

  asio::awaitable<HttpResponse> CallHandler(HttpRequest request) {
    auto initiate = [this](auto completion, HttpRequest to_handle) {
      const std::uint64_t id = next_id_++;
      waiting_.emplace(id, std::move(completion));
      // Any-thread responder: the completion runs on this worker's loop.
      OnceResponder once([this, id, mailbox = mailbox_](HttpResponse response) {
        MutexLock lock(mailbox->mutex);
        if (mailbox->io == nullptr) return;
        asio::post(*mailbox->io,
                   [this, id, answer = std::move(response)]() mutable {
                     auto node = waiting_.extract(id);
                     if (!node.empty()) node.mapped()(std::move(answer));
                   });
      });
      handler_(std::move(to_handle), HttpResponder(std::move(once)));
    };
    return asio::async_initiate<const asio::use_awaitable_t<>,
                                void(HttpResponse)>(
        std::move(initiate), asio::use_awaitable, std::move(request));
  }

  // Answers what could not be read, where that makes sense.
  asio::awaitable<bool> Refuse(Connection& connection,
                               beast::error_code error) {
    if (error == http::error::body_limit) {
      co_return co_await RefuseWith(connection, 413, "body too large\n");
    }
    if (error == http::error::header_limit) {
      co_return co_await RefuseWith(connection, 431, "head too large\n");
    }
    if (error.category() ==
            make_error_code(http::error::bad_value).category() &&
        error != http::error::end_of_stream &&
        error != http::error::partial_message) {
      co_return co_await RefuseWith(connection, 400, "not HTTP\n");
    }
    co_return false;
  }

  asio::awaitable<bool> RefuseWith(Connection& connection, int status,
                                   const char* text) {
    HttpResponse response;
    response.status = status;
    response.body = text;
    co_return co_await Answer(connection, std::move(response), AnswerForm());
  }

  asio::awaitable<bool> Answer(Connection& connection, HttpResponse response,
                               AnswerForm form) {
    Arm(connection, options_.request_timeout);
    http::response<http::string_body> message(
        static_cast<http::status>(response.status), form.version);
    message.set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) message.set(name, value);
    message.keep_alive(form.keep_alive);
    message.body() = std::move(response.body);
    message.prepare_payload();
    http::response_serializer<http::string_body> serializer(message);
    beast::error_code failed;
    if (form.head_only) {
      auto [error, size] = co_await http::async_write_header(
          connection.socket, serializer, kNoThrow);
      failed = error;
    } else {
      auto [error, size] =
          co_await http::async_write(connection.socket, serializer, kNoThrow);
      failed = error;
    }
    co_return !failed && form.keep_alive;
  }

  const HttpListener::Options& options_;
  const HttpListener::Handler& handler_;
  Budget& budget_;
  std::atomic<std::size_t>& connection_count_;
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
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

class BeastListener final : public HttpListener {
 public:
  BeastListener(const Options& options, Handler handler)
      : options_(options),
        handler_(std::move(handler)),
        budget_(options.max_bytes_in_flight),
        acceptor_(accept_io_) {}

  ~BeastListener() override { BeastListener::Stop(absl::ZeroDuration()); }

  absl::Status Bind() {
    beast::error_code error;
    Tcp::resolver resolver(accept_io_);
    const auto found = resolver.resolve(
        options_.host, absl::StrCat(options_.port),
        Tcp::resolver::passive | Tcp::resolver::numeric_service, error);
    if (error || found.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", options_.host, "' is not an address to listen on"));
    }
    const Tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (!error)
      acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error)
      acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", options_.host, ":", options_.port,
                       ": ", error.message()));
    }
    const Tcp::endpoint bound = acceptor_.local_endpoint();
    const std::string host = bound.address().to_string();
    address_ = bound.address().is_v6()
                   ? absl::StrCat("[", host, "]:", bound.port())
                   : absl::StrCat(host, ":", bound.port());
    return absl::OkStatus();
  }

  void Run() {
    for (int i = 0; i < std::max(1, options_.threads); ++i) {
      workers_.push_back(std::make_unique<Worker>(options_, handler_, budget_,
                                                  connection_count_));
    }
    asio::co_spawn(accept_io_, Accept(), asio::detached);
    accept_thread_ = std::thread([this] { accept_io_.run(); });
  }

  const std::string& address() const override { return address_; }

  void Stop(absl::Duration grace) override {
    if (!accept_thread_.joinable()) return;
    // Ends Accept, and with it the thread.
    asio::post(accept_io_, [this] {
      beast::error_code ignored;
      acceptor_.close(ignored);
    });
    accept_thread_.join();
    for (auto& worker : workers_) worker->Drain();
    const auto end = SteadyClock::now() + absl::ToChronoNanoseconds(grace);
    while (connection_count_.load() > 0 && SteadyClock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    for (auto& worker : workers_) worker->CloseAll();
  }

 private:
  asio::awaitable<void> Accept() {
    asio::steady_timer pause(accept_io_);
    for (std::size_t next = 0;; ++next) {
      Worker& worker = *workers_[next % workers_.size()];
      Socket socket(worker.io());
      auto [error] = co_await acceptor_.async_accept(socket, kNoThrow);
      if (error == asio::error::operation_aborted ||
          error == asio::error::bad_descriptor) {
        co_return;
      }
      if (error) {
        Log(LogLevel::kWarning, "accept failed", {{"error", error.message()}});
        pause.expires_after(kAcceptPause);
        co_await pause.async_wait(kNoThrow);
        continue;
      }
      if (connection_count_.fetch_add(1, std::memory_order_relaxed) >=
          options_.max_connections) {
        connection_count_.fetch_sub(1, std::memory_order_relaxed);
        continue;
      }
      beast::error_code ignored;
      socket.set_option(Tcp::no_delay(true), ignored);
      asio::post(worker.io(), [&worker, s = std::move(socket)]() mutable {
        worker.Adopt(std::move(s));
      });
    }
  }

  const Options options_;
  const Handler handler_;
  Budget budget_;
  std::atomic<std::size_t> connection_count_{0};
  asio::io_context accept_io_{1};
  asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type> acceptor_;
  std::string address_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::thread accept_thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpListener>> HttpListener::Start(
    const Options& options, Handler handler) {
  auto listener = std::make_unique<BeastListener>(options, std::move(handler));
  if (absl::Status status = listener->Bind(); !status.ok()) return status;
  listener->Run();
  return listener;
}

bool SplitHostPort(std::string_view text, std::string& host,
                   std::uint16_t& port) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string_view name = text.substr(0, colon);
  if (name.front() == '[') {
    if (name.back() != ']') return false;
    name = name.substr(1, name.size() - 2);
  } else if (name.find(':') != std::string_view::npos) {
    return false;
  }
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size())
    return false;
  host = std::string(name);
  return !host.empty();
}

bool IsLoopback(std::string_view host) {
  if (host == "localhost") return true;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(std::string(host), error);
  return !error && address.is_loopback();
}

}  // namespace linktor
