// What the listener does where memory runs out in a handler, and how much of it
// bodies may take. exhaustion_test.cc lets the listener's own allocations fail.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/http/listener.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_socket.h"
#include "tests/support/test_tls_socket.h"
#include "tests/unit/http/listener_fixture.h"

namespace linktor::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// A handler that finds no memory for what it is asked for.
void Exhausted(const HttpRequest& request, HttpResponder respond) {
  if (request.target == "/too-much") throw std::bad_alloc();
  respond({.body = "done"});
}

constexpr char kTooMuch[] = "POST /too-much HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(HandlerMemoryTest, ExhaustionInAHandlerIs503AndTheServerGoesOn) {
  const auto listener = StartListener(Patient(), Exhausted);
  TestSocket open = ConnectTo(*listener);
  for (int i = 0; i < 3; ++i) {
    TestSocket client = ConnectTo(*listener);
    ASSERT_TRUE(client.Send(kTooMuch));
    const std::string answer = client.ReadMessage();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
    EXPECT_TRUE(answer.ends_with("\r\n\r\ntry again\n")) << answer;
    EXPECT_TRUE(client.ReadsEnd());
  }
  ASSERT_TRUE(open.Send(kGet));
  EXPECT_TRUE(open.ReadMessage().ends_with("done"));
}

TEST(HandlerMemoryTest, ExhaustionIsToldAndLogged) {
  std::vector<std::string> told;
  HttpListener::Options options = Patient();
  options.on_refused = [&told](const HttpRefusal& refusal) {
    told.push_back(
        absl::StrCat(refusal.status, " ", std::string(refusal.reason)));
  };
  CapturedLog captured;
  {
    const auto listener = StartListener(options, Exhausted);
    TestSocket client = ConnectTo(*listener);
    ASSERT_TRUE(client.Send(kTooMuch));
    client.ReadMessage();
  }
  EXPECT_THAT(told, ElementsAre("503 out_of_memory"));
  EXPECT_THAT(captured.Take(), HasSubstr("\"reason\":\"out_of_memory\""));
}

TEST(HandlerMemoryTest, ExhaustionOverTls) {
  TestAuthority authority;
  HttpListener::Options options = Patient();
  options.tls = TlsSourceOf(authority.IssueServer());
  const auto listener = StartListener(options, Exhausted);
  TestTlsSocket client(listener->address(), {});
  ASSERT_TRUE(client.connected());
  ASSERT_TRUE(client.Send(kTooMuch));
  EXPECT_TRUE(client.ReadMessage().ends_with("\r\n\r\ntry again\n"));
}

TEST(HandlerMemoryTest, AnswerToHeadHasNoBody) {
  const auto listener = StartListener(Patient(), Exhausted);
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send("HEAD /too-much HTTP/1.1\r\nHost: x\r\n\r\n"));
  const std::string head = client.ReadHead();
  EXPECT_THAT(head, StartsWith("HTTP/1.1 503 "));
  EXPECT_TRUE(client.ReadsEnd());
}

// Whoever has the responder can still answer.
TEST(HandlerMemoryTest, ExhaustionAfterTheResponderWasGivenAwayIsNoAnswer) {
  Desk desk;
  const HttpListener::Handler give_away = desk.handler();
  const auto listener =
      StartListener(Patient(), [&](HttpRequest request, HttpResponder respond) {
        give_away(std::move(request), std::move(respond));
        throw std::bad_alloc();
      });
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send(kGet));
  desk.Take()({.body = "later"});
  EXPECT_TRUE(client.ReadMessage().ends_with("later"));
}

TEST(ConnectionMemoryTest, ExhaustionInItsCoroutineEndsOnlyThatConnection) {
  TestAuthority authority;
  const TlsSource good = TlsSourceOf(authority.IssueServer());
  std::atomic<bool> exhausted = true;
  HttpListener::Options options = Patient();
  options.max_connections = 1;
  options.tls = [&] {
    if (exhausted) throw std::bad_alloc();
    return good();
  };
  const auto listener = StartListener(options);
  EXPECT_TRUE(ConnectTo(*listener).ReadsEnd());
  exhausted = false;
  // Its place is free again.
  std::string answer;
  for (int i = 0; i < 10'000 && answer.empty(); ++i) {
    TestTlsSocket client(listener->address(), {});
    if (client.connected() && client.Send(kGet)) answer = client.ReadMessage();
  }
  EXPECT_THAT(answer, HasSubstr(" 200 OK"));
}

