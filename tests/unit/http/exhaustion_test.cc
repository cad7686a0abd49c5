// The listener where memory runs out: whichever allocation fails, at most the
// connection under way is lost, and the next one is served. Each test lets
// allocations fail one after the other, so it is a program of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/http/listener.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_socket.h"
#include "tests/support/test_tls_socket.h"
#include "tests/unit/http/failing_memory.h"
#include "tests/unit/http/listener_fixture.h"

namespace linktor::http {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr char kHit[] = "hit";
constexpr char kMissed[] = "missed";
constexpr std::size_t kBudget = 300'000;

// Answers with the body, and lets an allocation of the worker's thread fail
// when it is asked to.
void Handle(const HttpRequest& request, HttpResponder respond) {
  constexpr std::string_view kArm = "/arm/";
  if (std::string_view(request.target).starts_with(kArm)) {
    std::int64_t others = 0;
    (void)absl::SimpleAtoi(
        ToAbsl(std::string_view(request.target).substr(kArm.size())), &others);
    respond({});
    return FailOneAllocation(others);
  }
  if (request.target == "/disarm") {
    const bool hit = StopFailing();
    return respond({.body = hit ? kHit : kMissed});
  }
  respond({.body = request.body});
}

std::string Get(std::string_view target) {
  return absl::StrCat("GET ", ToAbsl(target),
                      " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

// What a client that may find no memory gets: its answer, or 503, or nothing.
auto IsWholeOrGone() {
  return AnyOf(StartsWith("HTTP/1.1 200 "), StartsWith("HTTP/1.1 503 "),
               IsEmpty());
}

// Returns what the worker says of the failure, and lets none come after it. The
// failure may hit this request itself.
std::string Disarm(const HttpListener& listener) {
  constexpr int kAttempts = 5;
  for (int i = 0; i < kAttempts; ++i) {
    TestSocket client = ConnectTo(listener);
    client.Send(Get("/disarm"));
    const std::string answer = client.ReadMessage();
    EXPECT_THAT(answer, IsWholeOrGone());
    if (answer.ends_with(kHit)) return kHit;
    if (answer.ends_with(kMissed)) return kMissed;
  }
  ADD_FAILURE() << "no answer any more";
  return kMissed;
}

// Lets the first allocation after an answer fail, then the second and so on,
// while `exchange` speaks to the listener, until it has no more to fail.
template <typename Exchange>
void FailEachAllocation(HttpListener& listener, const Exchange& exchange) {
  constexpr int kAtLeast = 10;
  constexpr int kAtMost = 1000;
  int others = 0;
  std::string said = kHit;
  for (; said == kHit && others < kAtMost; ++others) {
    SCOPED_TRACE(others);
    TestSocket client = ConnectTo(listener);
    client.Send(Get(absl::StrCat("/arm/", others)));
    EXPECT_THAT(client.ReadMessage(), IsWholeOrGone());
    exchange();
    said = Disarm(listener);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_EQ(said, kMissed);
  EXPECT_GT(others, kAtLeast);
}

// Neither a connection's place nor a byte of the budget is lost.
void ExpectNothingIsLost(HttpListener& listener) {
  {
    TestSocket client = ConnectTo(listener);
    ASSERT_TRUE(client.Send(Post("/", std::string(kBudget, 'x'))));
    EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 200 "));
  }
  constexpr auto kPrompt = std::chrono::seconds(20);
  const auto begin = std::chrono::steady_clock::now();
  listener.Stop(kLong);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPrompt);
}

struct Kind {
  const char* name;
  std::string request;
};

std::vector<Kind> Kinds() {
  const std::string chunk(1000, 'c');
  return {
      {"Short", Post("/short", "body")},
      {"Long", Post("/long", std::string(200'000, 'x'))},
      {"Chunked", absl::StrCat("POST /chunked HTTP/1.1\r\nHost: x\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n3e8\r\n",
                               chunk, "\r\n3e8\r\n", chunk, "\r\n0\r\n\r\n")},
      {"Pipelined", absl::StrCat(Post("/1", "one"), Post("/2", "two"))},
      {"LongHead",
       absl::StrCat("GET /head HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: "
                    "2001:db8:1111:2222:3333:4444:5555:6666\r\nX: ",
                    std::string(9000, 'h'), "\r\n\r\n")},
      {"Closing", Get("/closing")},
      {"Refused", "GET / HTTP/1.1\r\n\r\n"},
      {"Rubbish", "rubbish\r\n\r\n"},
  };
}

class ExhaustionTest : public testing::TestWithParam<Kind> {};

TEST_P(ExhaustionTest, NoFailingAllocationEndsTheServer) {
  HttpListener::Options options = Patient();
  options.max_bytes_in_flight = kBudget;
  const auto listener = StartListener(options, Handle);
  FailEachAllocation(*listener, [&] {
    TestSocket client = ConnectTo(*listener);
    client.Send(GetParam().request);
    EXPECT_THAT(client.ReadMessage(),
                AnyOf(IsWholeOrGone(), StartsWith("HTTP/1.1 400 ")));
  });
  ExpectNothingIsLost(*listener);
}

// Nobody has asked for an answer, so there is none, not even 503; and nobody
// gets two.
TEST(SilentExhaustionTest, OnlyRequestsAreAnsweredAndOnlyOnce) {
  const auto listener = StartListener(Patient(), Handle);
  FailEachAllocation(*listener, [&] {
    TestSocket silent = ConnectTo(*listener);
    silent.EndWriting();
    EXPECT_TRUE(silent.ReadsEnd());
    TestSocket asking = ConnectTo(*listener);
    asking.Send(Get("/"));
    asking.ReadMessage();
    EXPECT_TRUE(asking.ReadsEnd());
  });
}

// The answers of a commit come together. One that cannot be sent must not take
// the others with it.
TEST(AnswersExhaustionTest, AtMostOneOfManyAnswersIsLost) {
  Desk desk;
  std::binary_semaphore both_answered{0};
  const HttpListener::Handler leave = desk.handler();
  const auto handle = [&](const HttpRequest& request, HttpResponder respond) {
    if (request.target == "/leave") return leave(request, std::move(respond));
    // The loop stands still until both answers are there.
    if (request.target.starts_with("/arm/")) both_answered.acquire();
    Handle(request, std::move(respond));
  };
  std::string said = kHit;
  int others = 0;
  for (; said == kHit && others < 1000; ++others) {
    SCOPED_TRACE(others);
    // A new thread has none of the memory yet that Asio uses again and again.
    const auto listener = StartListener(Patient(), handle);
    TestSocket first = ConnectTo(*listener);
    TestSocket second = ConnectTo(*listener);
    ASSERT_TRUE(first.Send(Get("/leave")));
    HttpResponder to_first = desk.Take();
    ASSERT_TRUE(second.Send(Get("/leave")));
    HttpResponder to_second = desk.Take();
    TestSocket arming = ConnectTo(*listener);
    arming.Send(Get(absl::StrCat("/arm/", others)));
    to_first({.body = "first"});
    to_second({.body = "second"});
    both_answered.release();
    int lost = 0;
    if (first.ReadMessage().empty()) ++lost;
    if (second.ReadMessage().empty()) ++lost;
    ASSERT_LE(lost, 1);
    said = Disarm(*listener);
  }
  EXPECT_EQ(said, kMissed);
}

INSTANTIATE_TEST_SUITE_P(, ExhaustionTest, testing::ValuesIn(Kinds()),
                         [](const testing::TestParamInfo<Kind>& tested)
                             -> std::string { return tested.param.name; });

TEST(TlsExhaustionTest, NoFailingAllocationEndsTheServer) {
  TestAuthority authority;
  const TestCertificate certificate = authority.IssueServer();
  HttpListener::Options options = Patient();
  options.tls = TlsSourceOf(certificate);
  const auto listener = StartListener(options, Handle);
  const auto ask = [&](const std::string& request) -> std::string {
    TestTlsSocket client(listener->address(), {});
    if (!client.connected() || !client.Send(request)) return "";
    return client.ReadMessage();
  };
  std::string said = kHit;
  int others = 0;
  for (; said == kHit && others < 1000; ++others) {
    SCOPED_TRACE(others);
    ask(Get(absl::StrCat("/arm/", others)));
    EXPECT_THAT(ask(Post("/", std::string(10'000, 'x'))), IsWholeOrGone());
    std::string answer;
    for (int i = 0; i < 5 && answer.empty(); ++i) {
      answer = ask(Get("/disarm"));
      if (answer.starts_with("HTTP/1.1 503 ")) answer.clear();
    }
    said = answer.ends_with(kHit) ? kHit : kMissed;
    ASSERT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  }
  EXPECT_EQ(said, kMissed);
  EXPECT_GT(others, 10);
}

TEST(BodyExhaustionTest, ABodyThatThereIsNoMemoryForIs503) {
  std::string told;
  HttpListener::Options options = Patient();
  options.on_refused = [&told](const HttpRefusal& refusal) {
    told = refusal.reason;
  };
  const auto listener = StartListener(options, Handle);
  const std::string body(1'000'000, 'x');
  {
    const std::string request = Post("/", body);
    TestSocket client = ConnectTo(*listener);
    const LargeAllocationsFail failing(300'000);
    ASSERT_TRUE(client.Send(request));
    const std::string answer = client.ReadMessage();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\ntry again\n")) << answer;
    // Others are served meanwhile.
    TestSocket small = ConnectTo(*listener);
    ASSERT_TRUE(small.Send(Post("/", "small")));
    EXPECT_TRUE(small.ReadMessage().ends_with("small"));
  }
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send(Post("/", body)));
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 200 "));
  listener->Stop(absl::ZeroDuration());
  EXPECT_EQ(told, "out_of_memory");
}

// To tell the loop of an answer takes memory, too.
TEST(ResponderExhaustionTest, AnAnswerIsNotLostWhereItsThreadHasNoMemory) {
  Desk desk;
  const auto listener = StartListener(Patient(), desk.handler());
  TestSocket client = ConnectTo(*listener);
  ASSERT_TRUE(client.Send(kGet));
  HttpResponder respond = desk.Take();
  HttpResponse response{.body = "late"};
  FailOneAllocation(0);
  respond(std::move(response));
  EXPECT_TRUE(StopFailing());
  EXPECT_TRUE(client.ReadMessage().ends_with("late"));
}

// Connects until it is the one connection that the listener takes: the listener
// counts the one before for a moment longer than its peer can see it.
TestSocket TheOnlyConnection(const HttpListener& listener) {
  for (;;) {
    TestSocket client = ConnectTo(listener);
    if (client.Send(kGet) && !client.ReadMessage().empty()) return client;
  }
}

TEST(AcceptExhaustionTest, TheListenerGoesOnAccepting) {
  HttpListener::Options options = Patient();
  options.max_connections = 1;
  std::atomic<std::int64_t> others = 0;
  // A connection over the limit is refused on the thread that accepts.
  options.on_refused = [&others](const HttpRefusal& refusal) {
    if (refusal.reason == "connection_limit") FailOneAllocation(others);
  };
  const auto listener = StartListener(options);
  // The connections that come after a failure was set.
  constexpr int kConnections = 10;
  constexpr std::int64_t kMost = 1000;
  bool failed = true;
  for (; failed && others < kMost; ++others) {
    SCOPED_TRACE(others);
    const std::int64_t before = FailedAllocations();
    {
      const TestSocket only = TheOnlyConnection(*listener);
      EXPECT_TRUE(ConnectTo(*listener).ReadsEnd());
    }
    for (int i = 0; i < kConnections; ++i) {
      ASSERT_THAT(AnswerWhenThereIsRoom(*listener), HasSubstr(" 200 OK"));
    }
    failed = FailedAllocations() > before;
  }
  EXPECT_FALSE(failed);
  EXPECT_GE(others, kConnections) << "each connection needs one at least";
}

}  // namespace
}  // namespace linktor::http
