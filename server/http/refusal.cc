#include "server/http/refusal.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <new>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/cause_log.h"
#include "server/base/strings.h"
#include "server/http/proxy_protocol.h"
#include "server/http/request_body.h"

namespace linktor::http {
namespace {

namespace beast = boost::beast;
namespace beast_http = boost::beast::http;

struct Row {
  Refusal refusal;
  int status;
  const char* reason;
  const char* text;
  LogLevel level;
};

constexpr std::array kRows = {
    Row{Refusal::kNotHttp, 400, "not_http", "this is not HTTP\n",
        LogLevel::kInfo},
    Row{Refusal::kTlsOnPlaintext, 400, "tls_on_plaintext_port",
        "this port speaks plaintext HTTP\n", LogLevel::kWarning},
    Row{Refusal::kProxyProtocolUnexpected, 400, "proxy_protocol_unexpected",
        "this port does not take the PROXY protocol\n", LogLevel::kWarning},
    Row{Refusal::kProxyProtocolMissing, 0, "proxy_protocol_missing", "",
        LogLevel::kWarning},
    Row{Refusal::kHttp2, 400, "http2", "this port speaks HTTP/1.1\n",
        LogLevel::kWarning},
    Row{Refusal::kHost, 400, "host", "one Host header is required\n",
        LogLevel::kInfo},
    Row{Refusal::kContentLength, 400, "content_length",
        "at most one Content-Length header, with one number, is taken\n",
        LogLevel::kInfo},
    Row{Refusal::kTransferEncoding, 400, "transfer_encoding",
        "at most one Transfer-Encoding header is taken, and none in HTTP/1.0 "
        "or beside Content-Length\n",
        LogLevel::kInfo},
    Row{Refusal::kUnknownCoding, 501, "transfer_coding",
        "chunked is the only transfer coding that is taken\n", LogLevel::kInfo},
    Row{Refusal::kExpectation, 417, "expectation",
        "100-continue is the only expectation that is met\n", LogLevel::kInfo},
    Row{Refusal::kBodyTooLarge, 413, "body_too_large",
        "the body is too large\n", LogLevel::kWarning},
    Row{Refusal::kHeadTooLarge, 431, "head_too_large",
        "the head is too large\n", LogLevel::kWarning},
    Row{Refusal::kTooMuchInFlight, 503, "too_much_in_flight",
        "too many bytes are in flight\n", LogLevel::kWarning},
    Row{Refusal::kOutOfMemory, 503, "out_of_memory", "try again\n",
        LogLevel::kError},
    Row{Refusal::kConnectionLimit, 0, "connection_limit", "",
        LogLevel::kWarning},
    Row{Refusal::kTlsHandshake, 0, "tls_handshake", "", LogLevel::kInfo},
    Row{Refusal::kRequestTimeout, 0, "request_timeout", "", LogLevel::kWarning},
    Row{Refusal::kRequestIncomplete, 0, "request_incomplete", "",
        LogLevel::kInfo},
};

const Row& Find(Refusal refusal) {
  return kRows[static_cast<std::size_t>(refusal)];
}

constexpr bool InOrder() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].refusal) != i) return false;
  }
  return true;
}
static_assert(InOrder());

bool Is(beast::string_view text, std::string_view what) {
  return absl::EqualsIgnoreCase(absl::string_view(text.data(), text.size()),
                                ToAbsl(what));
}

}  // namespace

HttpRefusal Describe(Refusal refusal) {
  const Row& row = Find(refusal);
  return {.status = row.status, .reason = row.reason};
}

const char* TextOf(Refusal refusal) { return Find(refusal).text; }

const std::vector<HttpRefusal>& HttpRefusals() {
  static const auto& all = *[] {
    auto* list = new std::vector<HttpRefusal>;
    for (const Row& row : kRows) list->push_back(Describe(row.refusal));
    return list;
  }();
  return all;
}

std::optional<Refusal> CheckHead(const beast_http::request_header<>& head) {
  constexpr unsigned kHttp11 = 11;
  const std::size_t hosts = head.count(beast_http::field::host);
  if (hosts > 1 || (hosts == 0 && head.version() >= kHttp11)) {
    return Refusal::kHost;
  }
  const std::string_view length = head[beast_http::field::content_length];
  if (head.count(beast_http::field::content_length) > 1 ||
      !std::all_of(length.begin(), length.end(), absl::ascii_isdigit)) {
    return Refusal::kContentLength;
  }
  const std::size_t codings = head.count(beast_http::field::transfer_encoding);
  // A length beside a coding may hide a second request.
  if (codings > 1 || (codings == 1 && head.version() < kHttp11) ||
      (codings == 1 && head.count(beast_http::field::content_length) > 0)) {
    return Refusal::kTransferEncoding;
  }
  if (codings == 1 &&
      !Is(head[beast_http::field::transfer_encoding], "chunked")) {
    return Refusal::kUnknownCoding;
  }
  const auto [begin, end] = head.equal_range(beast_http::field::expect);
  for (auto it = begin; it != end; ++it) {
    if (!Is(it->value(), "100-continue")) return Refusal::kExpectation;
  }
  return std::nullopt;
}

std::optional<Refusal> RefusalOf(const beast::error_code& error,
                                 std::string_view opening) {
  // A TLS record that begins a handshake has this first byte.
  constexpr char kTlsHandshakeRecord = 0x16;
  if (error == beast_http::error::body_limit) return Refusal::kBodyTooLarge;
  if (error == OverBudget()) return Refusal::kTooMuchInFlight;
  // The buffer is full of a head, or of a trailer or an extension of a chunk.
  if (error == beast_http::error::header_limit ||
      error == beast_http::error::buffer_overflow) {
    return Refusal::kHeadTooLarge;
  }
  const bool about_http =
      error.category() ==
      make_error_code(beast_http::error::bad_value).category();
  if (!about_http || error == beast_http::error::end_of_stream ||
      error == beast_http::error::partial_message) {
    return std::nullopt;
  }
  if (opening.starts_with(kTlsHandshakeRecord)) return Refusal::kTlsOnPlaintext;
  if (LooksLikeProxyHeader(opening)) return Refusal::kProxyProtocolUnexpected;
  if (opening.starts_with("PRI * HTTP/2")) return Refusal::kHttp2;
  if (error == beast_http::error::bad_content_length ||
      error == beast_http::error::multiple_content_length) {
    return Refusal::kContentLength;
  }
  if (error == beast_http::error::bad_transfer_encoding) {
    return Refusal::kTransferEncoding;
  }
  return Refusal::kNotHttp;
}

void ReportRefusal(const HttpListener::Options& options, Refusal refusal,
                   std::string_view listener, std::string_view peer) {
  const Row& row = Find(refusal);
  try {
    if (options.on_refused) options.on_refused(Describe(refusal));
    if (!Logs(row.level)) return;
    LogCause(row.level, "http request refused",
             absl::StrCat(ToAbsl(listener), " ", row.reason),
             {{"listener", std::string(listener)},
              {"peer", std::string(peer)},
              {"status", std::to_string(row.status)},
              {"reason", row.reason}});
  } catch (const std::bad_alloc&) {  // NOLINT(*-empty-catch)
    // To refuse matters more than to tell.
  }
}

}  // namespace linktor::http