TEST(ConnectionMemoryTest, ARefusalIsSentWhereThereIsNoMemoryToTellOfIt) {
  HttpListener::Options options = Patient();
  options.on_refused = [](const HttpRefusal&) { throw std::bad_alloc(); };
  const auto listener = StartListener(options);
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send("rubbish\r\n\r\n"));
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(AnswerWhenThereIsRoom(*listener), HasSubstr(" 200 OK"));
}

// --- The budget --------------------------------------------------------------

constexpr std::size_t kBudget = 100'000;

HttpListener::Options WithBudget() {
  HttpListener::Options options = Patient();
  options.max_bytes_in_flight = kBudget;
  return options;
}

std::string Announcing(std::size_t bytes) {
  return absl::StrCat("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ", bytes,
                      "\r\n\r\n");
}

// Ends when no byte of the budget is taken.
void ExpectTheWholeBudget(const HttpListener& listener) {
  std::string answer;
  for (int i = 0; i < 10'000 && !answer.starts_with("HTTP/1.1 200 "); ++i) {
    TestSocket client = ConnectTo(listener);
    client.Send(Post("/", std::string(kBudget, 'x')));
    answer = client.ReadMessage();
  }
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
}

TEST(ListenerBudgetTest, ABodyThatCannotFitIsRefusedByItsAnnouncement) {
  const auto listener = StartListener(WithBudget());
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send(Announcing(kBudget + 1)));
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 503 "));
  EXPECT_TRUE(client.ReadsEnd());
}

TEST(ListenerBudgetTest, WhoWaitsForContinueIsRefusedInstead) {
  const auto listener = StartListener(WithBudget());
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send(
      absl::StrCat("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                   "Content-Length: ",
                   kBudget + 1, "\r\n\r\n")));
  EXPECT_THAT(client.ReadHead(), StartsWith("HTTP/1.1 503 "));
}

// An announcement is cheap; a few strangers could otherwise shut others out.
TEST(ListenerBudgetTest, ManyAnnouncementsLeaveTheBudgetToOthers) {
  const auto listener = StartListener(WithBudget());
  std::vector<TestSocket> silent;
  for (int i = 0; i < 50; ++i) {
    silent.push_back(ConnectTo(*listener));
    ASSERT_TRUE(silent.back().Send(absl::StrCat(Announcing(kBudget), "x")));
  }
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send(Post("/", std::string(kBudget / 2, 'x'))));
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 200 "));
}

TEST(ListenerBudgetTest, ManyBodiesAreTakenOrRefusedAndGiveAllBack) {
  HttpListener::Options options = WithBudget();
  options.threads = 3;
  const auto listener = StartListener(options);
  constexpr std::size_t kEach = 30'000;
  std::vector<TestSocket> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(ConnectTo(*listener));
    ASSERT_TRUE(clients.back().Send(
        absl::StrCat(Announcing(kEach), std::string(kEach / 2, 'x'))));
  }
  for (TestSocket& client : clients) client.Send(std::string(kEach / 2, 'x'));
  int taken = 0;
  int refused = 0;
  for (TestSocket& client : clients) {
    const std::string answer = client.ReadMessage();
    if (answer.starts_with("HTTP/1.1 200 ")) ++taken;
    if (answer.starts_with("HTTP/1.1 503 ")) ++refused;
  }
  EXPECT_EQ(taken + refused, 20);
  // Nobody is refused unless somebody has the room who is not refused.
  EXPECT_GT(taken, 0);
  clients.clear();
  ExpectTheWholeBudget(*listener);
}

TEST(ListenerBudgetTest, WhoeverLeavesGivesBack) {
  const auto listener = StartListener(WithBudget());
  {
    std::vector<TestSocket> leaving;
    for (const std::string& head :
         {Announcing(kBudget),
          std::string("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                      "chunked\r\n\r\n186a0\r\n")}) {
      leaving.push_back(ConnectTo(*listener));
      ASSERT_TRUE(leaving.back().Send(head + std::string(40'000, 'x')));
    }
  }
  ExpectTheWholeBudget(*listener);
}

}  // namespace
}  // namespace linktor::http
