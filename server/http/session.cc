#include "server/http/session.h"

#include <algorithm>
#include <boost/beast/http.hpp>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "server/http/beast_headers.h"
#include "server/http/peer_address.h"

namespace linktor::http {
namespace {

namespace beast = boost::beast;
namespace beast_http = boost::beast::http;

// One read of this many bytes has nearly every request whole.
constexpr std::size_t kReadSize = 4096;
// A body is read in pieces as long as the part of it that has come, up to this
// many bytes.
constexpr std::size_t kMaxReadSize = 64 * 1024;
// A client that sends more empty lines before a request does not speak HTTP.
constexpr int kMaxEmptyLines = 16;
// This many bytes of a request tell what it is when it is no HTTP.
constexpr std::size_t kOpeningSize = 16;

// Parses what has been read, up to the end of the head, or of what there is,
// and takes it from the buffer. `error` must be none; it stays so when more
// bytes are needed. It is done here and not by a read of Beast's, which does it
// too, because want of memory is then an exception of the coroutine and not of
// the event loop.
void Feed(HttpParser& parser, beast::flat_buffer& buffer,
          beast::error_code& error) {
  const bool had_head = parser.is_header_done();
  while (!error && buffer.size() > 0 && !parser.is_done() &&
         parser.is_header_done() == had_head) {
    const std::size_t used = parser.put(buffer.data(), error);
    buffer.consume(used);
    if (used == 0) break;
  }
  if (error == beast_http::error::need_more) error = {};
}

// Returns whether the client waits for 100 Continue: it has sent nothing of the
// body then. HTTP/1.0 has no such answer.
bool AwaitsContinue(const HttpParser& parser,
                    const beast::flat_buffer& buffer) {
  constexpr unsigned kHttp11 = 11;
  return parser.get().count(beast_http::field::expect) > 0 &&
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

HttpHeaders HeadersOf(beast_http::fields&& fields) {
  auto impl = std::make_unique<HttpHeaders::Impl>();
  impl->fields = std::move(fields);
  return HttpHeaders(std::move(impl));
}

HttpRequest RequestOf(beast_http::request<RequestBody> message) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  request.body = std::move(message.body().bytes);
  // The reader has given every other body its slack.
  if (request.body.empty()) request.body.reserve(kBodySlack);
  request.headers = HeadersOf(std::move(message.base()));
  return request;
}

}  // namespace

template <typename Stream>
asio::awaitable<void> HttpSession<Stream>::Run() {
  // g++ 12 makes wrong code of a co_await in the condition of a loop in a
  // template.
  bool go_on = true;
  while (go_on && !loop_.draining) {
    stage_ = Stage::kIdle;
    bool exhausted = false;
    try {
      go_on = co_await ServeOne();
    } catch (const std::bad_alloc&) {
      exhausted = true;
    }
    if (exhausted) {
      go_on = false;
      co_await GiveUp();
    }
  }
}

template <typename Stream>
asio::awaitable<void> HttpSession<Stream>::GiveUp() {
  buffer_.clear();
  buffer_.shrink_to_fit();
  // A second answer, or one to no request, would be taken for the answer to
  // another request.
  if (stage_ == Stage::kReading) {
    co_await RefuseWith(Refusal::kOutOfMemory);
  } else {
    ReportRefusal(loop_.options, Refusal::kOutOfMemory, loop_.address,
                  connection_.peer());
  }
}

template <typename Stream>
asio::awaitable<bool> HttpSession<Stream>::ServeOne() {
  const HttpListener::Options& options = loop_.options;
  const bool begun = co_await AwaitRequest();
  if (!begun) co_return false;
  stage_ = Stage::kReading;
  connection_.BeginWork(options.request_timeout);
  head_only_ = false;
  opening_ = BytesOf(buffer_).substr(0, kOpeningSize);
  HttpShare share(loop_.budget);
  std::optional<HttpParser> reading(std::in_place);
  HttpParser& parser = *reading;
  parser.header_limit(static_cast<std::uint32_t>(options.max_head_bytes));
  parser.body_limit(options.max_body_bytes);
  parser.get().body().share = &share;
  beast::error_code unreadable = co_await ReadHead(parser);
  if (unreadable) co_return co_await Refuse(unreadable);
  // The parser adds trailers to the headers, but nothing that comes after the
  // head may decide anything.
  AnswerForm form{.version = parser.get().version(),
                  .keep_alive = parser.get().keep_alive(),
                  .head_only = parser.get().method() == beast_http::verb::head};
  head_only_ = form.head_only;
  if (const auto refusal = CheckHead(parser.get())) {
    co_return co_await RefuseWith(*refusal);
  }
  if (!loop_.budget.Fits(parser.content_length().value_or(0))) {
    co_return co_await RefuseWith(Refusal::kTooMuchInFlight);
  }
  std::optional<beast_http::fields> head;
  // Beast's copy constructor loses what it has when memory runs out within it.
  if (parser.chunked()) head.emplace() = parser.get().base();
  unreadable = co_await ReadBody(parser);
  if (unreadable) {
    // The room of this body is given back before the refusal is sent. Otherwise
    // refused bodies could hold the whole budget, and every further request
    // would be refused.
    reading.reset();
    share.GiveBack();
    co_return co_await Refuse(unreadable);
  }
  // A buffer that has grown is not needed while the handler has the request.
  if (buffer_.capacity() > kReadSize) buffer_.shrink_to_fit();
  connection_.NeverExpire();
  HttpRequest request = RequestOf(parser.release());
  if (head.has_value()) request.headers = HeadersOf(*std::move(head));
  request.client =
      ClientAddress(connection_.peer(), request.headers.All("X-Forwarded-For"),
                    options.trusted_proxies);
  HandlerCalls::Answer answer = co_await loop_.calls.Call(std::move(request));
  if (!answer.has_value()) {
    co_return co_await RefuseWith(Refusal::kOutOfMemory);
  }
  if (answer->drop) co_return false;
  if (loop_.draining) form.keep_alive = false;
  co_return co_await Answer(*std::move(answer), form);
}

template <typename Stream>
asio::awaitable<bool> HttpSession<Stream>::AwaitRequest() {
  // Waiting for the first byte is idling; from then on it is a request.
  int empty_lines = kMaxEmptyLines;
  SkipEmptyLines(buffer_, empty_lines);
  // clang 14 forgets to resume the caller of a coroutine that returns within
  // such a loop.
  bool ended = false;
  // Empty lines do not prolong the wait.
  connection_.BeginIdling(loop_.options.idle_timeout);
  while (!ended && buffer_.size() == 0) {
    auto [error, size] = co_await stream_.async_read_some(
        buffer_.prepare(kReadSize), kHttpNoThrow);
    buffer_.commit(size);
    SkipEmptyLines(buffer_, empty_lines);
    ended = error.failed();
  }
  co_return !ended;
}

template <typename Stream>
asio::awaitable<beast::error_code> HttpSession<Stream>::ReadHead(
    HttpParser& parser) {
  beast::error_code unreadable;
  Feed(parser, buffer_, unreadable);
  while (!unreadable && !parser.is_header_done()) {
    unreadable = co_await ReadMore(kReadSize);
    if (!unreadable) Feed(parser, buffer_, unreadable);
  }
  co_return unreadable;
}

template <typename Stream>
asio::awaitable<beast::error_code> HttpSession<Stream>::ReadBody(
    HttpParser& parser) {
  if (AwaitsContinue(parser, buffer_)) {
    beast_http::response<beast_http::empty_body> go_on(
        beast_http::status::continue_, 11);
    co_await beast_http::async_write(stream_, go_on, kHttpNoThrow);
  }
  beast::error_code unreadable;
  Feed(parser, buffer_, unreadable);
  while (!unreadable && !parser.is_done()) {
    unreadable = co_await ReadMore(
        std::clamp(parser.get().body().bytes.size(), kReadSize, kMaxReadSize));
    if (!unreadable) Feed(parser, buffer_, unreadable);
  }
  co_return unreadable;
}

template <typename Stream>
asio::awaitable<beast::error_code> HttpSession<Stream>::ReadMore(
    std::size_t size) {
  size = std::min(size, buffer_.max_size() - buffer_.size());
  if (size == 0) co_return beast_http::error::buffer_overflow;
  auto [error, read] =
      co_await stream_.async_read_some(buffer_.prepare(size), kHttpNoThrow);
  buffer_.commit(read);
  co_return error;
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
  response.body = linktor::http::TextOf(refusal);
  AnswerForm form;
  form.head_only = head_only_;
  co_return co_await Answer(std::move(response), form);
}

template <typename Stream>
asio::awaitable<bool> HttpSession<Stream>::Answer(HttpResponse response,
                                                  AnswerForm form) {
  connection_.BeginWork(loop_.options.request_timeout);
  beast_http::response<beast_http::string_body> message(
      static_cast<beast_http::status>(response.status), form.version);
  message.set(beast_http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.keep_alive(form.keep_alive);
  message.body() = std::move(response.body);
  message.prepare_payload();
  beast_http::response_serializer<beast_http::string_body> serializer(message);
  stage_ = Stage::kAnswering;
  beast::error_code failed;
  if (form.head_only) {
    auto [error, size] = co_await beast_http::async_write_header(
        stream_, serializer, kHttpNoThrow);
    failed = error;
  } else {
    auto [error, size] =
        co_await beast_http::async_write(stream_, serializer, kHttpNoThrow);
    failed = error;
  }
  co_return !failed && form.keep_alive;
}

template class HttpSession<HttpSocket>;
template class HttpSession<HttpTlsStream>;

}  // namespace linktor::http
