// How the listener ends. Where a test says that something is quick, it takes
// the best of several attempts, so that a busy machine does not fail it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <vector>

#include "server/http/listener.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_socket.h"
#include "tests/support/test_tls_socket.h"
#include "tests/unit/http/listener_fixture.h"

namespace linktor::http {
namespace {

using testing::HasSubstr;

constexpr int kAttempts = 20;
// Longer than any stop that has nothing to wait for.
constexpr absl::Duration kGrace = absl::Seconds(30);
// A listener that polls for its end sleeps at least this long.
constexpr auto kPrompt = std::chrono::milliseconds(5);

std::chrono::nanoseconds TimeToStop(HttpListener& listener,
                                    absl::Duration grace) {
  const auto begin = std::chrono::steady_clock::now();
  listener.Stop(grace);
  return std::chrono::steady_clock::now() - begin;
}

TEST(ListenerStopTest, LetsTheRequestUnderWayFinish) {
  Desk desk;
  const auto listener = StartListener(Patient(), desk.handler());
  TestSocket busy = ConnectTo(*listener);
  TestSocket idle = ConnectTo(*listener);
  ASSERT_TRUE(busy.Send(kGet));
  HttpResponder respond = desk.Take();
  std::future<void> stopped =
      std::async(std::launch::async, [&] { listener->Stop(kGrace); });
  EXPECT_TRUE(idle.ReadsEnd());
  respond({.status = 200, .body = "done"});
  const std::string answer = busy.ReadMessage();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(answer.ends_with("done"));
  EXPECT_TRUE(busy.ReadsEnd());
  stopped.get();
}

TEST(ListenerStopTest, LetsABodyUnderWayArrive) {
  const auto listener = StartListener(Patient());
  TestSocket busy = ConnectTo(*listener);
  TestSocket idle = ConnectTo(*listener);
  ASSERT_TRUE(
      busy.Send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                "Expect: 100-continue\r\n\r\n"));
  ASSERT_FALSE(busy.ReadHead().empty());
  std::future<void> stopped =
      std::async(std::launch::async, [&] { listener->Stop(kGrace); });
  EXPECT_TRUE(idle.ReadsEnd());
  ASSERT_TRUE(busy.Send("body"));
  EXPECT_TRUE(busy.ReadMessage().ends_with("POST /b body"));
  stopped.get();
}

// The journal answers when it can, which may be after the grace is over.
TEST(ListenerStopTest, RespondersMayOutliveTheListener) {
  Desk desk;
  auto listener = StartListener(Patient(), desk.handler());
  TestSocket first = ConnectTo(*listener);
  TestSocket second = ConnectTo(*listener);
  ASSERT_TRUE(first.Send(Post("/", "body")));
  ASSERT_TRUE(second.Send(Post("/", "body")));
  HttpResponder called = desk.Take();
  {
    HttpResponder dropped = desk.Take();
    listener->Stop(absl::ZeroDuration());
    EXPECT_TRUE(first.ReadsEnd());
    EXPECT_TRUE(second.ReadsEnd());
    listener.reset();
  }
  called({.status = 200});
}

TEST(ListenerStopTest, FreesTheAddress) {
  const auto listener = StartListener(Patient());
  std::string host;
  std::uint16_t port = 0;
  ASSERT_TRUE(SplitHostPort(listener->address(), host, port));
  listener->Stop(absl::ZeroDuration());
  EXPECT_THAT(HttpListener::Start({.host = host, .port = port}, Echo), IsOk());
}

TEST(ListenerStopTest, OfAListenerWithoutConnectionsIsPrompt) {
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < kAttempts; ++i) {
    const auto listener = StartListener(Patient());
    best = std::min(best, TimeToStop(*listener, kGrace));
  }
  EXPECT_LT(best, kPrompt);
}

TEST(ListenerStopTest, OfIdleConnectionsIsPromptWhateverTheGrace) {
  for (const absl::Duration grace :
       {absl::ZeroDuration(), kGrace, absl::InfiniteDuration()}) {
    auto best = std::chrono::nanoseconds::max();
    for (int i = 0; i < kAttempts; ++i) {
      const auto listener = StartListener(Patient());
      std::vector<TestSocket> idle;
      for (int j = 0; j < 10; ++j) {
        idle.push_back(ConnectTo(*listener));
        ASSERT_TRUE(idle.back().Send(kGet));
        ASSERT_FALSE(idle.back().ReadMessage().empty());
      }
      best = std::min(best, TimeToStop(*listener, grace));
      for (TestSocket& client : idle) EXPECT_TRUE(client.ReadsEnd());
    }
    EXPECT_LT(best, kPrompt) << grace;
  }
}

