// These tests run the listener over real sockets. No test sleeps: each one
// waits for a byte, for the end of a connection or for a promise. The listener
// looks for slow connections once a second, so it takes up to a second to close
// one.

#include "server/http/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/ipv6.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_socket.h"
#include "tests/unit/http/listener_fixture.h"

namespace linktor::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(ListenerTest, AnswersAndKeepsTheConnection) {
  const auto listener = StartListener(Patient());
  TestSocket client = ConnectTo(*listener);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.Send(Post("/a?b=c", "body")));
    const std::string answer = client.ReadMessage();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\n\r\nPOST /a?b=c body"));
    EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; charset=utf-8"));
  }
}

TEST(ListenerTest, AnswersPipelinedRequestsInOrder) {
  const auto listener = StartListener(Patient());
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(
      client.Send(absl::StrCat(Post("/1", "one"), kGet, Post("/3", ""))));
  EXPECT_TRUE(client.ReadMessage().ends_with("POST /1 one"));
  EXPECT_TRUE(client.ReadMessage().ends_with("GET /get "));
  EXPECT_TRUE(client.ReadMessage().ends_with("POST /3 "));
}

TEST(ListenerTest, ReadsRequestsThatComeByteByByte) {
  const auto listener = StartListener(Patient());
  TestSocket client = ConnectTo(*listener);
  for (const char c : Post("/slow", "xyz")) {
    ASSERT_TRUE(client.Send(std::string_view(&c, 1)));
  }
  EXPECT_TRUE(client.ReadMessage().ends_with("POST /slow xyz"));
}

