// RedriveDeliveries over real sockets: webhooks are read again, and what had no
// event gets it once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/integration/access_fixture.h"
#include "tests/integration/cli_fixture.h"

namespace linktor::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kLateChannel[] = "ch_late";
constexpr char kLateAccount[] = "17841400000000777";

v1::CreateChannelRequest LateChannel() {
  v1::CreateChannelRequest request = Gateway::DefaultChannel();
  request.mutable_channel()->set_id(kLateChannel);
  request.mutable_channel()->set_instagram_account_id(kLateAccount);
  request.mutable_channel()->set_page_id("100200300400777");
  return request;
}

// A message to the account that has no channel yet.
std::string LateBody(std::string_view mid, std::int64_t time_ms = 0) {
  return absl::StrReplaceAll(
      Gateway::TextBody(mid, "written early", kUser, time_ms),
      {{kAccount, kLateAccount}});
}

// Returns the delivery that came last.
v1::Delivery LastDelivery(Gateway& gateway) {
  v1::ListDeliveriesRequest request;
  request.set_page_size(1);
  v1::ListDeliveriesResponse page;
  EXPECT_TRUE(
      gateway.events().ListDeliveries(Context().get(), request, &page).ok());
  EXPECT_EQ(page.deliveries_size(), 1);
  return page.deliveries_size() == 1 ? page.deliveries(0) : v1::Delivery();
}

class RedriveTest : public ::testing::Test {
 protected:
  RedriveTest() { gateway_.CreateChannel(); }

  // Posts the body to the webhook URL of kChannel. Returns the id of the
  // delivery.
  std::string Post(const std::string& body) {
    EXPECT_EQ(gateway_.Post(body), 200);
    return LastDelivery(gateway_).id();
  }
  grpc::Status Redrive(const std::vector<std::string>& ids,
                       v1::RedriveDeliveriesResponse& response) {
    v1::RedriveDeliveriesRequest request;
    for (const std::string& id : ids) request.add_delivery_ids(id);
    return gateway_.events().RedriveDeliveries(Context().get(), request,
                                               &response);
  }
  v1::RedrivenDelivery Redrive(const std::string& id) {
    v1::RedriveDeliveriesResponse response;
    const grpc::Status status = Redrive({id}, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.deliveries_size(), 1);
    return response.deliveries_size() == 1 ? response.deliveries(0)
                                           : v1::RedrivenDelivery();
  }

  Gateway gateway_;
};

TEST_F(RedriveTest, AMessageToAnAccountThatHadNoChannelComesOnce) {
  const std::string id = Post(LateBody("mid.late"));
  EXPECT_THAT(LastDelivery(gateway_).issue(), HasSubstr(kLateAccount));
  gateway_.CreateChannel(LateChannel());
  const auto stream = gateway_.Subscribe(Gateway::From(v1::POSITION_LATEST));
  ASSERT_TRUE(stream->WaitForResponses(1));
  EXPECT_EQ(Redrive(id).event_count(), 1);
  ASSERT_TRUE(stream->WaitForCount(1));
  const v1::Event live = stream->events().front();
  EXPECT_EQ(live.type(), "message.received");
  EXPECT_EQ(live.channel_id(), kLateChannel);
  EXPECT_EQ(live.redrive_of(), id);
  EXPECT_EQ(live.delivery_id(), id);
  EXPECT_EQ(MessageOf(live).text(), "written early");
  for (const bool restarted : {false, true}) {
    if (restarted) gateway_.Restart();
    const v1::RedrivenDelivery again = Redrive(id);
    EXPECT_EQ(again.event_count(), 0);
    EXPECT_EQ(again.typed_count(), 1);
    const std::vector<v1::Event> events = gateway_.AllEvents();
    ASSERT_THAT(events, SizeIs(1));
    EXPECT_EQ(events[0].redrive_of(), id);
  }
  EXPECT_EQ(LastDelivery(gateway_).redriven_count(), 1);
  // Meta delivers it again.
  EXPECT_EQ(gateway_.Post(LateBody("mid.late")), 200);
  EXPECT_THAT(gateway_.AllEvents(), SizeIs(1));
}

TEST_F(RedriveTest, TheMessageIsFoundAndItsWindowIsThatOfItsTime) {
  const absl::Time written = absl::Now() - absl::Hours(30);
  const std::string id =
      Post(LateBody("mid.late", absl::ToUnixMillis(written)));
  gateway_.CreateChannel(LateChannel());
  ASSERT_EQ(Redrive(id).event_count(), 1);
  v1::GetMessageRequest get;
  get.set_channel_id(kLateChannel);
  get.set_mid("mid.late");
  v1::GetMessageResponse found;
  ASSERT_TRUE(
      gateway_.messaging().GetMessage(Context().get(), get, &found).ok());
  EXPECT_EQ(found.message().text(), "written early");
  v1::SendMessageRequest send;
  send.set_channel_id(kLateChannel);
  send.set_to(kUser);
  send.mutable_content()->set_text("too late");
  v1::SendMessageResponse sent;
  const grpc::Status status =
      gateway_.messaging().SendMessage(Context().get(), send, &sent);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "OUTSIDE_MESSAGING_WINDOW");
}