// The peers here never answer close_notify.
TEST(ListenerStopTest, OfIdleTlsConnectionsIsPromptAndInOrder) {
  TestAuthority authority;
  HttpListener::Options options = Patient();
  options.tls = TlsSourceOf(authority.IssueServer());
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < kAttempts; ++i) {
    const auto listener = StartListener(options);
    TestTlsSocket idle(listener->address(), {});
    ASSERT_TRUE(idle.Send(kGet));
    ASSERT_FALSE(idle.ReadMessage().empty());
    best = std::min(best, TimeToStop(*listener, kGrace));
    EXPECT_TRUE(idle.ReadsCloseNotify());
  }
  EXPECT_LT(best, kPrompt);
}

TEST(ListenerStopTest, DoesNotWaitForHandshakes) {
  TestAuthority authority;
  HttpListener::Options options = Patient();
  options.tls = TlsSourceOf(authority.IssueServer());
  const auto listener = StartListener(options);
  TestSocket silent = ConnectTo(*listener);
  TestSocket begun = ConnectTo(*listener);
  ASSERT_TRUE(begun.Send("\x16\x03\x01"));
  EXPECT_LT(TimeToStop(*listener, kGrace), absl::ToChronoNanoseconds(kGrace));
  EXPECT_TRUE(silent.ReadsEnd());
  EXPECT_TRUE(begun.ReadsEnd());
}

// That the connection waits for the rest does not make it a request.
TEST(ListenerStopTest, DoesNotWaitForTheRestOfATlsRecord) {
  TestAuthority authority;
  HttpListener::Options options = Patient();
  options.tls = TlsSourceOf(authority.IssueServer());
  const auto listener = StartListener(options);
  TestTlsSocket idle(listener->address(), {});
  ASSERT_TRUE(idle.Send(kGet));
  ASSERT_FALSE(idle.ReadMessage().empty());
  ASSERT_TRUE(idle.SendUnencrypted("\x17\x03\x03"));
  EXPECT_LT(TimeToStop(*listener, kGrace), absl::ToChronoNanoseconds(kGrace));
  EXPECT_TRUE(idle.ReadsCloseNotify()) << idle.error();
}

TEST(ListenerStopTest, ReturnsWhenTheLastRequestIsAnswered) {
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < kAttempts; ++i) {
    Desk desk;
    const auto listener = StartListener(Patient(), desk.handler());
    TestSocket busy = ConnectTo(*listener);
    TestSocket idle = ConnectTo(*listener);
    ASSERT_TRUE(busy.Send(kGet));
    HttpResponder respond = desk.Take();
    auto stopped =
        std::async(std::launch::async, [&] { listener->Stop(kGrace); });
    EXPECT_TRUE(idle.ReadsEnd());
    const auto begin = std::chrono::steady_clock::now();
    respond({.status = 200});
    EXPECT_THAT(busy.ReadMessage(), HasSubstr(" 200 OK"));
    stopped.get();
    best = std::min<std::chrono::nanoseconds>(
        best, std::chrono::steady_clock::now() - begin);
  }
  EXPECT_LT(best, kPrompt);
}

// A request that nobody answers is waited for, but not longer than said.
TEST(ListenerStopTest, EndsWithTheGrace) {
  Desk desk;
  const auto listener = StartListener(Patient(), desk.handler());
  TestSocket busy = ConnectTo(*listener);
  ASSERT_TRUE(busy.Send(kGet));
  const HttpResponder never_called = desk.Take();
  constexpr auto kShortGrace = std::chrono::milliseconds(20);
  EXPECT_GE(TimeToStop(*listener, absl::FromChrono(kShortGrace)), kShortGrace);
  EXPECT_TRUE(busy.ReadsEnd());
}

TEST(ListenerStopTest, MayBeCalledAgain) {
  const auto listener = StartListener(Patient());
  listener->Stop(absl::ZeroDuration());
  listener->Stop(kGrace);
}

}  // namespace
}  // namespace linktor::http
