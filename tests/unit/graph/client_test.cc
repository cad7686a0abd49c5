#include "server/graph/client.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_graph_observer.h"
#include "tests/fakes/fake_transport.h"
#include "tests/support/proto_matchers.h"
#include "tests/support/status_matchers.h"

namespace linktor::graph {
namespace {

http::HttpResult Ok(std::string body) {
  return {.status_code = 200, .body = std::move(body)};
}

TEST(ReadSendAnswerTest, MidOfASuccess) {
  const GraphSendResult result = ReadSendAnswer(
      Ok(R"({"recipient_id":"1000200030004001","message_id":"aWdf"})"));
  EXPECT_EQ(result.mid, "aWdf");
  EXPECT_THAT(result.failure.status, IsOk());
  EXPECT_FALSE(result.failure.outcome_unknown);
}

// What says 200 but not which message: it may have been sent.
TEST(ReadSendAnswerTest, SuccessWithoutMidIsUnknown) {
  for (const char* body :
       {"", "{}", "[]", "null", R"("ok")", R"({"recipient_id":"1"})",
        R"({"message_id":""})", R"({"message_id":null})", R"({"message_id":7})",
        R"({"message_id":"m")", "<html></html>",
        R"({"message_id":"m","error":{}})",
        R"({"message_id":"m","error":"oops"})",
        R"({"message_id":"m","error":{"code":987654}})",
        "{\"message_id\":\"\xff\"}"}) {
    const GraphSendResult result = ReadSendAnswer(Ok(body));
    EXPECT_EQ(result.mid, "") << body;
    EXPECT_TRUE(result.failure.outcome_unknown) << body;
    EXPECT_THAT(result.failure.status, StatusIs(absl::StatusCode::kUnknown));
    EXPECT_THAT(result.failure.status, HasReason("SEND_OUTCOME_UNKNOWN"));
  }
}

TEST(ReadSendAnswerTest, OtherStatusIsNoSuccess) {
  http::HttpResult result = Ok(R"({"recipient_id":"1","message_id":"m"})");
  result.status_code = 400;
  EXPECT_EQ(ReadSendAnswer(result).mid, "");
}

TEST(ReadProfileAnswerTest, Table) {
  EXPECT_THAT(ReadProfileAnswer(Ok("{\"result\":\"success\"}")), IsOk());
  EXPECT_THAT(ReadProfileAnswer(Ok("rubbish")), HasReason("GRAPH_UNAVAILABLE"));
  EXPECT_THAT(
      ReadProfileAnswer({.status_code = 400,
                         .body = R"({"error":{"code":190,"message":"m"}})"}),
      HasReason("ACCESS_TOKEN_EXPIRED"));
  EXPECT_THAT(
      ReadProfileAnswer({.transport = absl::UnavailableError("no route")}),
      HasReason("GRAPH_UNAVAILABLE"));
}

struct IceBreakerCase {
  const char* body;
  const char* response;
};

TEST(ReadIceBreakersAnswerTest, EveryForm) {
  const IceBreakerCase cases[] = {
      {R"({"data":[]})", ""},
      {R"({})", ""},
      {R"({"data":[{}]})", ""},
      {R"({"data":[7,null,"x",[]]})", ""},
      {R"({"data":[{"question":"q","payload":"p"}]})",
       "ice_breakers { question: 'q' payload: 'p' }"},
      {R"({"data":[{"ice_breakers":[{"question":"q","payload":"p"}]}]})",
       "ice_breakers { question: 'q' payload: 'p' }"},
      {R"({"data":[{"call_to_actions":[{"question":"q","payload":"p"},
           {"question":"r","payload":"s"}],"locale":"default"},
           {"call_to_actions":[{"question":"t","payload":"u"}],
           "locale":"en_GB"}]})",
       "ice_breakers { question: 'q' payload: 'p' } "
       "ice_breakers { question: 'r' payload: 's' } "
       "localizations { locale: 'en_GB' "
       "  ice_breakers { question: 't' payload: 'u' } }"},
      {R"({"data":[{"ice_breakers":[{"call_to_actions":[
           {"question":"q","payload":"p"}],"locale":"default"}]}]})",
       "ice_breakers { question: 'q' payload: 'p' }"},
      {R"({"data":[{"call_to_actions":[{"question":"q","payload":"p"}]}]})",
       "ice_breakers { question: 'q' payload: 'p' }"},
  };
  for (const IceBreakerCase& c : cases) {
    const auto response = ReadIceBreakersAnswer(Ok(c.body));
    ASSERT_THAT(response, IsOk()) << c.body;
    EXPECT_THAT(*response, EqualsProto(c.response)) << c.body;
  }
}

