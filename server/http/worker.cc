#include "server/http/worker.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "server/base/mutex.h"

namespace linktor {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
// How often all connections' deadlines are looked at.
constexpr auto kSweepInterval = std::chrono::seconds(1);
// Read at once: nearly every request, and a good part of a long body.
constexpr std::size_t kReadSize = 4096;
constexpr std::size_t kBodyReadSize = 64 * 1024;

// A share of the budget, given back when it goes.
class Share {
 public:
  explicit Share(HttpBudget& budget) : budget_(budget) {}
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
  HttpBudget& budget_;
  std::size_t held_ = 0;
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

void Close(HttpSocket& socket) {
  beast::error_code ignored;
  socket.close(ignored);
}

SteadyClock::time_point After(absl::Duration time) {
  return SteadyClock::now() + absl::ToChronoNanoseconds(time);
}

// Parses what has been read already; a read of Beast's, which does too, would
// go through the event loop for it.
void Feed(http::request_parser<http::string_body>& parser,
          beast::flat_buffer& buffer, beast::error_code& error) {
  if (buffer.size() == 0 || parser.is_done()) return;
  buffer.consume(parser.put(buffer.data(), error));
  if (error == http::error::need_more) error = {};
}

HttpRequest RequestOf(http::request<http::string_body> message) {
  HttpRequest request;
  request.method = message.method();
  request.target = std::string(message.target());
  request.body = std::move(message.body());
  request.body.reserve(request.body.size() + kBodySlack);
  request.headers = std::move(static_cast<http::fields&>(message.base()));
  return request;
}

}  // namespace

struct HttpWorker::Connection {
  explicit Connection(HttpSocket s) : socket(std::move(s)) {}

  HttpSocket socket;
  // When the sweep closes it; max while a handler works.
  SteadyClock::time_point deadline = SteadyClock::time_point::max();
  // Whether no request is under way, so that a drain may close it.
  bool idle = true;
};

// Where responders leave their answers. It outlives the worker, because a
// responder may be called, or dropped, when the listener has gone.
struct HttpWorker::Mailbox {
  struct Letter {
    std::uint64_t id = 0;
    HttpResponse response;
  };