TEST_F(RedriveTest, WhatIsNotUnderstoodTodayAppendsNothing) {
  const std::string id = Post(absl::StrReplaceAll(
      Gateway::TextBody("mid.1", "x"), {{R"("message")", R"("telepathy")"}}));
  const v1::RedrivenDelivery told = Redrive(id);
  EXPECT_EQ(told.unknown_count(), 1);
  EXPECT_EQ(told.event_count(), 0);
  EXPECT_THAT(gateway_.AllEvents(), SizeIs(1));
}

// A message that is not understood has a mid all the same, and is taken back.
TEST_F(RedriveTest, WhatWasErasedStaysErased) {
  const std::string id = Post(absl::StrReplaceAll(
      Gateway::TextBody("mid.1", "x"), {{R"("text":"x")", R"("text":17)"}}));
  Post(absl::StrReplaceAll(Gateway::TextBody("mid.1", "x"),
                           {{R"("text":"x")", R"("is_deleted":true)"}}));
  EXPECT_EQ(Redrive(id).erased_count(), 1);
}

TEST_F(RedriveTest, EveryDeliveryIsAnsweredAndWrongIdsAreRefused) {
  const std::string known = Post(Gateway::TextBody("mid.1", "hello"));
  const std::string unknown = absl::StrCat("dlv_", std::string(32, '0'));
  v1::RedriveDeliveriesResponse response;
  ASSERT_TRUE(Redrive({unknown, known}, response).ok());
  ASSERT_EQ(response.deliveries_size(), 2);
  EXPECT_TRUE(response.deliveries(0).not_found());
  EXPECT_FALSE(response.deliveries(1).not_found());
  EXPECT_EQ(response.deliveries(1).typed_count(), 1);
  const grpc::Status status = Redrive({known, "evt_1", known}, response);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "INVALID_REQUEST");
  EXPECT_THAT(status.error_message(), HasSubstr("delivery_ids[1]"));
  EXPECT_THAT(status.error_message(), HasSubstr("delivery_ids[2]"));
}

// ---- Keys -------------------------------------------------------------------

class RedriveKeysTest : public AccessTest {
 protected:
  v1::RedrivenDelivery Redrive(const std::vector<std::string>& channels,
                               const std::string& id) {
    const KeyedClient client = Client(
        admin().CreateKey({v1::PERMISSION_MANAGE_CHANNELS}, channels).secret());
    v1::RedriveDeliveriesRequest request;
    request.add_delivery_ids(id);
    v1::RedriveDeliveriesResponse response;
    EXPECT_TRUE(
        client.events()
            .RedriveDeliveries(client.Context().get(), request, &response)
            .ok());
    EXPECT_EQ(response.deliveries_size(), 1);
    return response.deliveries_size() == 1 ? response.deliveries(0)
                                           : v1::RedrivenDelivery();
  }
};

TEST_F(RedriveKeysTest, AKeyRedrivesItsChannelsAlone) {
  ASSERT_EQ(gateway_.Post(LateBody("mid.late")), 200);
  CreateChannel(LateChannel());
  v1::ListDeliveriesResponse page;
  ASSERT_TRUE(
      admin().events().ListDeliveries(admin().Context().get(), {}, &page).ok());
  ASSERT_EQ(page.deliveries_size(), 1);
  const std::string& id = page.deliveries(0).id();
  EXPECT_TRUE(Redrive({kOtherChannel}, id).not_found());
  EXPECT_TRUE(Redrive({kLateChannel}, id).not_found())
      << "it came to the URL of another channel";
  EXPECT_EQ(Redrive({kChannel}, id).unknown_count(), 1)
      << "its item is another channel's";
  EXPECT_EQ(Redrive({kChannel, kLateChannel}, id).event_count(), 1);
}

// ---- The command-line client ------------------------------------------------

TEST_F(CliSendTest, DeliveriesAreRedriven) {
  ASSERT_EQ(gateway_.Post(LateBody("mid.late")), 200);
  gateway_.CreateChannel(LateChannel());
  const std::string id = LastDelivery(gateway_).id();
  Outcome outcome = RunCli({"deliveries", "redrive", id});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, absl::StrCat(id, ": 1 new event\n"));
  outcome = RunCli({"deliveries", "redrive", id,
                    absl::StrCat("dlv_", std::string(32, '0'))});
  EXPECT_EQ(outcome.status, 1) << "one is not found";
  EXPECT_THAT(outcome.out, HasSubstr(": 0 new events, 1 had one\n"));
  EXPECT_THAT(outcome.out, HasSubstr("NOT FOUND"));
  EXPECT_THAT(RunCli({"deliveries", "list"}).out, HasSubstr(", 1 redriven"));
}

}  // namespace
}  // namespace linktor::testing
