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
  // As received: path and query, percent-encoded.
  std::string target;
  boost::beast::http::fields headers;
  // Capacity is at least kBodySlack beyond its size, so that the JSON parser
  // can read it in place.
  std::string body;

  // The first header of that name, in any case; empty when there is none.
  std::string_view Header(std::string_view name) const;
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

// Answers one request. Called once, from any thread; a responder that goes
// without being called answers 500.
using HttpResponder = absl::AnyInvocable<void(HttpResponse)>;

// The path of a target and its query parameters, decoded. False when the
// target is not a valid origin-form target.
struct HttpTarget {
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> parameters;

  // The first parameter of that name; empty when there is none.
  std::string_view Parameter(std::string_view name) const;
};
bool ParseTarget(std::string_view target, HttpTarget& out);

}  // namespace linktor
