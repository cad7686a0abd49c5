#include "server/http/session.h"

#include <algorithm>
#include <boost/beast/http.hpp>
#include <optional>
#include <utility>

#include "server/http/peer_address.h"
#include "server/http/refusal.h"

namespace linktor {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using Parser = http::request_parser<http::string_body>;

// Read at once: nearly every request, and a good part of a long body.
constexpr std::size_t kReadSize = 4096;
constexpr std::size_t kBodyReadSize = 64 * 1024;
// More empty lines before a request are not HTTP.
constexpr int kMaxEmptyLines = 16;
// So much of a request tells what it is when it is no HTTP.
constexpr std::size_t kOpeningSize = 16;

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

// Parses what has been read already; a read of Beast's, which does too, would
// go through the event loop for it.
void Feed(Parser& parser, beast::flat_buffer& buffer,
          beast::error_code& error) {
  if (buffer.size() == 0 || parser.is_done()) return;
  buffer.consume(parser.put(buffer.data(), error));
  if (error == http::error::need_more) error = {};
}

// Makes room for the body that the head announces.
void MakeRoom(Parser& parser, beast::flat_buffer& buffer,
              std::size_t max_body_bytes) {
  const std::size_t announced = parser.content_length().value_or(0);
  parser.get().body().reserve(std::min(announced, max_body_bytes) + kBodySlack);
  if (announced > kBodyReadSize) buffer.reserve(kBodyReadSize);
}

// A client that waits for it has sent nothing of the body. HTTP/1.0 has no such
// answer.
bool AwaitsContinue(const Parser& parser, const beast::flat_buffer& buffer) {
  constexpr unsigned kHttp11 = 11;
  return parser.get().count(http::field::expect) > 0 &&
         parser.get().version() >= kHttp11 && !parser.is_done() &&
         buffer.size() == 0;
}

std::string_view BytesOf(const beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

// Old clients send an empty line after a body (RFC 9112, 2.2). `left` more are
// skipped; a stranger could send them for ever.
void SkipEmptyLines(beast::flat_buffer& buffer, int& left) {
  for (; left > 0 && BytesOf(buffer).starts_with("\r\n"); --left) {
    buffer.consume(2);
  }
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

template <typename Stream>
asio::awaitable<void> HttpSession<Stream>::Run() {
  // g++ 12 makes nonsense of a co_await in the condition of a loop in a
  // template.
  bool go_on = true;
  while (go_on && !loop_.draining) {
    go_on = co_await ServeOne();
  }
}

template <typename Stream>
asio::awaitable<bool> HttpSession<Stream>::ServeOne() {
  const HttpListener::Options& options = loop_.options;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(options.max_head_bytes));
  parser.body_limit(options.max_body_bytes);
  // Waiting for the first byte is idling; from then on it is a request.
  int empty_lines = kMaxEmptyLines;
  SkipEmptyLines(buffer_, empty_lines);
  // clang 14 forgets to resume the caller of a coroutine that returns within
  // such a loop.
  bool ended = false;
  // Empty lines do not prolong the wait.
  connection_.BeginIdling(options.idle_timeout);
  while (!ended && buffer_.size() == 0) {
    auto [error, size] = co_await stream_.async_read_some(
        buffer_.prepare(kReadSize), kHttpNoThrow);
    buffer_.commit(size);
    SkipEmptyLines(buffer_, empty_lines);
    ended = error.failed();
  }
  if (ended) co_return false;
  connection_.BeginWork(options.request_timeout);
  head_only_ = false;
  opening_ = BytesOf(buffer_).substr(0, kOpeningSize);
  beast::error_code unreadable;
  Feed(parser, buffer_, unreadable);
  while (!unreadable && !parser.is_header_done()) {
    auto [error, size] =
        co_await http::async_read_some(stream_, buffer_, parser, kHttpNoThrow);
    unreadable = error;
  }
  if (unreadable) co_return co_await Refuse(unreadable);
  // The parser adds trailers to the headers, but nothing that comes after the
  // head may decide anything.
  AnswerForm form{.version = parser.get().version(),
                  .keep_alive = parser.get().keep_alive(),
                  .head_only = parser.get().method() == http::verb::head};
  head_only_ = form.head_only;
  if (const auto refusal = CheckHead(parser.get())) {
    co_return co_await RefuseWith(*refusal);
  }
  if (AwaitsContinue(parser, buffer_)) {
    http::response<http::empty_body> go_on(http::status::continue_, 11);
    co_await http::async_write(stream_, go_on, kHttpNoThrow);
  }
  std::optional<http::fields> head;
  if (parser.chunked()) head = parser.get().base();
  MakeRoom(parser, buffer_, options.max_body_bytes);
  Share share(loop_.budget);
  Feed(parser, buffer_, unreadable);
  for (;;) {
    if (unreadable) co_return co_await Refuse(unreadable);
    if (!share.GrowTo(parser.get().body().size())) {
      co_return co_await RefuseWith(Refusal::kTooMuchInFlight);
    }
    if (parser.is_done()) break;
    auto [error, size] =
        co_await http::async_read_some(stream_, buffer_, parser, kHttpNoThrow);
    unreadable = error;
  }
  if (buffer_.capacity() > kReadSize) buffer_.shrink_to_fit();
  connection_.NeverExpire();
  HttpRequest request = RequestOf(parser.release());
  if (head.has_value()) request.headers = *std::move(head);
  request.client =
      ClientAddress(connection_.peer(), request.Headers("X-Forwarded-For"),
                    options.trusted_proxies);
  HttpResponse response = co_await loop_.calls.Call(std::move(request));
  if (response.drop) co_return false;
  if (loop_.draining) form.keep_alive = false;
  co_return co_await Answer(std::move(response), form);
}

template <typename Stream>
asio::awaitable<bool> HttpSession<Stream>::Refuse(beast::error_code error) {
  const std::optional<Refusal> refusal = RefusalOf(error, opening_);
  if (refusal.has_value()) co_return co_await RefuseWith(*refusal);
  // There is no one to answer. A drain is no fault of the client's.
  if (!loop_.draining) {
    ReportRefusal(loop_.options,
                  connection_.expired() ? Refusal::kRequestTimeout
                                        : Refusal::kRequestIncomplete,
                  loop_.address, connection_.peer());
  }
  co_return false;
}

template <typename Stream>
asio::awaitable<bool> HttpSession<Stream>::RefuseWith(Refusal refusal) {
  ReportRefusal(loop_.options, refusal, loop_.address, connection_.peer());
  refused_ = true;
  HttpResponse response;
  response.status = Describe(refusal).status;
  response.body = linktor::TextOf(refusal);
  AnswerForm form;
  form.head_only = head_only_;
  co_return co_await Answer(std::move(response), form);
}

template <typename Stream>
asio::awaitable<bool> HttpSession<Stream>::Answer(HttpResponse response,
                                                  AnswerForm form) {
  connection_.BeginWork(loop_.options.request_timeout);
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
    auto [error, size] =
        co_await http::async_write_header(stream_, serializer, kHttpNoThrow);
    failed = error;
  } else {
    auto [error, size] =
        co_await http::async_write(stream_, serializer, kHttpNoThrow);
    failed = error;
  }
  co_return !failed && form.keep_alive;
}

template class HttpSession<HttpSocket>;
template class HttpSession<HttpTlsStream>;

}  // namespace linktor
