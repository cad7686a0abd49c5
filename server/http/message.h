// HTTP requests and responses as values, for the handlers behind HttpListener.

#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/verb.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"

namespace linktor {

struct HttpRequest {
  boost::beast::http::verb method = boost::beast::http::verb::unknown;
  // The target as it was received: path and query, percent-encoded; a whole URL
  // where a client took this server for a proxy.
  std::string target;
  // The IP address that the request came from, for logs: the peer's, or what
  // trusted proxies say it is. Empty in tests without a connection.
  std::string client;
  boost::beast::http::fields headers;
  // Capacity is at least kBodySlack beyond its size, so that the JSON parser
  // can read it in place.
  std::string body;

  // The first header of that name, in any case; empty when there is none.
  std::string_view Header(std::string_view name) const;
  // All headers of that name, in their order.
  std::vector<std::string_view> Headers(std::string_view name) const;
};

inline constexpr std::size_t kBodySlack = 64;

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  // Close the connection instead of answering.
  bool drop = false;
};

// Answers one request. Called once, from any thread. A responder that goes
// without being called answers 500, and 503 when an exception takes it along:
// only std::bad_alloc does.
using HttpResponder = absl::AnyInvocable<void(HttpResponse)>;

// The path of a target and its query parameters, decoded. Both forms are read
// that an origin server must take (RFC 9112, 3.2): "/path?query" and
// "http://host/path?query", whose host is not looked at. False for any other.
struct HttpTarget {
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> parameters;

  // The first parameter of that name; empty when there is none.
  std::string_view Parameter(std::string_view name) const;
};
bool ParseTarget(std::string_view target, HttpTarget& out);

// A header's value, or one of a list in it, without the blanks around it:
// spaces and tabs, and nothing else (RFC 9110, 5.6.3).
std::string_view WithoutBlanks(std::string_view value);

}  // namespace linktor
