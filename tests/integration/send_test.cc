// These tests call SendMessage over real sockets. The emulator is Instagram.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/gateway.h"
#include "tests/support/proto_matchers.h"

namespace linktor::testing {
namespace {

using emulator::FaultKind;
using ::testing::HasSubstr;

class SendTest : public ::testing::Test {
 protected:
  SendTest() { gateway_.CreateChannel(); }

  emulator::GraphCall LastCall() {
    const auto list = gateway_.instagram().graph_calls().Get();
    return list.calls.empty() ? emulator::GraphCall() : list.calls.back();
  }

  // Waits for the first `count` events of that type, and returns them.
  std::vector<v1::Event> EventsOf(const std::string& type, std::size_t count) {
    v1::SubscribeEventsRequest request = Gateway::From(v1::POSITION_EARLIEST);
    request.add_types(type);
    const auto stream = gateway_.Subscribe(request);
    EXPECT_TRUE(stream->WaitForCount(count));
    return stream->events();
  }

  Gateway gateway_;
  grpc::Status status_;
};

TEST_F(SendTest, TextReachesInstagramAndIsSent) {
  const auto response = gateway_.Send("Hello", "r1", status_);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(response.message().state(), v1::MESSAGE_STATE_SENT);
  EXPECT_FALSE(response.message().mid().empty());
  EXPECT_FALSE(response.replayed());
  const emulator::GraphCall call = LastCall();
  EXPECT_EQ(call.path, absl::StrCat("/v25.0/", kPage, "/messages"));
  EXPECT_EQ(call.body.at("message").at("text").as_string(), "Hello");
  EXPECT_EQ(call.body.at("recipient").at("id").as_string(), kUser);
}

TEST_F(SendTest, InstagramLoginUsesTheAccountsEdge) {
  v1::CreateChannelRequest request = Gateway::DefaultChannel();
  request.mutable_channel()->set_id("ch_igl");
  request.mutable_channel()->set_instagram_account_id("17841400000000009");
  request.mutable_channel()->set_login_type(v1::LOGIN_TYPE_INSTAGRAM_LOGIN);
  request.mutable_channel()->clear_page_id();
  gateway_.CreateChannel(request);
  v1::SendMessageRequest send;
  send.set_channel_id("ch_igl");
  send.set_to(kUser);
  send.mutable_content()->set_text("Hello");
  v1::SendMessageResponse response;
  ASSERT_TRUE(
      gateway_.messaging().SendMessage(Context().get(), send, &response).ok());
  EXPECT_EQ(LastCall().path, "/v25.0/17841400000000009/messages");
  EXPECT_FALSE(response.message().request_id().empty());
}

TEST_F(SendTest, SameRequestIdIsSentOnce) {
  const auto first = gateway_.Send("Hello", "r1", status_);
  ASSERT_TRUE(status_.ok());
  const auto again = gateway_.Send("Hello", "r1", status_);
  ASSERT_TRUE(status_.ok());
  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(again.message().mid(), first.message().mid());
  EXPECT_EQ(gateway_.SendsReceived(), 1);
  (void)gateway_.Send("Other", "r1", status_);
  EXPECT_EQ(ErrorInfoOf(status_).reason(), "REQUEST_ID_REUSED");
}

TEST_F(SendTest, TextIsLimitedInBytes) {
  (void)gateway_.Send(std::string(1000, 'x'), "r1", status_);
  EXPECT_TRUE(status_.ok());
  (void)gateway_.Send(std::string(1001, 'x'), "r2", status_);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ErrorInfoOf(status_).reason(), "INVALID_CONTENT");
  EXPECT_EQ(gateway_.SendsReceived(), 1);
}

TEST_F(SendTest, EchoIsReportedAsThisSend) {
  const auto sent = gateway_.Send("Hello", "r1", status_);
  const auto stream = gateway_.Subscribe(Gateway::From(v1::POSITION_EARLIEST));
  ASSERT_TRUE(stream->WaitForCount(2));
  const auto events = stream->events();
  ASSERT_EQ(events[0].type(), "message.sent");
  ASSERT_EQ(events[1].type(), "message.echoed");
  EXPECT_EQ(events[1].message_echoed().id(), sent.message().id());
  EXPECT_EQ(events[1].message_echoed().origin(), v1::MESSAGE_ORIGIN_API);
  EXPECT_EQ(events[1].message_echoed().request_id(), "r1");
  EXPECT_TRUE(gateway_.GetByRequest("r1").has_echo_time());
}

TEST_F(SendTest, EchoBeforeTheAnswerIsFoldedIn) {
  gateway_.instagram().Configure({.echo_before_answer = true});
  const auto sent = gateway_.Send("Hello", "r1", status_);
  ASSERT_TRUE(status_.ok());
  EXPECT_TRUE(sent.message().has_echo_time());
  v1::GetMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_mid(sent.message().mid());
  v1::GetMessageResponse found;
  ASSERT_TRUE(
      gateway_.messaging().GetMessage(Context().get(), request, &found).ok());
  EXPECT_EQ(found.message().id(), sent.message().id());
}

TEST_F(SendTest, GraphErrorsExplainThemselves) {
  ASSERT_TRUE(gateway_.instagram()
                  .AddFault({.kind = FaultKind::kGraphError,
                             .error = {.code = 10, .subcode = 2534022}})
                  .ok());
  (void)gateway_.Send("Hello", "r1", status_);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  const auto info = ErrorInfoOf(status_);
  EXPECT_EQ(info.reason(), "OUTSIDE_MESSAGING_WINDOW");
  EXPECT_EQ(info.metadata().at("graph_subcode"), "2534022");
  EXPECT_EQ(info.metadata().at("request_id"), "r1");
  // FAILED: the same id tries again, as the same message.
  const v1::Message failed = gateway_.GetByRequest("r1");
  EXPECT_EQ(failed.state(), v1::MESSAGE_STATE_FAILED);
  EXPECT_EQ(failed.error().reason(), "OUTSIDE_MESSAGING_WINDOW");
  const auto retried = gateway_.Send("Hello", "r1", status_);
  ASSERT_TRUE(status_.ok());
  EXPECT_EQ(retried.message().id(), failed.id());
  EXPECT_EQ(retried.message().attempt(), 2);
}

// libcurl would send the POST again by itself on a connection that was kept
// alive; this server must not, and must say that it does not know.
TEST_F(SendTest, AcceptThenCloseOnAKeptAliveConnectionIsUnconfirmedThenSent) {
  (void)gateway_.Send("warm up", "r0", status_);
  ASSERT_TRUE(status_.ok());
  gateway_.instagram().Configure({.hold_echoes = true});
  ASSERT_TRUE(gateway_.instagram()
                  .AddFault({.kind = FaultKind::kAcceptThenClose})
                  .ok());
  (void)gateway_.Send("Hello", "r1", status_);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(ErrorInfoOf(status_).reason(), "SEND_OUTCOME_UNKNOWN");
  EXPECT_EQ(gateway_.GetByRequest("r1").state(), v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_EQ(gateway_.SendsReceived(), 2);
  // Asking again does not send again.
  (void)gateway_.Send("Hello", "r1", status_);
  EXPECT_EQ(ErrorInfoOf(status_).reason(), "SEND_OUTCOME_UNKNOWN");
  EXPECT_EQ(gateway_.SendsReceived(), 2);
  gateway_.instagram().Configure({.hold_echoes = false});
  const v1::Message settled =
      gateway_.WaitForState("r1", v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(settled.state(), v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(settled.settled_by(), v1::SETTLED_BY_ECHO_CONTENT);
  EXPECT_FALSE(settled.mid().empty());
  EXPECT_EQ(gateway_.SendsReceived(), 2);
  // Its event says all that GetMessage says.
  const std::vector<v1::Event> told = EventsOf("message.sent", 2);
  ASSERT_EQ(told.size(), 2);
  EXPECT_THAT(told[1].message_sent(), EqualsProto(settled));
  EXPECT_EQ(told[1].message_sent().text(), "Hello");
}

// An echo's event and the send are one message, made at one time.
TEST_F(SendTest, EchoHasTheTimesOfItsSend) {
  const auto sent = gateway_.Send("Hello", "r1", status_);
  ASSERT_TRUE(status_.ok());
  const std::vector<v1::Event> echoes = EventsOf("message.echoed", 1);
  ASSERT_EQ(echoes.size(), 1);
  const v1::Message& echo = echoes[0].message_echoed();
  EXPECT_EQ(echo.id(), sent.message().id());
  EXPECT_THAT(echo.create_time(), EqualsProto(sent.message().create_time()));
  EXPECT_THAT(echo.send_time(), EqualsProto(sent.message().send_time()));
}

TEST_F(SendTest, ServerErrorWithoutABodyIsUnconfirmed) {
  ASSERT_TRUE(
      gateway_.instagram()
          .AddFault({.kind = FaultKind::kStatus, .response = {.status = 502}})
          .ok());
  (void)gateway_.Send("Hello", "r1", status_);
  EXPECT_EQ(ErrorInfoOf(status_).reason(), "SEND_OUTCOME_UNKNOWN");
}

TEST_F(SendTest, UnreachableInstagramIsUnavailableAndSentNothing) {
  gateway_.instagram().Stop();
  (void)gateway_.Send("Hello", "r1", status_);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ErrorInfoOf(status_).reason(), "GRAPH_UNAVAILABLE");
  EXPECT_EQ(gateway_.GetByRequest("r1").state(), v1::MESSAGE_STATE_FAILED);
}

TEST_F(SendTest, CallOutlivesItsCaller) {
  ASSERT_TRUE(gateway_.instagram()
                  .AddFault({.kind = FaultKind::kDelay,
                             .delay = absl::Milliseconds(1500)})
                  .ok());
  v1::SendMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_to(kUser);
  request.mutable_content()->set_text("Hello");
  request.set_request_id("r1");
  v1::SendMessageResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(800));
  status_ = gateway_.messaging().SendMessage(&context, request, &response);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(gateway_.WaitForState("r1", v1::MESSAGE_STATE_SENT).state(),
            v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(gateway_.SendsReceived(), 1);
}

TEST_F(SendTest, SecondCallWaitsForTheFirst) {
  ASSERT_TRUE(gateway_.instagram()
                  .AddFault({.kind = FaultKind::kDelay,
                             .delay = absl::Milliseconds(500)})
                  .ok());
  grpc::Status first_status;
  v1::SendMessageResponse first;
  std::thread other(
      [&] { first = gateway_.Send("Hello", "r1", first_status); });
  ASSERT_TRUE(
      gateway_.instagram().graph_calls().WaitForCount(1, absl::Seconds(20)));
  const auto second = gateway_.Send("Hello", "r1", status_);
  other.join();
  ASSERT_TRUE(first_status.ok());
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(first.message().mid(), second.message().mid());
  EXPECT_TRUE(second.replayed());
  EXPECT_EQ(gateway_.SendsReceived(), 1);
}

TEST_F(SendTest, TooShortADeadlineIsRefusedBeforeClaiming) {
  v1::SendMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_to(kUser);
  request.mutable_content()->set_text("Hello");
  request.set_request_id("r1");
  v1::SendMessageResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(400));
  status_ = gateway_.messaging().SendMessage(&context, request, &response);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ErrorInfoOf(status_).reason(), "DEADLINE_TOO_SHORT");
  EXPECT_EQ(gateway_.SendsReceived(), 0);
}

TEST_F(SendTest, SendsToOneUserLeaveInOrder) {
  ASSERT_TRUE(gateway_.instagram()
                  .AddFault({.kind = FaultKind::kDelay,
                             .delay = absl::Milliseconds(100)})
                  .ok());
  constexpr int kSends = 20;
  std::vector<std::thread> callers;
  callers.reserve(kSends);
  for (int i = 0; i < kSends; ++i) {
    callers.emplace_back([this, i] {
      grpc::Status status;
      (void)gateway_.Send(absl::StrCat("text ", i), absl::StrCat("r", i),
                          status);
    });
  }
  for (auto& caller : callers) caller.join();
  std::vector<std::string> at_instagram;
  for (const auto& call : gateway_.instagram().graph_calls().Get().calls) {
    at_instagram.emplace_back(call.body.at("message").at("text").as_string());
  }
  std::vector<std::string> in_log;
  for (const auto& event : gateway_.AllEvents()) {
    if (event.type() == "message.sent") {
      in_log.push_back(event.message_sent().text());
    }
  }
  EXPECT_EQ(at_instagram.size(), static_cast<std::size_t>(kSends));
  EXPECT_EQ(at_instagram, in_log);
}

TEST_F(SendTest, WindowClosesAfter24Hours) {
  const std::int64_t now = absl::ToUnixMillis(absl::Now());
  constexpr std::int64_t kHour = 3'600'000;
  ASSERT_EQ(
      gateway_.Post(Gateway::TextBody("m1", "old", "111", now - 25 * kHour)),
      200);
  ASSERT_EQ(
      gateway_.Post(Gateway::TextBody("m2", "new", "222", now - 23 * kHour)),
      200);
  (void)gateway_.Send("Hello", "r1", status_, "111");
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(status_).reason(), "OUTSIDE_MESSAGING_WINDOW");
  EXPECT_EQ(gateway_.SendsReceived(), 0);
  (void)gateway_.Send("Hello", "r2", status_, "222");
  EXPECT_TRUE(status_.ok());
}

