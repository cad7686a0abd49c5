// Holds HTTP requests and responses as values, for the handlers behind
// HttpListener: the webhook endpoint, the administration and the emulator.
// Values have no lock; each belongs to one thread at a time.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"

namespace linktor::http {

// HttpHeaders holds the headers of a request as they came, in their order.
// Beast has read them into what is behind `Impl`, which nobody but the listener
// sees, so that they are not copied.
class HttpHeaders {
 public:
  struct Impl;

  // It begins with none, as in tests.
  HttpHeaders();
  // Takes over the headers that the listener has read.
  explicit HttpHeaders(std::unique_ptr<Impl> impl);
  ~HttpHeaders();
  // A copy has memory of its own; an object that was moved from may only be
  // destroyed or assigned.
  HttpHeaders(const HttpHeaders& other);
  HttpHeaders& operator=(const HttpHeaders& other);
  HttpHeaders(HttpHeaders&&) noexcept;
  HttpHeaders& operator=(HttpHeaders&&) noexcept;

  // Adds one behind those that are there, of the same name or not.
  void Add(std::string_view name, std::string_view value);
  // Calls with each of them; the bytes are borrowed from this.
  void ForEach(
      absl::FunctionRef<void(std::string_view name, std::string_view value)>
          call) const;
  // Returns the first of that name, in any case; empty when there is none. The
  // bytes are borrowed from this.
  std::string_view First(std::string_view name) const;
  // Returns all of that name, in their order; they are borrowed, too.
  std::vector<std::string_view> All(std::string_view name) const;

 private:
  std::unique_ptr<Impl> impl_;
};

// HttpRequest is a request that was read whole and passed the listener's
// checks: its head says once where it ends and for whom it is.
struct HttpRequest {
  // It is the method as it was received: "GET". Methods are written in
  // capitals.
  std::string method;
  // It is the target as it was received: path and query, percent-encoded; a
  // whole URL where a client took this server for a proxy. ParseTarget reads
  // both.
  std::string target;
  // The request came from this IP address, for logs: it is the peer's, or what
  // trusted proxies say. It is empty in tests without a connection.
  std::string client;
  // These are of the head alone: what a chunked body's trailers say decides
  // nothing.
  HttpHeaders headers;
  // Capacity is at least kBodySlack beyond its size, so that the JSON parser
  // can read it in place.
  std::string body;
};

// The JSON parser may read so many bytes beyond a text's end; it is at least
// SIMDJSON_PADDING.
inline constexpr std::size_t kBodySlack = 64;

// This is an answer. The listener adds Content-Length, the version and whether
// the connection stays.
struct HttpResponse {
  int status = 200;
  // It is sent as it is, also with an empty body.
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  // Each name is set once: a later one replaces an earlier one.
  std::vector<std::pair<std::string, std::string>> headers;
  // True closes the connection instead of answering.
  bool drop = false;
};

// Answers one request. It is called once, from any thread, and does not block;
// a second call does nothing. A responder that goes without being called
// answers 500, and 503 when an exception takes it along: only std::bad_alloc
// does.
using HttpResponder = absl::AnyInvocable<void(HttpResponse)>;

// Holds the path of a target and its query parameters, decoded.
struct HttpTarget {
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> parameters;

  // Returns the first parameter of that name; empty when there is none.
  std::string_view Parameter(std::string_view name) const;
};
// Reads both forms that an origin server must take (RFC 9112, 3.2):
// "/path?query" and "http://host/path?query", whose host is not looked at.
// Returns false for any other, and leaves `out` as it is. A "+" in the query is
// a space.
bool ParseTarget(std::string_view target, HttpTarget& out);

// Returns a header's value, or one of a list in it, without the blanks around
// it: spaces and tabs, and nothing else (RFC 9110, 5.6.3).
std::string_view WithoutBlanks(std::string_view value);

}  // namespace linktor::http
