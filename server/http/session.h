// Speaks the HTTP/1.1 of one connection: it reads requests, hands them to the
// handler and sends the answers, one after the other. It is a template, so that
// plaintext pays nothing for TLS. Internal to the listener; only used on the
// worker's thread.

#pragma once

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/flat_stream.hpp>
#include <cstdint>
#include <string>

#include "server/http/connection.h"
#include "server/http/refusal.h"
#include "server/http/request_body.h"

namespace linktor {

// OpenSSL makes a record of each buffer that is written; the flat stream joins
// the head and the body of an answer into one.
using HttpTlsStream = boost::beast::flat_stream<asio::ssl::stream<HttpSocket>>;

// A worker makes one for a connection, whose stream is ready, and runs it once.
template <typename Stream>
class HttpSession {
 public:
  // All of them outlive this. `stream` is that of `connection`.
  HttpSession(HttpLoop& loop, HttpConnection& connection, Stream& stream)
      : loop_(loop),
        connection_(connection),
        stream_(stream),
        buffer_(kMaxBuffered + loop.options.max_head_bytes) {}
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  // No temporary with a destructor may stand in a co_await expression in these:
  // g++ 12 destroys those made by braces twice.

  // Serves requests until the connection must close, which is left to the
  // caller. Where memory runs out, the request is answered with 503 if that is
  // still possible, and the connection must close; std::bad_alloc when there is
  // not even memory for the answer.
  asio::awaitable<void> Run();

  // Returns whether the session ended with a refusal, after which the client
  // may still send. The worker then lingers before it closes.
  bool refused() const { return refused_; }

 private:
  // The parser leaves no more of a body than this in the buffer, in bytes;
  // without a limit an endless trailer or extension of a chunk would fill the
  // memory.
  static constexpr std::size_t kMaxBuffered = std::size_t{128} * 1024;

  // Says whether an answer of the session's own would reach somebody.
  enum class Stage : std::int8_t {
    // There is no request, so an answer would be taken for the next one's.
    kIdle,
    // A request has begun; nothing is answered yet.
    kReading,
    // The answer has begun.
    kAnswering,
  };

  // Says how an answer is sent.
  struct AnswerForm {
    unsigned version = 11;
    bool keep_alive = false;
    // The answer to HEAD goes without its body.
    bool head_only = false;
  };

  // Reads one request and answers it. Returns false when the connection must
  // close. The request holds its share of the budget until the answer is sent,
  // or until its body turns out to be unreadable. std::bad_alloc leaves it
  // where memory runs out.
  asio::awaitable<bool> ServeOne();
  // Answers the request that memory ran out for, if it waits for an answer;
  // otherwise it only reports. It frees the buffer first, for the answer needs
  // memory. std::bad_alloc leaves it where there is none for that.
  asio::awaitable<void> GiveUp();
  // Waits for the first byte of a request, at most for the idle timeout.
  // Returns false when the connection has ended.
  asio::awaitable<bool> AwaitRequest();
  // These return why the parser did not come to the end of the head or body.
  asio::awaitable<boost::beast::error_code> ReadHead(HttpParser& parser);
  asio::awaitable<boost::beast::error_code> ReadBody(HttpParser& parser);
  // Reads at most `size` bytes more into the buffer. The error is
  // buffer_overflow when the buffer is full.
  asio::awaitable<boost::beast::error_code> ReadMore(std::size_t size);
  // These send an answer and return whether the connection may go on. Refuse
  // answers what could not be read, where there is someone to answer;
  // RefuseWith reports the refusal and answers it. Both return false. Answer
  // sends what the handler said.
  asio::awaitable<bool> Refuse(boost::beast::error_code error);
  asio::awaitable<bool> RefuseWith(Refusal refusal);
  asio::awaitable<bool> Answer(HttpResponse response, AnswerForm form);

  HttpLoop& loop_;
  HttpConnection& connection_;
  Stream& stream_;
  Stage stage_ = Stage::kIdle;
  // It is true while the request under way is a HEAD, so that an answer has no
  // body.
  bool head_only_ = false;
  // It holds the bytes that have been read and not parsed yet.
  boost::beast::flat_buffer buffer_;
  // Holds the first bytes of the request that is read, by which a refusal tells
  // TLS, HTTP/2 and the PROXY protocol from other things that are not HTTP/1.1.
  std::string opening_;
  bool refused_ = false;
};

extern template class HttpSession<HttpSocket>;
extern template class HttpSession<HttpTlsStream>;

}  // namespace linktor
