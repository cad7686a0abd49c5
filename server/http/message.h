// Defines HTTP requests and responses as plain data, for the handlers behind
// HttpListener: the webhook endpoint, the administration and the emulator. The
// objects have no lock, so only one thread at a time may use an object.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"

namespace linktor::http {

// HttpHeaders holds the headers of a request in the order in which they came,
// except that headers with the same name stand together. Beast's parser has
// filled the object behind `Impl`. HttpHeaders takes this object over, so that
// no header is copied. Only the listener's code and message.cc know the type of
// this object (beast_headers.h).
class HttpHeaders {
 public:
  struct Impl;

  // Makes an object without headers. Tests use it, and so does a new
  // HttpRequest.
  HttpHeaders();
  // Takes over the headers that the listener has read.
  explicit HttpHeaders(std::unique_ptr<Impl> impl);
  ~HttpHeaders();
  // A copy has memory of its own. An object that was moved from may only be
  // destroyed or assigned to.
  HttpHeaders(const HttpHeaders& other);
  HttpHeaders& operator=(const HttpHeaders& other);
  HttpHeaders(HttpHeaders&&) noexcept;
  HttpHeaders& operator=(HttpHeaders&&) noexcept;

  // Adds a header at the end, or after the last header that has the same name.
  void Add(std::string_view name, std::string_view value);
  // Calls `call` with each header. The two texts are borrowed from this object.
  void ForEach(
      absl::FunctionRef<void(std::string_view name, std::string_view value)>
          call) const;
  // Returns the value of the first header with this name. Upper and lower case
  // of the name make no difference. The result is empty when there is no such
  // header. The bytes are borrowed from this object.
  std::string_view First(std::string_view name) const;
  // Returns the values of all headers with this name, in their order. Upper and
  // lower case of the name make no difference. The bytes are borrowed from this
  // object.
  std::vector<std::string_view> All(std::string_view name) const;

 private:
  std::unique_ptr<Impl> impl_;
};

// An HttpRequest is a request that was read completely and passed the
// listener's checks. For example, its head has at most one Host header and at
// most one Content-Length header.
struct HttpRequest {
  // It is the method as it was received, such as "GET". The standard methods
  // are in capital letters.
  std::string method;
  // It is the request's target as it was received, with its percent-encoding.
  // It has a path and perhaps a query, or it is a whole URL when the client
  // uses this server as a proxy. ParseTarget reads both forms.
  std::string target;
  // This is the IP address from which the request came, for logs. It is the
  // peer's address, or the address that trusted proxies give (peer_address.h).
  // It is empty in tests without a connection.
  std::string client;
  // These are the headers of the head. After a chunked body, more headers may
  // come (trailers). They are left out, because the listener has checked only
  // the head.
  HttpHeaders headers;
  // Its capacity is at least kBodySlack larger than its size. So the JSON
  // parser (simdjson) can read the body without copying it.
  std::string body;
};

// The JSON parser may read up to this many bytes beyond the end of a text. The
// number is at least SIMDJSON_PADDING.
inline constexpr std::size_t kBodySlack = 64;

// An HttpResponse is an answer. The listener adds the HTTP version,
// Content-Length, and whether the connection stays open.
struct HttpResponse {
  int status = 200;
  // This is the value of the Content-Type header. It is sent as it is, even
  // with an empty body.
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  // Each name is sent once: a later header replaces an earlier one with the
  // same name.
  std::vector<std::pair<std::string, std::string>> headers;
  // When it is true, the listener closes the connection and sends no answer.
  bool drop = false;
};

// An HttpResponder answers one request. It may be called from any thread, and
// it does not block. Only the first call counts, and a second call does
// nothing. When a responder is destroyed without a call, the request is
// answered with 500. But when an exception leaves the handler and destroys the
// responder, the answer is 503, because only std::bad_alloc (no memory) may
// leave a handler.
using HttpResponder = absl::AnyInvocable<void(HttpResponse)>;

// Holds the path segments and the query parameters of a request's target,
// decoded.
struct HttpTarget {
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> parameters;

  // Returns the value of the first parameter with this name. It is empty when
  // there is no such parameter.
  std::string_view Parameter(std::string_view name) const;
};
// Reads both forms of a target that an origin server must accept (RFC 9112,
// 3.2): "/path?query" and "http://host/path?query". The second form may also
// have https, and it may name any host. Returns false for any other text, and
// leaves `out` as it is. A "+" in the query becomes a space.
bool ParseTarget(std::string_view target, HttpTarget& out);

// Returns `value` without the blanks at its beginning and its end. `value` is
// the value of a header, or one entry of a list in such a value. Blanks are
// spaces and tabs, and nothing else (RFC 9110, 5.6.3).
std::string_view WithoutBlanks(std::string_view value);

}  // namespace linktor::http