TEST(ReadUserProfileAnswerTest, Table) {
  const auto name = [](const char* body) {
    return ReadUserProfileAnswer(Ok(body));
  };
  EXPECT_EQ(*name(R"({"username":"customer_user","id":"7"})"), "customer_user");
  // Instagram may leave it out or give null.
  EXPECT_EQ(*name(R"({"id":"7"})"), "");
  EXPECT_EQ(*name(R"({"username":null,"id":"7"})"), "");
  EXPECT_EQ(*name(R"({"username":7,"id":"7"})"), "");
  EXPECT_THAT(name("rubbish"), HasReason("GRAPH_UNAVAILABLE"));
  EXPECT_THAT(ReadUserProfileAnswer(
                  {.status_code = 400,
                   .body = R"({"error":{"code":230,"message":"consent"}})"}),
              HasReason("USER_HAS_NOT_WRITTEN"));
}

TEST(HttpGraphClientTest, SendsOneRequestAndReadsItsAnswer) {
  FakeTransport transport;
  transport.answer = Ok(R"({"recipient_id":"7","message_id":"m"})");
  FakeGraphObserver observer;
  HttpGraphClient client(GraphHosts(), transport, observer);
  v1::MessageContent content;
  content.set_text("hi");
  std::string mid;
  client.Send({.channel_id = "ch_1", .api_version = "v25.0", .page_id = "1"},
              "7", content, v1::MESSAGE_TAG_UNSPECIFIED,
              [&mid](const GraphSendResult& result) { mid = result.mid; });
  EXPECT_EQ(mid, "m");
  ASSERT_EQ(transport.calls.size(), 1U);
  EXPECT_EQ(transport.calls[0].method, "POST");
  ASSERT_EQ(observer.calls.size(), 1U);
  EXPECT_EQ(observer.calls[0].operation, "send");
  EXPECT_EQ(observer.calls[0].channel_id, "ch_1");
  EXPECT_THAT(observer.calls[0].status, IsOk());
}

TEST(HttpGraphClientTest, ClosedWindowIsTheOneOfTheTag) {
  FakeTransport transport;
  transport.answer = {
      .status_code = 400,
      .body = R"({"error":{"code":10,"error_subcode":2534022}})"};
  FakeGraphObserver observer;
  HttpGraphClient client(GraphHosts(), transport, observer);
  v1::MessageContent content;
  content.set_text("hi");
  for (const auto& [tag, reason] :
       {std::pair(v1::MESSAGE_TAG_UNSPECIFIED, "OUTSIDE_MESSAGING_WINDOW"),
        std::pair(v1::MESSAGE_TAG_HUMAN_AGENT, "HUMAN_AGENT_WINDOW_CLOSED")}) {
    GraphSendResult seen;
    client.Send({.page_id = "1"}, "7", content, tag,
                [&seen](GraphSendResult result) { seen = std::move(result); });
    EXPECT_THAT(seen.failure.status, HasReason(reason));
    EXPECT_THAT(seen.failure.status, HasMetadata("graph_subcode", "2534022"));
  }
}

TEST(HttpGraphClientTest, FailuresAreNotTriedAgain) {
  FakeTransport transport;
  transport.answer = {.transport = absl::UnavailableError("closed")};
  FakeGraphObserver observer;
  HttpGraphClient client(GraphHosts(), transport, observer);
  v1::MessageContent content;
  content.set_text("hi");
  GraphSendResult seen;
  client.Send({.page_id = "1"}, "7", content, v1::MESSAGE_TAG_UNSPECIFIED,
              [&seen](GraphSendResult result) { seen = std::move(result); });
  EXPECT_TRUE(seen.failure.outcome_unknown);
  EXPECT_EQ(transport.calls.size(), 1U);
  ASSERT_EQ(observer.calls.size(), 1U);
  EXPECT_THAT(observer.calls[0].status, HasReason("SEND_OUTCOME_UNKNOWN"));
}

}  // namespace
}  // namespace linktor::graph
