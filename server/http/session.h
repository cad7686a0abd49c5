// An HttpSession serves HTTP/1.1 on one connection: it reads requests, hands
// them to the handler and sends the answers, one after the other. It is a
// template, so that a connection without TLS has none of TLS's cost. Only a
// worker (worker.h) uses it, on the worker's thread.

#pragma once

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/flat_stream.hpp>
#include <cstdint>
#include <string>

#include "server/http/connection.h"
#include "server/http/refusal.h"
#include "server/http/request_body.h"

namespace linktor::http {

// OpenSSL makes one TLS record from each buffer that is written. The flat
// stream joins the head and the body of an answer into one buffer, so that they
// need only one record.
using HttpTlsStream = boost::beast::flat_stream<asio::ssl::stream<HttpSocket>>;

// A worker makes a session for a connection when the connection's stream is
// ready (after the TLS handshake, if there is one). It runs each session once.
template <typename Stream>
class HttpSession {
 public:
  // `loop`, `connection` and `stream` must outlive the session. `stream`
  // belongs to `connection`.
  HttpSession(HttpLoop& loop, HttpConnection& connection, Stream& stream)
      : loop_(loop),
        connection_(connection),
        stream_(stream),
        buffer_(kMaxBuffered + loop.options.max_head_bytes) {}
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  // In the coroutines below, no temporary with a destructor may stand in a
  // co_await expression: if a temporary is made with braces, g++ 12 calls its
  // destructor twice.

  // Serves requests until the connection must close; the caller closes it. When
  // memory runs out, the request is answered with 503 if that is still
  // possible, and the connection must close. Run throws std::bad_alloc when
  // there is not even memory for that answer.
  asio::awaitable<void> Run();

  // Returns whether the session ended with a refusal. The client may then still
  // be sending, so the worker reads on for a short time before it closes the
  // connection (HttpWorker::Linger).
  bool refused() const { return refused_; }

 private:
  // Besides a head, the buffer holds at most this many bytes that the parser
  // has not taken yet. Without a limit, an endless trailer or an endless
  // extension of a chunk would fill the memory.
  static constexpr std::size_t kMaxBuffered = std::size_t{128} * 1024;

  // Says how far the present request has come. The session may send an answer
  // of its own, such as 503, only while the client waits for one.
  enum class Stage : std::int8_t {
    // No request has begun. If the session sent an answer now, the client would
    // take it for the answer to its next request.
    kIdle,
    // A request has begun; nothing is answered yet.
    kReading,
    // The session has begun to send the answer.
    kAnswering,
  };

  // Says how an answer is sent.
  struct AnswerForm {
    // This is the HTTP version of the answer; 11 stands for HTTP/1.1.
    unsigned version = 11;
    // It is true when the connection stays open after the answer.
    bool keep_alive = false;
    // The answer to a HEAD request is sent without its body.
    bool head_only = false;
  };

  // Reads one request and answers it. Returns false when the connection must
  // close. The request holds its share of the budget (budget.h) until the
  // answer is sent. When the body of the request cannot be read, the share is
  // given back earlier. ServeOne throws std::bad_alloc when memory runs out.
  asio::awaitable<bool> ServeOne();
  // Run calls GiveUp when memory has run out. GiveUp frees the buffer first,
  // because an answer needs memory. If a request is under way and its answer
  // has not begun, GiveUp answers it with 503. Otherwise it only reports the
  // lack of memory. It throws std::bad_alloc when there is no memory for the
  // answer.
  asio::awaitable<void> GiveUp();
  // Waits for the first byte of a request, but not longer than the idle
  // timeout. Returns false when the connection has ended.
  asio::awaitable<bool> AwaitRequest();
  // ReadHead reads until the parser has the whole head, and ReadBody reads
  // until it has the whole body. They return the error that stopped them, or no
  // error.
  asio::awaitable<boost::beast::error_code> ReadHead(HttpParser& parser);
  asio::awaitable<boost::beast::error_code> ReadBody(HttpParser& parser);
  // Reads up to `size` more bytes into the buffer. The error is buffer_overflow
  // when the buffer is full.
  asio::awaitable<boost::beast::error_code> ReadMore(std::size_t size);
  // The three functions below send an answer, and return whether the connection
  // may serve another request. Refuse is for a request that could not be read
  // because of `error`. It sends nothing when nobody waits for an answer.
  // RefuseWith reports the refusal and sends its answer. Refuse and RefuseWith
  // always return false. Answer sends `response`.
  asio::awaitable<bool> Refuse(boost::beast::error_code error);
  asio::awaitable<bool> RefuseWith(Refusal refusal);
  asio::awaitable<bool> Answer(HttpResponse response, AnswerForm form);

  HttpLoop& loop_;
  HttpConnection& connection_;
  Stream& stream_;
  Stage stage_ = Stage::kIdle;
  // It is true while a HEAD request is under way, because a refusal of this
  // request must have no body either.
  bool head_only_ = false;
  // It holds the bytes that have been read but not parsed yet.
  boost::beast::flat_buffer buffer_;
  // It holds the first bytes of the present request. When the request is not
  // HTTP/1.1, RefusalOf (refusal.h) recognises TLS, HTTP/2 and the PROXY
  // protocol by these bytes.
  std::string opening_;
  bool refused_ = false;
};

extern template class HttpSession<HttpSocket>;
extern template class HttpSession<HttpTlsStream>;

}  // namespace linktor::http
