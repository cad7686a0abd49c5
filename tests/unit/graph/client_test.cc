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

// Instagram may leave a field out, or give null.
TEST(ReadUserProfileAnswerTest, WhatInstagramDoesNotSupplyIsAbsent) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"name":"Ada","username":"ada.writes",
           "profile_pic":"https://e.x/p.jpg","follower_count":12345678901,
           "is_user_follow_business":true,"is_business_follow_user":false,
           "is_verified_user":true,"id":"7"})",
       R"pb(username: "ada.writes"
            name: "Ada"
            profile_picture_url: "https://e.x/p.jpg"
            follower_count: 12345678901
            is_user_follow_business: true
            is_business_follow_user: false
            is_verified_user: true)pb"},
      {R"({"id":"7"})", ""},
      {R"({"name":null,"username":null,"profile_pic":null,
           "follower_count":null,"is_verified_user":null})",
       ""},
      {R"({"name":"","username":7,"profile_pic":[],"follower_count":"5",
           "is_user_follow_business":"yes","is_verified_user":1})",
       ""},
      {R"({"follower_count":-1})", ""},
      {R"({"follower_count":0,"is_verified_user":false})",
       "follower_count: 0 is_verified_user: false"},
  };
  for (const auto& [body, profile] : cases) {
    const auto read = ReadUserProfileAnswer(Ok(body));
    ASSERT_THAT(read, IsOk()) << body;
    EXPECT_THAT(*read, EqualsProto(profile)) << body;
  }
}

TEST(ReadUserProfileAnswerTest, TextsThatAreNoneOfInstagramsAreLeftOut) {
  const auto read = ReadUserProfileAnswer(
      Ok(R"({"username":")" + std::string(4097, 'a') + R"(","name":"Ada"})"));
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(*read, EqualsProto("name: 'Ada'"));
}

TEST(ReadUserProfileAnswerTest, RefusalsOfAPersonHaveReasonsOfTheirOwn) {
  const auto refused = [](const char* error) {
    return ReadUserProfileAnswer(
        {.status_code = 400,
         .body = std::string(R"({"error":)") + error + "}"});
  };
  EXPECT_THAT(refused(R"({"code":230,"message":"consent"})"),
              HasReason("USER_CONSENT_REQUIRED"));
  EXPECT_THAT(refused(R"({"code":100,"error_subcode":33})"),
              HasReason("RECIPIENT_NOT_FOUND"));
  EXPECT_THAT(refused(R"({"code":200,"error_subcode":2534048})"),
              HasReason("APP_NOT_APPROVED"));
  EXPECT_THAT(ReadUserProfileAnswer(Ok("rubbish")),
              HasReason("GRAPH_UNAVAILABLE"));
}

TEST(ReadMessageMediaAnswerTest, EveryForm) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"id":"m"})", ""},
      {R"({"story":{"mention":{"link":"https://e.x/s","id":"18"}}})",
       "story_id: '18' media_url: 'https://e.x/s'"},
      {R"({"story":{"reply_to":{"link":"https://e.x/s","id":"18"}}})",
       "story_id: '18' media_url: 'https://e.x/s'"},
      {R"({"story":{"mention":{"id":"18"}}})", "story_id: '18'"},
      {R"({"story":{"mention":{"link":"","id":""}}})", ""},
      {R"({"story":{"mention":[]}})", ""},
      {R"({"story":null})", ""},
      {R"({"story":"18"})", ""},
      {R"({"attachments":{"data":[
           {"id":"1","mime_type":"image/jpeg",
            "image_data":{"url":"https://e.x/1","width":10}},
           {"id":"2","video_data":{"url":"https://e.x/2"}},
           {"id":"3","mime_type":"audio/mp4","file_url":"https://e.x/3"},
           {"id":"4","mime_type":"application/pdf","name":"a.pdf",
            "file_url":"https://e.x/4"}]}})",
       R"pb(attachments {
              type: "image"
              url: "https://e.x/1"
              image {}
            }
            attachments {
              type: "video"
              url: "https://e.x/2"
              video {}
            }
            attachments {
              type: "audio"
              url: "https://e.x/3"
              audio {}
            }
            attachments {
              type: "file"
              url: "https://e.x/4"
              file {}
            })pb"},
      // These have no link, or have another form.
      {R"({"attachments":{"data":[{"id":"1"},{"image_data":{}},7,null,
           {"generic_template":{"title":"Hats"}},{"video_data":"x"}]}})",
       ""},
      {R"({"attachments":{"data":{}}})", ""},
      {R"({"attachments":[]})", ""},
  };
  for (const auto& [body, response] : cases) {
    const auto read = ReadMessageMediaAnswer(Ok(body));
    ASSERT_THAT(read, IsOk()) << body;
    EXPECT_THAT(*read, EqualsProto(response)) << body;
  }
}

// A message that Meta does not show is no fault of the channel's.
TEST(ReadMessageMediaAnswerTest, MessageThatIsNotShownIsNotFound) {
  for (const char* error : {R"({"code":100,"error_subcode":33})",
                            R"({"code":9000001})", R"({"code":803})"}) {
    EXPECT_THAT(ReadMessageMediaAnswer(
                    {.status_code = 400,
                     .body = std::string(R"({"error":)") + error + "}"}),
                HasReason("MESSAGE_NOT_FOUND"))
        << error;
  }
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

TEST(HttpGraphClientTest, ReadsProfilesAndMedia) {
  FakeTransport transport;
  FakeGraphObserver observer;
  HttpGraphClient client(GraphHosts(), transport, observer);
  const GraphAccount account = {
      .channel_id = "ch_1", .api_version = "v25.0", .page_id = "1"};
  transport.answer = Ok(R"({"username":"ada"})");
  std::string name;
  client.GetUserProfile(account, "7",
                        [&name](const absl::StatusOr<v1::UserProfile>& found) {
                          if (found.ok()) name = found->username();
                        });
  EXPECT_EQ(name, "ada");
  transport.answer = Ok(R"({"story":{"mention":{"id":"18"}}})");
  std::string story;
  client.GetMessageMedia(
      account, "m", {.story = true},
      [&story](const absl::StatusOr<v1::RefreshMediaResponse>& found) {
        if (found.ok()) story = found->story_id();
      });
  EXPECT_EQ(story, "18");
  ASSERT_EQ(transport.calls.size(), 2U);
  EXPECT_EQ(transport.calls[1].method, "GET");
  ASSERT_EQ(observer.calls.size(), 2U);
  EXPECT_EQ(observer.calls[0].operation, "user_profile");
  EXPECT_EQ(observer.calls[1].operation, "message_media");
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
