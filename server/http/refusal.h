// Says how a listener refuses a request or a connection that it does not accept
// or has no memory for. Here are the answers, and the words that logs, metrics
// and documents use for the refusals. This file is internal to the listener.
// All functions are thread-safe, and all except ReportRefusal are pure.

#pragma once

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/listener.h"

namespace linktor::http {

// A Refusal is a reason to refuse a request or a connection. Where a comment
// below begins with a number, the request is answered with this HTTP status.
// For the other reasons, the connection is closed without an answer. The table
// in refusal.cc has a row for each reason, in the order of this enum, and the
// compiler checks the order.
enum class Refusal : std::int8_t {
  // 400: the bytes are not an HTTP request.
  kNotHttp,
  // 400: the client speaks TLS, but the listener speaks plaintext. The first
  // bytes of the request show this, so an operator learns which setting is
  // wrong.
  kTlsOnPlaintext,
  // 400: the first bytes are a PROXY header (proxy_protocol.h), but the
  // listener does not expect one.
  kProxyProtocolUnexpected,
  // The connection does not begin with a PROXY header, but the listener expects
  // one. Without this header nobody knows which client the connection comes
  // from.
  kProxyProtocolMissing,
  // 400: the client begins with HTTP/2 and has not asked for it by ALPN. (When
  // a client asks by ALPN for HTTP/2 alone, the TLS handshake fails, and the
  // reason is kTlsHandshake.)
  kHttp2,
  // 400: a request of HTTP/1.1 has no Host header, or a request has more than
  // one.
  kHost,
  // 400: the request has more than one Content-Length header, or the header's
  // value is not one number.
  kContentLength,
  // 400: the request has more than one Transfer-Encoding header, or one that
  // cannot be read. A request with this header must be of HTTP/1.1 and must not
  // have a Content-Length header; otherwise the reason is also this one.
  kTransferEncoding,
  // 501: the request has a transfer coding other than chunked.
  kUnknownCoding,
  // 417: the request has an Expect header that is not 100-continue.
  kExpectation,
  // 413: the body is longer than HttpListener::Options allows.
  kBodyTooLarge,
  // 431: the head is longer than HttpListener::Options allows. A chunked body
  // with a very long trailer or extension has the same reason.
  kHeadTooLarge,
  // 503: the budget (budget.h) has no room for the body. Meta later delivers a
  // webhook again that was answered with 503.
  kTooMuchInFlight,
  // 503: the process has no memory for the request. A connection for which
  // there is no memory is closed without an answer.
  kOutOfMemory,
  // There are too many connections, in total or from one address.
  kConnectionLimit,
  // The TLS handshake failed or was too slow.
  kTlsHandshake,
  // A request, or the PROXY header before it, was too slow.
  kRequestTimeout,
  // The client has ended the connection in the middle of a request.
  kRequestIncomplete,
};

// Returns the status of a refusal, and the word that metrics and HttpRefusals
// use for it.
HttpRefusal Describe(Refusal refusal);
// Returns the body of the answer, which is a line of text. It is empty when the
// connection is closed without an answer.
const char* TextOf(Refusal refusal);

// Checks a head that Beast has accepted. (The head is the request line with the
// headers.) It returns the reason to refuse the request, or nullopt when the
// head is good. Some headers decide where a request ends or which host it is
// for. Each of these headers may come only once and must have only one meaning.
// Otherwise a proxy in front of this server may understand the request in a
// different way (request smuggling).
std::optional<Refusal> CheckHead(
    const boost::beast::http::request_header<>& head);

// Returns the refusal for a request that Beast could not read because of
// `error`. `opening` has the first bytes of the request. Returns nullopt when
// the connection has ended, because then nobody can get an answer.
std::optional<Refusal> RefusalOf(const boost::beast::error_code& error,
                                 std::string_view opening);

// Calls options.on_refused, so that the refusal is counted, and logs the
// refusal. It logs at most one line in ten seconds for each reason and each
// listener. `listener` and `peer` are addresses for the log; `peer` is empty
// when it is not known. When there is no memory for the report, the report is
// left out, and no std::bad_alloc leaves ReportRefusal.
void ReportRefusal(const HttpListener::Options& options, Refusal refusal,
                   std::string_view listener, std::string_view peer);

}  // namespace linktor::http
