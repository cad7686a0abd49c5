// Holds HTTP requests and responses as values, for the handlers behind
// HttpListener: the webhook endpoint, the administration and the emulator. The
// values have no lock, so only one thread at a time may use a value.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"

namespace linktor::http {

// HttpHeaders holds the headers of a request. They have the order in which they
// came, except that headers with the same name stand together. Beast has read
// them into the object behind `Impl`. HttpHeaders keeps this object, so that
// nothing is copied. Only the listener sees it.
class HttpHeaders {
 public:
  struct Impl;

  // It begins without headers, as in tests.
  HttpHeaders();
  // Takes over the headers that the listener has read.
  explicit HttpHeaders(std::unique_ptr<Impl> impl);
  ~HttpHeaders();
  // A copy has memory of its own. After a move from an object, it may only be
  // destroyed or assigned to.
  HttpHeaders(const HttpHeaders& other);
  HttpHeaders& operator=(const HttpHeaders& other);
  HttpHeaders(HttpHeaders&&) noexcept;
  HttpHeaders& operator=(HttpHeaders&&) noexcept;

  // Adds a header at the end, or behind the last header that has the same name.
  void Add(std::string_view name, std::string_view value);
  // Calls `call` with each header. The bytes are borrowed from this object.
  void ForEach(
      absl::FunctionRef<void(std::string_view name, std::string_view value)>
          call) const;
  // Returns the value of the first header with this name. Upper and lower case
  // of the name make no difference. The result is empty when there is no such
  // header. The bytes are borrowed from this object.
  std::string_view First(std::string_view name) const;
  // Returns the values of all headers with this name, in their order. Upper and
  // lower case make no difference, and the bytes are borrowed here, too.
  std::vector<std::string_view> All(std::string_view name) const;

 private:
  std::unique_ptr<Impl> impl_;
};

// HttpRequest is a request that was read completely and passed the listener's
// checks. For example, its head gives only one length of the request and only
// one host.
struct HttpRequest {
  // It is the method as it was received, such as "GET". The standard methods
  // are in capital letters.
  std::string method;
  // It is the target as it was received, with its percent-encoding. It has a
  // path and a query, or it is a whole URL when the client uses this server as
  // a proxy. ParseTarget reads both forms.
  std::string target;
  // The request came from this IP address, for logs. It is the peer's address,
  // or the address that trusted proxies give (peer_address.h). It is empty in
  // tests without a connection.
  std::string client;
  // These headers come from the head alone. A chunked body may have trailers,
  // but nothing that comes after the head may decide anything.
  HttpHeaders headers;
  // Its capacity is at least kBodySlack larger than its size, so that the JSON
  // parser can read the body where it is.
  std::string body;
};

// The JSON parser may read up to this many bytes beyond the end of a text. The
// number is at least SIMDJSON_PADDING.
inline constexpr std::size_t kBodySlack = 64;

// This is an answer. The listener adds the HTTP version, Content-Length, and
// whether the connection stays open.
struct HttpResponse {
  int status = 200;
  // It is sent as it is, even with an empty body.
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  // Each name is sent once: a later header replaces an earlier one with the
  // same name.
  std::vector<std::pair<std::string, std::string>> headers;
  // When it is true, the listener closes the connection and sends no answer.
  bool drop = false;
};

// Answers one request. It is called once, from any thread, and does not block.
// A second call does nothing. When a responder is destroyed without a call, the
// request is answered with 500. When an exception has destroyed it, the answer
// is 503, because only std::bad_alloc may leave a handler.
using HttpResponder = absl::AnyInvocable<void(HttpResponse)>;

// Holds the path segments and the query parameters of a target, decoded.
struct HttpTarget {
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> parameters;

  // Returns the value of the first parameter with this name. It is empty when
  // there is none.
  std::string_view Parameter(std::string_view name) const;
};
// Reads both forms of a target that an origin server must accept (RFC 9112,
// 3.2): "/path?query" and "http://host/path?query". The second form may also
// have https, and its host may be any. Returns false for any other text, and
// leaves `out` as it is. A "+" in the query becomes a space.
bool ParseTarget(std::string_view target, HttpTarget& out);

// Returns `value` without the blanks around it. It is the value of a header, or
// one entry of a list in such a value. Blanks are spaces and tabs, and nothing
// else (RFC 9110, 5.6.3).
std::string_view WithoutBlanks(std::string_view value);

}  // namespace linktor::http