TEST_F(SendTest, UserWhoHasNotWrittenIsRefusedWhenTheChannelSaysSo) {
  v1::UpdateChannelRequest request;
  request.mutable_channel()->set_id(kChannel);
  request.mutable_channel()->set_on_no_history(v1::NO_HISTORY_POLICY_REFUSE);
  request.mutable_update_mask()->add_paths("on_no_history");
  v1::UpdateChannelResponse response;
  ASSERT_TRUE(gateway_.channels()
                  .UpdateChannel(Context().get(), request, &response)
                  .ok());
  (void)gateway_.Send("Hello", "r1", status_);
  EXPECT_EQ(ErrorInfoOf(status_).reason(), "USER_HAS_NOT_WRITTEN");
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("m1", "Hi")), 200);
  (void)gateway_.Send("Hello", "r1", status_);
  EXPECT_TRUE(status_.ok());
}

TEST_F(SendTest, UnconfirmedCanBeResolvedByItsCaller) {
  gateway_.instagram().Configure({.hold_echoes = true});
  ASSERT_TRUE(gateway_.instagram()
                  .AddFault({.kind = FaultKind::kClose, .times = 2})
                  .ok());
  for (const auto& [request_id, resolution, state] :
       {std::tuple{"r1", v1::MESSAGE_RESOLUTION_SENT, v1::MESSAGE_STATE_SENT},
        std::tuple{"r2", v1::MESSAGE_RESOLUTION_NOT_SENT,
                   v1::MESSAGE_STATE_FAILED}}) {
    (void)gateway_.Send("Hello", request_id, status_);
    ASSERT_EQ(ErrorInfoOf(status_).reason(), "SEND_OUTCOME_UNKNOWN");
    v1::ResolveMessageRequest request;
    request.set_channel_id(kChannel);
    request.set_message_id(gateway_.GetByRequest(request_id).id());
    request.set_resolution(resolution);
    v1::ResolveMessageResponse response;
    ASSERT_TRUE(gateway_.messaging()
                    .ResolveMessage(Context().get(), request, &response)
                    .ok());
    EXPECT_EQ(response.message().state(), state);
    EXPECT_EQ(response.message().settled_by(), v1::SETTLED_BY_CALLER);
    status_ = gateway_.messaging().ResolveMessage(Context().get(), request,
                                                  &response);
    EXPECT_EQ(ErrorInfoOf(status_).reason(), "MESSAGE_NOT_UNCONFIRMED");
  }
  (void)gateway_.Send("Hello", "r2", status_);
  EXPECT_TRUE(status_.ok());
}

