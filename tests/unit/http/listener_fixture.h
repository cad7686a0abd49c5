// What the tests of the listener have in common: handlers, options that never
// time out, and requests.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "server/base/tls_identity.h"
#include "server/http/listener.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_socket.h"

namespace linktor::http {

// Longer than any test.
inline constexpr absl::Duration kLong = absl::Hours(1);
// Shorter than the listener's sweep, which then decides.
inline constexpr absl::Duration kShort = absl::Milliseconds(50);

inline constexpr char kGet[] = "GET /get HTTP/1.1\r\nHost: x\r\n\r\n";

// Returns a POST request to `target`.
std::string Post(std::string_view target, std::string_view body);

// Answers "<method> <target> <body>" at once.
void Echo(const HttpRequest& request, HttpResponder respond);

// Takes requests and leaves it to the test to answer them.
class Desk {
 public:
  HttpListener::Handler handler();
  // Waits for a request.
  HttpResponder Take();

 private:
  Mutex mutex_;
  CondVar arrived_;
  std::deque<HttpResponder> waiting_ ABSL_GUARDED_BY(mutex_);
};

// Options with which nothing is closed for being slow.
HttpListener::Options Patient();

// Starts a listener on a free port of the loopback interface.
std::unique_ptr<HttpListener> StartListener(
    const HttpListener::Options& options, HttpListener::Handler handler = Echo);

TestSocket ConnectTo(const HttpListener& listener);

// Returns the identity with that certificate. When `client_ca` is not empty,
// each client must have a certificate that this authority has issued.
std::shared_ptr<const TlsIdentity> IdentityOf(
    const TestCertificate& certificate, std::uint64_t generation = 1,
    const std::string& client_ca = "");
// Always gives the same identity.
TlsSource TlsSourceOf(const TestCertificate& certificate,
                      const std::string& client_ca = "");

// Holds back what the program logs while this exists; tests do not set up
// logging, so that is on standard output.
class CapturedLog {
 public:
  CapturedLog();
  ~CapturedLog();
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  // Returns what has been logged until now. A test calls it once.
  std::string Take();

 private:
  bool taken_ = false;
};

// How often `needle` stands in `text`.
std::size_t CountOf(std::string_view needle, std::string_view text);

// Connects until a request is answered, and returns the answer: the listener
// counts a connection for a moment longer than its peer can see it. Empty when
// that takes too many attempts.
std::string AnswerWhenThereIsRoom(const HttpListener& listener);

}  // namespace linktor::http
