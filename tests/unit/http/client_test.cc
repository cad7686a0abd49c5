#include "server/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>

#include "tests/support/log_capture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_socket.h"

namespace linktor::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

HttpResult Finish(HttpTransport& transport, HttpCall call) {
  std::promise<HttpResult> done;
  transport.Send(std::move(call), [&done](HttpResult result) {
    done.set_value(std::move(result));
  });
  return done.get_future().get();
}

HttpCall PostTo(std::string url, std::string body = "{\"a\":1}") {
  return {.method = "POST", .url = std::move(url), .body = std::move(body)};
}

TEST(CurlTransportTest, SendsTheCallAndReadsTheAnswer) {
  std::string seen;
  TestServer server([&](TestSocket& socket) {
    seen = socket.ReadMessage();
    socket.Send(
        "HTTP/1.1 418 I'm a teapot\r\nX-Usage:  12 \r\nRETRY-AFTER: 3\r\n"
        "Content-Length: 5\r\n\r\nhello");
  });
  CurlTransport transport({});
  HttpCall call = PostTo(server.url("/v25.0/messages?x=1"));
  call.headers = {{"Authorization", "Bearer t"}, {"Accept", "x/y"}};
  const HttpResult result = Finish(transport, std::move(call));
  EXPECT_THAT(result.transport, IsOk());
  EXPECT_EQ(result.status_code, 418);
  EXPECT_EQ(result.body, "hello");
  EXPECT_EQ(result.Header("x-usage"), "12");
  EXPECT_EQ(result.Header("retry-after"), "3");
  EXPECT_EQ(result.Header("absent"), "");
  EXPECT_THAT(seen, StartsWith("POST /v25.0/messages?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("Authorization: Bearer t\r\n"));
  EXPECT_THAT(seen, HasSubstr("Accept: x/y\r\n"));
  EXPECT_THAT(seen, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_THAT(seen, Not(HasSubstr("Expect")));
  EXPECT_THAT(seen, HasSubstr("\r\n\r\n{\"a\":1}"));
}

TEST(CurlTransportTest, OtherMethods) {
  std::vector<std::string> seen;
  TestServer server([&](TestSocket& socket) {
    for (int i = 0; i < 2; ++i) {
      seen.push_back(socket.ReadMessage());
      socket.Send(kOk);
    }
  });
  CurlTransport transport({});
  HttpCall call = PostTo(server.url("/a"), "");
  call.method = "GET";
  EXPECT_EQ(Finish(transport, call).status_code, 200);
  call.method = "DELETE";
  call.body = "{}";
  EXPECT_EQ(Finish(transport, call).status_code, 200);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_THAT(seen[0], StartsWith("GET /a HTTP/1.1\r\n"));
  EXPECT_THAT(seen[1], StartsWith("DELETE /a HTTP/1.1\r\n"));
  EXPECT_TRUE(seen[1].ends_with("\r\n\r\n{}"));
}

// libcurl would send it again on a new connection by itself: a message that
// the customer gets twice.
TEST(CurlTransportTest, ConnectionClosedAfterTheRequestIsNotRetried) {
  std::atomic<int> first = 0;
  std::atomic<int> second = 0;
  TestServer server([&](TestSocket& socket) {
    for (;;) {
      const std::string request = socket.ReadMessage();
      if (request.empty()) return;
      if (request.find("second") != std::string::npos) {
        ++second;
        return;  // taken, and closed without an answer
      }
      ++first;
      socket.Send(kOk);
    }
  });
  {
    CurlTransport transport({});
    ASSERT_EQ(Finish(transport, PostTo(server.url("/"), "first")).status_code,
              200);
    const HttpResult result =
        Finish(transport, PostTo(server.url("/"), "second"));
    EXPECT_EQ(result.transport.message(),
              "the connection ended before an answer came");
    EXPECT_FALSE(result.nothing_sent);
  }
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
}

// The same with a body that does not fit into one write.
TEST(CurlTransportTest, LargeRequestIsNotRetriedEither) {
  std::atomic<int> taken = 0;
  TestServer server([&](TestSocket& socket) {
    socket.ReadMessage();
    socket.Send(kOk);
    if (!socket.ReadMessage().empty()) ++taken;
  });
  {
    CurlTransport transport({});
    ASSERT_EQ(Finish(transport, PostTo(server.url("/"))).status_code, 200);
    const HttpResult result =
        Finish(transport, PostTo(server.url("/"), std::string(1 << 20, 'x')));
    EXPECT_THAT(result.transport, Not(IsOk()));
    EXPECT_FALSE(result.nothing_sent);
  }
  EXPECT_EQ(taken, 1);
}

TEST(CurlTransportTest, HalfAnAnswerIsAnError) {
  TestServer server([&](TestSocket& socket) {
    socket.ReadMessage();
    socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  });
  CurlTransport transport({});
  const HttpResult result = Finish(transport, PostTo(server.url("/")));
  EXPECT_THAT(result.transport, Not(IsOk()));
  EXPECT_FALSE(result.nothing_sent);
}

TEST(CurlTransportTest, RefusedConnectionSentNothing) {
  CurlTransport transport({});
  const HttpResult result =
      Finish(transport, PostTo("http://" + ClosedAddress() + "/"));
  EXPECT_THAT(result.transport, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(result.nothing_sent);
}

TEST(CurlTransportTest, NoUrlSentNothing) {
  CurlTransport transport({});
  for (const char* url :
       {"", "file:///etc/hostname", "http://", "gopher://x"}) {
    const HttpResult result = Finish(transport, PostTo(url));
    EXPECT_THAT(result.transport, Not(IsOk())) << url;
    EXPECT_TRUE(result.nothing_sent) << url;
  }
}

TEST(CurlTransportTest, TimeoutLeavesTheOutcomeOpen) {
  TestServer server([&](TestSocket& socket) {
    socket.ReadMessage();
    socket.ReadsEnd();
  });
  CurlTransport transport({});
  HttpCall call = PostTo(server.url("/"));
  call.timeout = absl::Milliseconds(100);
  const HttpResult result = Finish(transport, std::move(call));
  EXPECT_EQ(result.transport.message(), "no answer came in time");
  EXPECT_FALSE(result.nothing_sent);
}

TEST(CurlTransportTest, AnswersAreLimited) {
  TestServer server([&](TestSocket& socket) {
    while (!socket.ReadMessage().empty()) {
      if (!socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" +
                       std::string(1000, 'x'))) {
        return;
      }
    }
  });
  CurlTransport::Options options;
  options.max_response_bytes = 1000;
  CurlTransport fits(options);
  EXPECT_EQ(Finish(fits, PostTo(server.url("/"))).body.size(), 1000U);
}

TEST(CurlTransportTest, TooLargeAnAnswerIsAnError) {
  TestServer server([&](TestSocket& socket) {
    socket.ReadMessage();
    socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" +
                std::string(1001, 'x'));
  });
  CurlTransport::Options options;
  options.max_response_bytes = 1000;
  CurlTransport transport(options);
  const HttpResult result = Finish(transport, PostTo(server.url("/")));
  EXPECT_THAT(result.transport, Not(IsOk()));
  EXPECT_FALSE(result.nothing_sent);
}

TEST(CurlTransportTest, RedirectsAreNotFollowed) {
  std::atomic<int> requests = 0;
  TestServer server([&](TestSocket& socket) {
    while (!socket.ReadMessage().empty()) {
      ++requests;
      socket.Send(
          "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: "
          "0\r\n\r\n");
    }
  });
  {
    CurlTransport transport({});
    EXPECT_EQ(Finish(transport, PostTo(server.url("/"))).status_code, 302);
  }
  EXPECT_EQ(requests, 1);
}

TEST(CurlTransportTest, InterimAnswersLeaveNoHeaders) {
  TestServer server([&](TestSocket& socket) {
    socket.ReadMessage();
    socket.Send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n");
    socket.Send(kOk);
  });
  CurlTransport transport({});
  const HttpResult result = Finish(transport, PostTo(server.url("/")));
  EXPECT_EQ(result.status_code, 200);
  EXPECT_EQ(result.Header("x-early"), "");
}

// 127.0.0.2 is not among the addresses that are never proxied.
TEST(CurlTransportTest, ProxyVariablesOfTheEnvironmentAreIgnored) {
  const std::string dead = "http://" + ClosedAddress();
  for (const char* name :
       {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    setenv(name, dead.c_str(), 1);
  }
  TestServer server(
      [&](TestSocket& socket) {
        socket.ReadMessage();
        socket.Send(kOk);
      },
      "127.0.0.2");
  CurlTransport transport({});
  const HttpResult result = Finish(transport, PostTo(server.url("/")));
  EXPECT_THAT(result.transport, IsOk());
  EXPECT_EQ(result.status_code, 200);
  for (const char* name :
       {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    unsetenv(name);
  }
}

TEST(CurlTransportTest, ConfiguredProxyIsUsedButNotForLoopback) {
  std::string seen;
  TestServer proxy([&](TestSocket& socket) {
    seen = socket.ReadMessage();
    socket.Send(kOk);
  });
  TestServer direct([&](TestSocket& socket) {
    socket.ReadMessage();
    socket.Send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  CurlTransport::Options options;
  options.proxy = proxy.url("");
  CurlTransport transport(options);
  EXPECT_EQ(Finish(transport, PostTo("http://graph.invalid/me")).status_code,
            200);
  EXPECT_THAT(seen, StartsWith("POST http://graph.invalid/me HTTP/1.1\r\n"));
  EXPECT_EQ(Finish(transport, PostTo(direct.url("/"))).status_code, 204);
}

// Each failure that libcurl has words of its own for.
struct Failure {
  // The server's answer to the request; nothing when it closes.
  std::string answer;
  std::string scheme = "http";
  std::string words;
  bool nothing_sent = false;
};

class FailureWordsTest : public testing::TestWithParam<Failure> {};

// libcurl's text is in the log, where it tells an operator more.
TEST_P(FailureWordsTest, ReachCallersInsteadOfLibcurls) {
  TestServer server([&](TestSocket& socket) {
    // The beginning of a handshake is no HTTP message to wait for the end of.
    const bool speaks_http = GetParam().scheme == "http";
    if (speaks_http && socket.ReadMessage().empty()) return;
    socket.Send(GetParam().answer);
  });
  LogCapture log;
  CurlTransport::Options options;
  options.max_response_bytes = 10;
  std::string url = server.url("/path?secret=1");
  url.replace(0, std::string_view("http").size(), GetParam().scheme);
  HttpResult result;
  {
    CurlTransport transport(options);
    result = Finish(transport, PostTo(url));
  }
  EXPECT_EQ(result.transport.message(), GetParam().words);
  EXPECT_EQ(result.nothing_sent, GetParam().nothing_sent);
  EXPECT_EQ(log.Count("\"event\":\"http call failed\""), 1U);
  EXPECT_EQ(log.Count("\"host\":\"127.0.0.1:"), 1U);
  EXPECT_EQ(log.Count("secret"), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    , FailureWordsTest,
    testing::Values(
        Failure{.words = "the connection ended before an answer came"},
        Failure{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                .words = "the connection ended within the answer"},
        Failure{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"
                          "01234567890",
                .words = "the answer is too long"},
        Failure{.answer = "rubbish\r\n\r\n",
                .words = "the answer is not HTTP/1.1"},
        Failure{.scheme = "https",
                .words = "no TLS connection could be made",
                .nothing_sent = true},
        Failure{.scheme = "gopher",
                .words = "the URL cannot be called",
                .nothing_sent = true}));

TEST(CurlTransportTest, RefusedConnectionsAreToldInOurWords) {
  LogCapture log;
  CurlTransport transport({});
  EXPECT_EQ(Finish(transport, PostTo("http://" + ClosedAddress() + "/"))
                .transport.message(),
            "no connection could be made");
  EXPECT_TRUE(log.WaitFor("Failed to connect"));
}

TEST(CurlTransportTest, EndingItEndsWhatIsUnderWay) {
  std::promise<void> taken;
  TestServer server([&](TestSocket& socket) {
    socket.ReadMessage();
    taken.set_value();
    socket.ReadsEnd();
  });
  auto transport = std::make_unique<CurlTransport>(CurlTransport::Options());
  std::promise<HttpResult> done;
  transport->Send(PostTo(server.url("/")), [&done](HttpResult result) {
    done.set_value(std::move(result));
  });
  taken.get_future().wait();
  transport.reset();
  const HttpResult result = done.get_future().get();
  EXPECT_EQ(result.transport.message(), "the server is shutting down");
  EXPECT_FALSE(result.nothing_sent);
}

}  // namespace
}  // namespace linktor::http
