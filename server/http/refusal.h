// Refuses requests and connections that a listener does not accept, or has no
// memory for. Here are the answers, and the words that logs, metrics and
// documents use for them. Internal to the listener. All functions are
// thread-safe, and all except ReportRefusal are pure.

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

// Names why a request or a connection was refused. The table in refusal.cc has
// a row for each reason, in the order of this enum, and the compiler checks the
// order.
enum class Refusal : std::int8_t {
  // 400: the bytes are not an HTTP request.
  kNotHttp,
  // 400: this reason and the next one are recognised by the first bytes, so
  // that an operator learns which setting is wrong.
  kTlsOnPlaintext,
  kProxyProtocolUnexpected,
  // The connection is closed, because without the header nobody knows which
  // client it comes from.
  kProxyProtocolMissing,
  // 400: the client begins with HTTP/2 and has not asked for it by ALPN. (When
  // a client asks by ALPN for HTTP/2 alone, the TLS handshake fails.)
  kHttp2,
  // 400: the header with this name is missing, comes twice, contradicts another
  // header, or does not have the one form that every HTTP program understands
  // in the same way.
  kHost,
  kContentLength,
  kTransferEncoding,
  // 501 and 417: the request asks for a transfer coding, or has an expectation,
  // that this server does not support.
  kUnknownCoding,
  kExpectation,
  // 413 and 431: the request exceeds a limit of HttpListener::Options.
  kBodyTooLarge,
  kHeadTooLarge,
  // 503: the budget (budget.h) has no room for the body, or the process has no
  // memory. Meta delivers the webhook again.
  kTooMuchInFlight,
  kOutOfMemory,
  // The connection is closed, because there is no request to answer: there are
  // too many connections, the TLS handshake failed, or the request was too slow
  // or ended in its middle.
  kConnectionLimit,
  kTlsHandshake,
  kRequestTimeout,
  kRequestIncomplete,
};

// Returns the status of a refusal, and the word that metrics and HttpRefusals
// use for it.
HttpRefusal Describe(Refusal refusal);
// Returns the body of the answer, which is a line of text. It is empty when the
// connection is closed without an answer.
const char* TextOf(Refusal refusal);

// Returns why a head is refused that Beast accepts; nothing when the head is
// good. Some headers decide where a request ends or which host it is for. Each
// of them must say this once and in one way. Otherwise a proxy may understand
// the request in a different way (request smuggling).
std::optional<Refusal> CheckHead(
    const boost::beast::http::request_header<>& head);

// Returns the refusal for a request that Beast could not read because of
// `error`. `opening` has the first bytes of the request. Returns nothing when
// the connection has ended, because then nobody is there to get an answer.
std::optional<Refusal> RefusalOf(const boost::beast::error_code& error,
                                 std::string_view opening);

// Counts and logs a refusal. It logs at most one line in ten seconds for each
// kind of refusal and each listener. `listener` and `peer` are addresses for
// the log; `peer` is empty when it is not known. When there is no memory for
// the report, it is left out. ReportRefusal never throws std::bad_alloc.
void ReportRefusal(const HttpListener::Options& options, Refusal refusal,
                   std::string_view listener, std::string_view peer);

}  // namespace linktor::http