TEST_F(SendTest, ReceivedMessagesAreFoundByMidAndId) {
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.in", "Hi")), 200);
  v1::GetMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_mid("mid.in");
  v1::GetMessageResponse by_mid;
  ASSERT_TRUE(
      gateway_.messaging().GetMessage(Context().get(), request, &by_mid).ok());
  EXPECT_EQ(by_mid.message().text(), "Hi");
  request.set_message_id(by_mid.message().id());
  v1::GetMessageResponse by_id;
  ASSERT_TRUE(
      gateway_.messaging().GetMessage(Context().get(), request, &by_id).ok());
  EXPECT_EQ(by_id.message().mid(), "mid.in");
  request.set_mid("mid.other");
  status_ = gateway_.messaging().GetMessage(Context().get(), request, &by_id);
  EXPECT_EQ(ErrorInfoOf(status_).reason(), "MESSAGE_NOT_FOUND");
}

TEST_F(SendTest, IceBreakersAreSetReadAndDeleted) {
  v1::SetIceBreakersRequest set;
  set.set_channel_id(kChannel);
  v1::IceBreaker* one = set.add_ice_breakers();
  one->set_question("What are your store hours?");
  one->set_payload("GET_HOURS");
  v1::LocalizedIceBreakers* german = set.add_localizations();
  german->set_locale("de_DE");
  *german->add_ice_breakers() = *one;
  v1::SetIceBreakersResponse set_response;
  ASSERT_TRUE(gateway_.channels()
                  .SetIceBreakers(Context().get(), set, &set_response)
                  .ok());
  v1::GetIceBreakersRequest get;
  get.set_channel_id(kChannel);
  v1::GetIceBreakersResponse found;
  ASSERT_TRUE(
      gateway_.channels().GetIceBreakers(Context().get(), get, &found).ok());
  ASSERT_EQ(found.ice_breakers_size(), 1);
  EXPECT_EQ(found.ice_breakers(0).payload(), "GET_HOURS");
  ASSERT_EQ(found.localizations_size(), 1);
  EXPECT_EQ(found.localizations(0).locale(), "de_DE");
  v1::DeleteIceBreakersRequest remove;
  remove.set_channel_id(kChannel);
  v1::DeleteIceBreakersResponse removed;
  ASSERT_TRUE(gateway_.channels()
                  .DeleteIceBreakers(Context().get(), remove, &removed)
                  .ok());
  found.Clear();
  ASSERT_TRUE(
      gateway_.channels().GetIceBreakers(Context().get(), get, &found).ok());
  EXPECT_EQ(found.ice_breakers_size(), 0);
  set.clear_ice_breakers();
  status_ =
      gateway_.channels().SetIceBreakers(Context().get(), set, &set_response);
  EXPECT_THAT(status_.error_message(), HasSubstr("ice_breakers"));
}

}  // namespace
}  // namespace linktor::testing