TEST(ListenerTest, ClosesWhenTheClientSaysSo) {
  const auto listener = StartListener(Patient());
  for (const char* request :
       {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n"}) {
    TestSocket client = ConnectTo(*listener);
    ASSERT_TRUE(client.Send(request));
    EXPECT_THAT(client.ReadMessage(), HasSubstr(" 200 OK"));
    EXPECT_TRUE(client.ReadsEnd());
  }
}

TEST(ListenerTest, UnknownMethodsReachTheHandler) {
  const auto listener = StartListener(Patient());
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send("BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_TRUE(client.ReadMessage().ends_with("BREW /pot "));
}

// A body after the head would be taken for the next answer.
TEST(ListenerTest, AnswerToHeadHasNoBody) {
  const auto listener = StartListener(Patient());
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(
      client.Send(absl::StrCat("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n", kGet)));
  const std::string head = client.ReadHead();
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(ListenerTest, ReadsChunkedBodies) {
  const auto listener = StartListener(Patient());
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(
      client.Send("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked"
                  "\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n"));
  EXPECT_TRUE(client.ReadMessage().ends_with("POST /c abcde"));
}

TEST(ListenerTest, BodiesAreFollowedBySlack) {
  std::atomic<bool> roomy = true;
  const auto listener = StartListener(
      Patient(), [&](const HttpRequest& request, HttpResponder respond) {
        if (request.body.capacity() < request.body.size() + kBodySlack) {
          roomy = false;
        }
        respond({});
      });
  TestSocket client = ConnectTo(*listener);
  for (const std::size_t size : {0, 1, 63, 64, 65, 4096, 100'000}) {
    ASSERT_TRUE(client.Send(Post("/", std::string(size, 'x'))));
    ASSERT_FALSE(client.ReadMessage().empty());
    ASSERT_TRUE(client.Send(absl::StrCat(
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        absl::Hex(size + 1), "\r\n", std::string(size + 1, 'x'),
        "\r\n0\r\n\r\n")));
    ASSERT_FALSE(client.ReadMessage().empty());
  }
  EXPECT_TRUE(roomy);
}

TEST(ListenerTest, SaysContinueToWhoWaitsForIt) {
  const auto listener = StartListener(Patient());
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(
      client.Send("POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                  "Content-Length: 4\r\n\r\n"));
  EXPECT_THAT(client.ReadHead(), StartsWith("HTTP/1.1 100 Continue\r\n"));
  ASSERT_TRUE(client.Send("body"));
  EXPECT_TRUE(client.ReadMessage().ends_with("POST /e body"));
}

TEST(ListenerTest, RefusesLargeBodies) {
  HttpListener::Options options = Patient();
  options.max_body_bytes = 1000;
  const auto listener = StartListener(options);
  TestSocket fits = ConnectTo(*listener);
  ASSERT_TRUE(fits.Send(Post("/", std::string(1000, 'x'))));
  EXPECT_THAT(fits.ReadMessage(), HasSubstr(" 200 OK"));

  TestSocket declared = ConnectTo(*listener);
  ASSERT_TRUE(
      declared.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n"
                    "Expect: 100-continue\r\n\r\n"));
  EXPECT_THAT(declared.ReadMessage(), StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(declared.ReadsEnd());

  TestSocket chunked = ConnectTo(*listener);
  ASSERT_TRUE(chunked.Send(
      absl::StrCat("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                   "chunked\r\n\r\n3e9\r\n",
                   std::string(1001, 'x'), "\r\n0\r\n\r\n")));
  EXPECT_THAT(chunked.ReadMessage(), StartsWith("HTTP/1.1 413 "));
}

TEST(ListenerTest, RefusesLargeHeads) {
  HttpListener::Options options = Patient();
  options.max_head_bytes = 1000;
  const auto listener = StartListener(options);
  TestSocket fits = ConnectTo(*listener);
  ASSERT_TRUE(fits.Send(absl::StrCat(
      "GET / HTTP/1.1\r\nHost: x\r\nX: ", std::string(900, 'x'), "\r\n\r\n")));
  EXPECT_THAT(fits.ReadMessage(), HasSubstr(" 200 OK"));
  for (const std::string& head :
       {absl::StrCat("GET / HTTP/1.1\r\nX: ", std::string(2000, 'x'),
                     "\r\n\r\n"),
        absl::StrCat("GET /", std::string(2000, 'x'))}) {
    TestSocket client = ConnectTo(*listener);
    ASSERT_TRUE(client.Send(head));
    EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 431 "));
    EXPECT_TRUE(client.ReadsEnd());
  }
}

TEST(ListenerTest, RefusesWhatIsNotHttp) {
  const auto listener = StartListener(Patient());
  for (const std::string& rubbish :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15),
        std::string("hello\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                    "Content-Length: 2\r\n\r\nab"),
        std::string(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            "Content-Length: 2\r\n\r\nab"),
        std::string(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            "zz\r\n")}) {
    TestSocket client = ConnectTo(*listener);
    ASSERT_TRUE(client.Send(rubbish));
    EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 400 ")) << rubbish;
    EXPECT_TRUE(client.ReadsEnd());
  }
}

TEST(ListenerTest, ClosesSilentlyOnHalfARequest) {
  const auto listener = StartListener(Patient());
  for (const char* half : {"", "GET",
                           "POST / HTTP/1.1\r\nHost: x\r\n"
                           "Content-Length: 4\r\n\r\nab"}) {
    TestSocket client = ConnectTo(*listener);
    ASSERT_TRUE(client.Send(half));
    client.EndWriting();
    EXPECT_TRUE(client.ReadsEnd()) << half;
  }
}

TEST(ListenerTest, RefusesBodiesOverTheBudgetOfAll) {
  HttpListener::Options options = Patient();
  options.max_bytes_in_flight = 1000;
  Desk desk;
  const auto listener = StartListener(options, desk.handler());
  TestSocket first = ConnectTo(*listener);
  ASSERT_TRUE(first.Send(Post("/", std::string(600, 'x'))));
  HttpResponder answer_first = desk.Take();
  {
    TestSocket second = ConnectTo(*listener);
    ASSERT_TRUE(second.Send(Post("/", std::string(600, 'x'))));
    EXPECT_THAT(second.ReadMessage(), StartsWith("HTTP/1.1 503 "));
  }
  // What fits beside it does.
  TestSocket third = ConnectTo(*listener);
  ASSERT_TRUE(third.Send(Post("/", std::string(300, 'x'))));
  desk.Take()({.status = 200});
  EXPECT_THAT(third.ReadMessage(), HasSubstr(" 200 OK"));
  // The answer gives the bytes back.
  answer_first({.status = 200});
  EXPECT_THAT(first.ReadMessage(), HasSubstr(" 200 OK"));
  ASSERT_TRUE(first.Send(Post("/", std::string(1000, 'x'))));
  desk.Take()({.status = 200});
  EXPECT_THAT(first.ReadMessage(), HasSubstr(" 200 OK"));
}

TEST(ListenerTest, ClosesIdleConnections) {
  const auto listener =
      StartListener({.idle_timeout = kShort, .request_timeout = kLong});
  TestSocket silent = ConnectTo(*listener);
  TestSocket kept_alive = ConnectTo(*listener);
  ASSERT_TRUE(kept_alive.Send(kGet));
  EXPECT_THAT(kept_alive.ReadMessage(), HasSubstr(" 200 OK"));
  EXPECT_TRUE(silent.ReadsEnd());
  EXPECT_TRUE(kept_alive.ReadsEnd());
}

// However long a connection may be idle, a request that has begun must come.
TEST(ListenerTest, ClosesSlowRequests) {
  const auto listener =
      StartListener({.idle_timeout = kLong, .request_timeout = kShort});
  TestSocket slow_head = ConnectTo(*listener);
  TestSocket slow_body = ConnectTo(*listener);
  TestSocket slow_pipelined = ConnectTo(*listener);
  ASSERT_TRUE(slow_head.Send("POST / HT"));
  ASSERT_TRUE(slow_body.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab"));
  ASSERT_TRUE(slow_pipelined.Send(absl::StrCat(kGet, "POST / HT")));
  EXPECT_THAT(slow_pipelined.ReadMessage(), HasSubstr(" 200 OK"));
  EXPECT_TRUE(slow_head.ReadsEnd());
  EXPECT_TRUE(slow_body.ReadsEnd());
  EXPECT_TRUE(slow_pipelined.ReadsEnd());
}

TEST(ListenerTest, SlowHandlersAreNotClosed) {
  Desk desk;
  const auto listener = StartListener(
      {.idle_timeout = kShort, .request_timeout = kShort}, desk.handler());
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send(kGet));
  HttpResponder respond = desk.Take();
  // Another connection shows when deadlines have been looked at.
  EXPECT_TRUE(ConnectTo(*listener).ReadsEnd());
  EXPECT_TRUE(ConnectTo(*listener).ReadsEnd());
  respond({.status = 202});
  EXPECT_THAT(client.ReadMessage(), HasSubstr(" 202 "));
}

TEST(ListenerTest, RespondsFromAnyThread) {
  Desk desk;
  HttpListener::Options options = Patient();
  options.threads = 3;
  const auto listener = StartListener(options, desk.handler());
  std::vector<TestSocket> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(ConnectTo(*listener));
    ASSERT_TRUE(clients.back().Send(kGet));
  }
  for (int i = 0; i < 6; ++i) {
    std::thread([respond = desk.Take()]() mutable {
      respond({.status = 201, .headers = {{"X-From", "thread"}}});
    }).join();
  }
  for (TestSocket& client : clients) {
    EXPECT_THAT(client.ReadMessage(),
                AllOf(HasSubstr(" 201 "), HasSubstr("X-From: thread\r\n")));
  }
}

TEST(ListenerTest, HandlerThatNeverAnswersIs500) {
  const auto listener =
      StartListener(Patient(), [](const HttpRequest&, const HttpResponder&) {});
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send(kGet));
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 500 "));
}

TEST(ListenerTest, DropClosesWithoutAnAnswer) {
  const auto listener =
      StartListener(Patient(), [](const HttpRequest&, HttpResponder respond) {
        respond({.drop = true});
      });
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send(kGet));
  EXPECT_TRUE(client.ReadsEnd());
}

TEST(ListenerTest, StartFailsWithASentence) {
  EXPECT_THAT(HttpListener::Start({.host = "not an address"}, Echo),
              StatusIs(absl::StatusCode::kInvalidArgument));
  const auto listener = StartListener(Patient());
  std::string host;
  std::uint16_t port = 0;
  ASSERT_TRUE(SplitHostPort(listener->address(), host, port));
  EXPECT_THAT(HttpListener::Start({.host = "192.0.2.1", .port = 1}, Echo),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(HttpListener::Start({.host = host, .port = port}, Echo),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(ListenerTest, ListensOnIpv6) {
  if (!MachineHasIpv6Loopback()) {
    ASSERT_TRUE(MaySkipTests()) << "this machine has no IPv6";
    GTEST_SKIP() << "this machine has no IPv6";
  }
  auto listener = HttpListener::Start({.host = "::1"}, Echo);
  ASSERT_THAT(listener, IsOk());
  EXPECT_THAT((*listener)->address(), StartsWith("[::1]:"));
}

}  // namespace
}  // namespace linktor::http
