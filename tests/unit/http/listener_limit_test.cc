// How many connections the listener takes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/http/listener.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_socket.h"
#include "tests/support/test_tls_socket.h"
#include "tests/unit/http/listener_fixture.h"

namespace linktor::http {
namespace {

using testing::HasSubstr;

// Whether a request over `client` is answered.
bool Answers(TestSocket& client) {
  return client.Send(kGet) && !client.ReadMessage().empty();
}

TEST(ListenerLimitTest, LimitsAllConnections) {
  HttpListener::Options options = Patient();
  options.max_connections = 2;
  const auto listener = StartListener(options);
  std::optional<TestSocket> first(ConnectTo(*listener));
  TestSocket second = TestSocket::Connect(listener->address(), "127.0.0.2");
  ASSERT_TRUE(Answers(*first));
  ASSERT_TRUE(Answers(second));
  EXPECT_TRUE(TestSocket::Connect(listener->address(), "127.0.0.3").ReadsEnd());
  // There is room again once the listener has seen the close.
  first.reset();
  EXPECT_THAT(AnswerWhenThereIsRoom(*listener), HasSubstr(" 200 OK"));
  EXPECT_TRUE(Answers(second));
}

TEST(ListenerLimitTest, LimitsConnectionsFromOneAddress) {
  HttpListener::Options options = Patient();
  options.max_connections_per_address = 2;
  const auto listener = StartListener(options);
  std::optional<TestSocket> first(ConnectTo(*listener));
  TestSocket second = ConnectTo(*listener);
  ASSERT_TRUE(Answers(*first));
  ASSERT_TRUE(Answers(second));
  EXPECT_TRUE(ConnectTo(*listener).ReadsEnd());
  // A peer from elsewhere is not concerned.
  TestSocket other = TestSocket::Connect(listener->address(), "127.0.0.2");
  EXPECT_TRUE(Answers(other));
  first.reset();
  EXPECT_THAT(AnswerWhenThereIsRoom(*listener), HasSubstr(" 200 OK"));
}

TEST(ListenerLimitTest, LogsRefusalsOnceInAWhile) {
  HttpListener::Options options = Patient();
  options.max_connections = 1;
  const auto listener = StartListener(options);
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(Answers(client));
  CapturedLog captured;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ConnectTo(*listener).ReadsEnd());
  const std::string log = captured.Take();
  EXPECT_EQ(CountOf("connection_limit", log), 1) << log;
  EXPECT_THAT(log, HasSubstr(absl::StrCat("\"listener\":\"",
                                          listener->address(), "\"")));
  EXPECT_THAT(log, HasSubstr("\"peer\":\"127.0.0.1\""));
  EXPECT_THAT(log, HasSubstr("\"event\":\"http request refused\""));
}

// Each way in which a connection can end gives its place back. A place that
// were not given back would be the only one.
class ListenerPlaceTest : public testing::Test {
 protected:
  ListenerPlaceTest() {
    options_.max_connections = 1;
    options_.max_connections_per_address = 1;
  }
  // Ends when the only place is free.
  static void ExpectRoom(const HttpListener& listener) {
    EXPECT_THAT(AnswerWhenThereIsRoom(listener), HasSubstr(" 200 OK"));
  }

  HttpListener::Options options_ = Patient();
};

TEST_F(ListenerPlaceTest, ClientCloses) {
  const auto listener = StartListener(options_);
  for (int i = 0; i < 10; ++i) ExpectRoom(*listener);
}

TEST_F(ListenerPlaceTest, ServerCloses) {
  const auto listener = StartListener(options_);
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send("rubbish\r\n\r\n"));
  ASSERT_THAT(client.ReadMessage(), HasSubstr(" 400 "));
  ExpectRoom(*listener);
}

TEST_F(ListenerPlaceTest, IdleTimeout) {
  options_.idle_timeout = kShort;
  const auto listener = StartListener(options_);
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.ReadsEnd());
  ExpectRoom(*listener);
}

TEST_F(ListenerPlaceTest, RequestTimeout) {
  options_.request_timeout = kShort;
  const auto listener = StartListener(options_);
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send("GET"));
  ASSERT_TRUE(client.ReadsEnd());
  ExpectRoom(*listener);
}

TEST(ListenerLimitTest, RequestsThatTakeTooLongAreTold) {
  HttpListener::Options options = Patient();
  options.request_timeout = kShort;
  std::promise<std::string> refused;
  options.on_refused = [&refused](const HttpRefusal& refusal) {
    refused.set_value(std::string(refusal.reason));
  };
  const auto listener = StartListener(options);
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send("GET"));
  ASSERT_TRUE(client.ReadsEnd());
  EXPECT_EQ(refused.get_future().get(), "request_timeout");
}

// A stranger could send them for ever.
TEST(ListenerLimitTest, EmptyLinesBeforeARequestAreLimited) {
  const auto listener = StartListener(Patient());
  std::string lines;
  for (int i = 0; i < 16; ++i) lines += "\r\n";
  TestSocket some = ConnectTo(*listener);
  ASSERT_TRUE(some.Send(lines + "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(some.ReadMessage(), HasSubstr(" 200 OK"));
  TestSocket more = ConnectTo(*listener);
  ASSERT_TRUE(more.Send(lines + "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(more.ReadMessage(), HasSubstr(" 400 "));
}

// These tests do the same as ListenerPlaceTest, but over TLS.
class TlsListenerPlaceTest : public ListenerPlaceTest {
 protected:
  TlsListenerPlaceTest() {
    options_.tls = TlsSourceOf(authority_.IssueServer());
  }
  static void ExpectRoom(const HttpListener& listener) {
    std::string answer;
    for (int i = 0; i < 10'000 && answer.empty(); ++i) {
      TestTlsSocket client(listener.address(), {});
      if (client.connected() && client.Send(kGet)) {
        answer = client.ReadMessage();
      }
    }
    EXPECT_THAT(answer, HasSubstr(" 200 OK"));
  }

  TestAuthority authority_;
};

TEST_F(TlsListenerPlaceTest, ClientCloses) {
  const auto listener = StartListener(options_);
  for (int i = 0; i < 10; ++i) ExpectRoom(*listener);
}

TEST_F(TlsListenerPlaceTest, HandshakeFails) {
  const auto listener = StartListener(options_);
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send("this is no handshake\r\n\r\n"));
  client.ReadMessage();
  ExpectRoom(*listener);
}

TEST_F(TlsListenerPlaceTest, ClientLeavesTheHandshake) {
  const auto listener = StartListener(options_);
  {
    TestSocket client = ConnectTo(*listener);
    ASSERT_TRUE(client.Send("\x16\x03\x01"));
  }
  ExpectRoom(*listener);
}

TEST_F(TlsListenerPlaceTest, IdentityIsUnusable) {
  TlsSource good = options_.tls;
  std::atomic<bool> bad = true;
  options_.tls = [&] {
    return bad ? std::make_shared<const TlsIdentity>() : good();
  };
  const auto listener = StartListener(options_);
  ASSERT_TRUE(ConnectTo(*listener).ReadsEnd());
  bad = false;
  ExpectRoom(*listener);
}

TEST_F(TlsListenerPlaceTest, IdleTimeoutOfWhoNeverReads) {
  options_.idle_timeout = kShort;
  const auto listener = StartListener(options_);
  TestTlsSocket client(listener->address(), {});
  ASSERT_TRUE(client.connected());
  ASSERT_TRUE(client.ReadsCloseNotify());
  ExpectRoom(*listener);
}

}  // namespace
}  // namespace linktor::http
