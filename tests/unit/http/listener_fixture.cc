#include "tests/unit/http/listener_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "tests/support/status_matchers.h"

namespace linktor::http {

std::string Post(std::string_view target, std::string_view body) {
  return absl::StrCat("POST ", ToAbsl(target),
                      " HTTP/1.1\r\nHost: x\r\nContent-Length: ", body.size(),
                      "\r\n\r\n", ToAbsl(body));
}

void Echo(const HttpRequest& request, HttpResponder respond) {
  respond({.body = absl::StrCat(request.method, " ", request.target, " ",
                                request.body)});
}

HttpListener::Handler Desk::handler() {
  return [this](const HttpRequest&, HttpResponder respond) {
    MutexLock lock(mutex_);
    waiting_.push_back(std::move(respond));
    arrived_.Signal();
  };
}

HttpResponder Desk::Take() {
  MutexLock lock(mutex_);
  while (waiting_.empty()) arrived_.Wait(mutex_);
  HttpResponder respond = std::move(waiting_.front());
  waiting_.pop_front();
  return respond;
}

HttpListener::Options Patient() {
  return {.idle_timeout = kLong, .request_timeout = kLong};
}

std::unique_ptr<HttpListener> StartListener(
    const HttpListener::Options& options, HttpListener::Handler handler) {
  auto listener = HttpListener::Start(options, std::move(handler));
  EXPECT_THAT(listener, IsOk());
  return *std::move(listener);
}

TestSocket ConnectTo(const HttpListener& listener) {
  return TestSocket::Connect(listener.address());
}

std::shared_ptr<const TlsIdentity> IdentityOf(
    const TestCertificate& certificate, std::uint64_t generation,
    const std::string& client_ca) {
  auto identity = std::make_shared<TlsIdentity>();
  identity->generation = generation;
  identity->certificate_chain = certificate.certificate;
  identity->private_key = Secret(certificate.private_key);
  identity->client_ca = client_ca;
  return identity;
}

TlsSource TlsSourceOf(const TestCertificate& certificate,
                      const std::string& client_ca) {
  return
      [identity = IdentityOf(certificate, 1, client_ca)] { return identity; };
}

CapturedLog::CapturedLog() { testing::internal::CaptureStdout(); }

CapturedLog::~CapturedLog() {
  if (!taken_) Take();
}

std::string CapturedLog::Take() {
  taken_ = true;
  return testing::internal::GetCapturedStdout();
}

std::size_t CountOf(std::string_view needle, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(needle); at != std::string_view::npos;
       at = text.find(needle, at + 1)) {
    ++count;
  }
  return count;
}

std::string AnswerWhenThereIsRoom(const HttpListener& listener) {
  // A connection that was refused lingers for a second.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::string answer;
  while (answer.empty() && std::chrono::steady_clock::now() < end) {
    TestSocket client = ConnectTo(listener);
    if (client.Send(kGet)) answer = client.ReadMessage();
  }
  return answer;
}

}  // namespace linktor::http
