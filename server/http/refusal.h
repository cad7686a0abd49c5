// Refuses what a listener does not take, or has no memory for: the answers,
// with the words that logs, metrics and documents have for them. Internal to
// the listener.

#pragma once

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/listener.h"

namespace linktor {

enum class Refusal : std::int8_t {
  kNotHttp,
  kTlsOnPlaintext,
  kProxyProtocolUnexpected,
  kProxyProtocolMissing,
  kHttp2,
  kHost,
  kContentLength,
  kTransferEncoding,
  kUnknownCoding,
  kExpectation,
  kBodyTooLarge,
  kHeadTooLarge,
  kTooMuchInFlight,
  kOutOfMemory,
  kConnectionLimit,
  kTlsHandshake,
  kRequestTimeout,
  kRequestIncomplete,
};

HttpRefusal Describe(Refusal refusal);
// Returns the body of the answer.
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

// Counts and logs a refusal, at most a line in ten seconds of each kind. Where
// there is no memory for that, it is left out; no std::bad_alloc leaves this.
void ReportRefusal(const HttpListener::Options& options, Refusal refusal,
                   std::string_view listener, std::string_view peer);

}  // namespace linktor