  Mutex mutex;
  // Null when the worker has gone.
  asio::io_context* io ABSL_GUARDED_BY(mutex) = nullptr;
  // What the worker has not taken yet: it is called for the first only, since
  // the answers of a commit come together.
  std::vector<Letter> letters ABSL_GUARDED_BY(mutex);
};

HttpWorker::HttpWorker(const HttpListener::Options& options,
                       const HttpListener::Handler& handler, HttpBudget& budget,
                       std::atomic<std::size_t>& connections)
    : options_(options),
      handler_(handler),
      budget_(budget),
      connection_count_(connections),
      mailbox_(std::make_shared<Mailbox>()),
      sweep_timer_(io_) {
  {
    MutexLock lock(mailbox_->mutex);
    mailbox_->io = &io_;
  }
  asio::co_spawn(io_, Sweep(), asio::detached);
  thread_ = std::thread([this] { io_.run(); });
}

HttpWorker::~HttpWorker() {
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

void HttpWorker::Adopt(HttpSocket socket) {
  asio::co_spawn(io_, Serve(std::move(socket)), asio::detached);
}

void HttpWorker::CloseAll() {
  asio::post(io_, [this] {
    for (Connection* connection : connections_) Close(connection->socket);
  });
}

void HttpWorker::Drain() {
  asio::post(io_, [this] {
    draining_ = true;
    for (Connection* connection : connections_) {
      if (connection->idle) Close(connection->socket);
    }
  });
}

asio::awaitable<void> HttpWorker::Sweep() {
  for (;;) {
    sweep_timer_.expires_after(kSweepInterval);
    auto [error] = co_await sweep_timer_.async_wait(kNoThrow);
    if (error) co_return;
    const auto now = SteadyClock::now();
    for (Connection* connection : connections_) {
      if (connection->deadline <= now) Close(connection->socket);
    }
  }
}

asio::awaitable<void> HttpWorker::Serve(HttpSocket socket) {
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

asio::awaitable<bool> HttpWorker::ServeOne(Connection& connection,
                                           beast::flat_buffer& buffer) {
  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(options_.max_head_bytes));
  parser.body_limit(options_.max_body_bytes);
  // Waiting for the first byte is idling; from then on it is a request.
  if (buffer.size() == 0) {
    connection.idle = true;
    connection.deadline = After(options_.idle_timeout);
    auto [error, size] = co_await connection.socket.async_read_some(
        buffer.prepare(kReadSize), kNoThrow);
    if (error) co_return false;
    buffer.commit(size);
  }
  connection.idle = false;
  connection.deadline = After(options_.request_timeout);
  beast::error_code unreadable;
  Feed(parser, buffer, unreadable);
  while (!unreadable && !parser.is_header_done()) {
    auto [error, size] = co_await http::async_read_some(
        connection.socket, buffer, parser, kNoThrow);
    unreadable = error;
  }
  if (unreadable) {
    co_return co_await Refuse(connection, unreadable);
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
  Feed(parser, buffer, unreadable);
  for (;;) {
    if (unreadable) {
      co_return co_await Refuse(connection, unreadable);
    }
    if (!share.GrowTo(parser.get().body().size())) {
      co_return co_await RefuseWith(connection, 503, "too much in flight\n");
    }
    if (parser.is_done()) break;
    auto [error, size] = co_await http::async_read_some(
        connection.socket, buffer, parser, kNoThrow);
    unreadable = error;
  }
  if (buffer.capacity() > kReadSize) buffer.shrink_to_fit();
  connection.deadline = SteadyClock::time_point::max();
  auto message = parser.release();
  AnswerForm form{.version = message.version(),
                  .keep_alive = message.keep_alive(),
                  .head_only = message.method() == http::verb::head};
  HttpRequest request = RequestOf(std::move(message));
  HttpResponse response = co_await CallHandler(std::move(request));
  if (response.drop) co_return false;
  if (draining_) form.keep_alive = false;
  co_return co_await Answer(connection, std::move(response), form);
}

asio::awaitable<HttpResponse> HttpWorker::CallHandler(HttpRequest request) {
  auto initiate = [this](auto completion, HttpRequest to_handle) {
    const std::uint64_t id = next_id_++;
    waiting_.emplace(id, std::move(completion));
    // Any-thread responder: the completion runs on this worker's loop.
    OnceResponder once([this, id, mailbox = mailbox_](HttpResponse response) {
      MutexLock lock(mailbox->mutex);
      if (mailbox->io == nullptr) return;
      mailbox->letters.push_back({id, std::move(response)});
      if (mailbox->letters.size() == 1) {
        asio::post(*mailbox->io, [this] { HandOut(); });
      }
    });
    handler_(std::move(to_handle), HttpResponder(std::move(once)));
  };
  return asio::async_initiate<const asio::use_awaitable_t<>,
                              void(HttpResponse)>(
      std::move(initiate), asio::use_awaitable, std::move(request));
}

void HttpWorker::HandOut() {
  std::vector<Mailbox::Letter> letters;
  {
    MutexLock lock(mailbox_->mutex);
    letters.swap(mailbox_->letters);
  }
  for (Mailbox::Letter& letter : letters) {
    auto node = waiting_.extract(letter.id);
    if (!node.empty()) node.mapped()(std::move(letter.response));
  }
}

asio::awaitable<bool> HttpWorker::Refuse(Connection& connection,
                                         beast::error_code error) {
  if (error == http::error::body_limit) {
    co_return co_await RefuseWith(connection, 413, "body too large\n");
  }
  if (error == http::error::header_limit) {
    co_return co_await RefuseWith(connection, 431, "head too large\n");
  }
  if (error.category() == make_error_code(http::error::bad_value).category() &&
      error != http::error::end_of_stream &&
      error != http::error::partial_message) {
    co_return co_await RefuseWith(connection, 400, "not HTTP\n");
  }
  co_return false;
}

asio::awaitable<bool> HttpWorker::RefuseWith(Connection& connection, int status,
                                             const char* text) {
  HttpResponse response;
  response.status = status;
  response.body = text;
  co_return co_await Answer(connection, std::move(response), AnswerForm());
}

asio::awaitable<bool> HttpWorker::Answer(Connection& connection,
                                         HttpResponse response,
                                         AnswerForm form) {
  connection.deadline = After(options_.request_timeout);
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

}  // namespace linktor
