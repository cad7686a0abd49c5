// Refuses what a listener does not take, or has no memory for. Here are the
// answers, with the words that logs, metrics and documents have for them.
// Internal to the listener. All functions are thread-safe, and all but
// ReportRefusal pure.

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
// a row for each, in this order, which the compiler checks.
enum class Refusal : std::int8_t {
  // 400: the bytes are none of a request.
  kNotHttp,
  // 400: this and the next one are known by how the connection begins, so that
  // an operator learns what is set up wrong.
  kTlsOnPlaintext,
  kProxyProtocolUnexpected,
  // The connection is closed: without the header nobody knows whom it is from.
  kProxyProtocolMissing,
  // 400: the client speaks HTTP/2 without asking by ALPN.
  kHttp2,
  // 400: these headers are missing, doubled or not in the one form that
  // everybody reads alike.
  kHost,
  kContentLength,
  kTransferEncoding,
  // 501 and 417: this server does not have what the request asks for.
  kUnknownCoding,
  kExpectation,
  // 413 and 431: the request passes a limit of HttpListener::Options.
  kBodyTooLarge,
  kHeadTooLarge,
  // 503: the budget has no room for the body, or the process no memory. Meta
  // delivers again.
  kTooMuchInFlight,
  kOutOfMemory,
  // The connection is closed, since there is no request to answer: too many
  // connections, a handshake that failed, a request that was too slow or ended
  // in its middle.
  kConnectionLimit,
  kTlsHandshake,
  kRequestTimeout,
  kRequestIncomplete,
};

// Returns the status and the word that metrics and HttpRefusals have for it.
HttpRefusal Describe(Refusal refusal);
// Returns the body of the answer, a line of text; it is empty where the
// connection is closed without an answer.
const char* TextOf(Refusal refusal);

// Returns why a head is refused that Beast takes; nothing when it is good. The
// headers that decide where a request ends, and for whom it is, must say it
// once and in one way: else a proxy may understand something different (request
// smuggling).
std::optional<Refusal> CheckHead(
    const boost::beast::http::request_header<>& head);

// Returns why Beast could not read a request that begins with `opening`;
// nothing when there is no one to answer, because the connection has ended.
std::optional<Refusal> RefusalOf(const boost::beast::error_code& error,
                                 std::string_view opening);

// Counts and logs a refusal, at most a line in ten seconds of each kind and
// listener. `listener` and `peer` are addresses for the log; `peer` is empty
// where it is not known. Where there is no memory for that, it is left out; no
// std::bad_alloc leaves this.
void ReportRefusal(const HttpListener::Options& options, Refusal refusal,
                   std::string_view listener, std::string_view peer);

}  // namespace linktor::http
