// These tests call EraseUser, and DeleteChannel with erasure, over real
// sockets. unit/journal/erase_people_test.cc tests that nothing is left in the
// files.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kOther[] = "17849999999999";

class EraseTest : public ::testing::Test {
 protected:
  EraseTest() { gateway_.CreateChannel(); }

  grpc::Status EraseUser(v1::EraseUserResponse& response,
                         const std::string& channel = kChannel) {
    v1::EraseUserRequest request;
    request.set_channel_id(channel);
    request.set_user_id(kUser);
    return gateway_.messaging().EraseUser(Context().get(), request, &response);
  }
  bool Erase() {
    v1::EraseUserResponse response;
    const grpc::Status status = EraseUser(response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.found();
  }
  grpc::Status DeleteChannel(bool erase) {
    v1::DeleteChannelRequest request;
    request.set_channel_id(kChannel);
    request.set_erase(erase);
    v1::DeleteChannelResponse response;
    return gateway_.channels().DeleteChannel(Context().get(), request,
                                             &response);
  }
  grpc::Status Conversation() {
    v1::GetConversationRequest request;
    request.set_channel_id(kChannel);
    request.set_user_id(kUser);
    v1::GetConversationResponse response;
    return gateway_.messaging().GetConversation(Context().get(), request,
                                                &response);
  }
  std::vector<v1::Message> Messages() {
    v1::ListMessagesRequest request;
    request.set_channel_id(kChannel);
    v1::ListMessagesResponse response;
    EXPECT_TRUE(gateway_.messaging()
                    .ListMessages(Context().get(), request, &response)
                    .ok());
    return {response.messages().begin(), response.messages().end()};
  }
  static void ExpectErased(const v1::Event& event) {
    EXPECT_TRUE(event.erased());
    EXPECT_EQ(event.user_id(), "");
    EXPECT_EQ(event.raw_json(), "");
    EXPECT_EQ(event.payload_case(), v1::Event::PAYLOAD_NOT_SET);
  }
  // Waits until no stored event tells of anybody; fails the test when that is
  // too long.
  void AwaitNobody() {
    for (int tries = 0; tries < 2000; ++tries) {
      bool anybody = false;
      for (const v1::Event& event : gateway_.AllEvents()) {
        anybody = anybody || !event.erased();
      }
      if (!anybody) return;
    }
    FAIL() << "somebody is not erased";
  }

  Gateway gateway_;
};

TEST_F(EraseTest, APersonIsGoneFromEveryList) {
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "private words")), 200);
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.2", "of another", kOther)),
            200);
  grpc::Status status;
  const std::string message_id =
      gateway_.Send("an answer", "r1", status).message().id();
  ASSERT_TRUE(status.ok());
  // What comes after the erasure is of another conversation.
  const auto stream = gateway_.Subscribe(Gateway::From(v1::POSITION_EARLIEST));
  ASSERT_TRUE(stream->WaitFor([](const std::vector<v1::Event>& events) {
    return !events.empty() && events.back().has_message_echoed();
  }));
  EXPECT_TRUE(Erase());
  EXPECT_EQ(ErrorInfoOf(Conversation()).reason(), "CONVERSATION_NOT_FOUND");
  for (const v1::Message& message : Messages()) {
    if (message.user_id() == kOther) {
      EXPECT_EQ(message.text(), "of another");
      continue;
    }
    EXPECT_TRUE(message.erased());
    EXPECT_EQ(message.user_id(), "");
    EXPECT_EQ(message.text(), "");
    EXPECT_EQ(message.mid(), "");
  }
  int erased = 0;
  for (const v1::Event& event : gateway_.AllEvents()) {
    if (event.user_id() == kOther) continue;
    ExpectErased(event);
    ++erased;
  }
  EXPECT_GE(erased, 2);
  // What was sent is known by the request id, so that nothing is sent twice.
  const v1::Message sent = gateway_.GetByRequest("r1");
  EXPECT_EQ(sent.id(), message_id);
  EXPECT_EQ(sent.state(), v1::MESSAGE_STATE_SENT);
  EXPECT_TRUE(sent.erased());
  const int sends = gateway_.SendsReceived();
  EXPECT_TRUE(gateway_.Send("an answer", "r1", status).replayed());
  EXPECT_EQ(gateway_.SendsReceived(), sends);
  EXPECT_FALSE(Erase()) << "nothing is stored of them any more";
}

TEST_F(EraseTest, ARestartBringsNobodyBack) {
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "private words")), 200);
  EXPECT_TRUE(Erase());
  gateway_.Restart();
  EXPECT_EQ(ErrorInfoOf(Conversation()).reason(), "CONVERSATION_NOT_FOUND");
  const std::vector<v1::Event> events = gateway_.AllEvents();
  ASSERT_THAT(events, SizeIs(1));
  ExpectErased(events[0]);
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "private words")), 200);
  EXPECT_THAT(gateway_.AllEvents(), SizeIs(1)) << "it is a duplicate";
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.3", "it is me again")), 200);
  EXPECT_EQ(gateway_.GetConversation().last_inbound_message().text(),
            "it is me again");
}

// The ring has the events in the clear.
TEST_F(EraseTest, ASubscriberThatComesLaterGetsNoContent) {
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "private words")), 200);
  const auto before = gateway_.Subscribe(Gateway::From(v1::POSITION_EARLIEST));
  ASSERT_TRUE(before->WaitForCount(1));
  EXPECT_EQ(before->events()[0].message_received().text(), "private words");
  EXPECT_TRUE(Erase());
  auto request = Gateway::From(v1::POSITION_EARLIEST);
  request.set_include_raw(true);
  const auto after = gateway_.Subscribe(request);
  ASSERT_TRUE(after->WaitForCount(1));
  ExpectErased(after->events()[0]);
  EXPECT_EQ(after->events()[0].cursor(), before->events()[0].cursor());
  v1::ListEventsRequest theirs;
  theirs.add_user_ids(kUser);
  v1::ListEventsResponse list;
  ASSERT_TRUE(
      gateway_.events().ListEvents(Context().get(), theirs, &list).ok());
  EXPECT_THAT(list.events(), IsEmpty());
}

TEST_F(EraseTest, AnUnknownPersonIsNoError) { EXPECT_FALSE(Erase()); }

TEST_F(EraseTest, AnUnknownChannelIsRefused) {
  v1::EraseUserResponse response;
  EXPECT_EQ(ErrorInfoOf(EraseUser(response, "ch_nowhere")).reason(),
            "CHANNEL_NOT_FOUND");
  EXPECT_EQ(ErrorInfoOf(EraseUser(response, "no channel id!")).reason(),
            "INVALID_REQUEST");
}

TEST_F(EraseTest, AChannelIsErasedWithItsDeletion) {
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "private words")), 200);
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.2", "of another", kOther)),
            200);
  EXPECT_TRUE(DeleteChannel(/*erase=*/true).ok());
  AwaitNobody();
  // What told of its creation goes some records later: its name may be a
  // person's.
  std::vector<v1::Event> told;
  for (int tries = 0; tries < 2000; ++tries) {
    const auto stream =
        gateway_.Subscribe(Gateway::From(v1::POSITION_EARLIEST));
    ASSERT_TRUE(stream->WaitForChannelEvents(2));
    told = stream->channel_events();
    if (told[0].erased()) break;
  }
  ASSERT_THAT(told, SizeIs(2));
  ExpectErased(told[0]);
  EXPECT_TRUE(told[1].channel_deleted().erase());
}

TEST_F(EraseTest, AChannelThatIsDeletedCanBeErasedLater) {
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "private words")), 200);
  EXPECT_TRUE(DeleteChannel(/*erase=*/false).ok());
  EXPECT_EQ(gateway_.AllEvents()[0].message_received().text(), "private words");
  EXPECT_EQ(ErrorInfoOf(DeleteChannel(/*erase=*/false)).reason(),
            "CHANNEL_NOT_FOUND");
  EXPECT_TRUE(DeleteChannel(/*erase=*/true).ok());
  AwaitNobody();
}

TEST_F(EraseTest, APersonOfADeletedChannelIsErased) {
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "private words")), 200);
  EXPECT_TRUE(DeleteChannel(/*erase=*/false).ok());
  EXPECT_TRUE(Erase());
  ExpectErased(gateway_.AllEvents()[0]);
}

// ---- What happens to channels -----------------------------------------------

TEST_F(EraseTest, EachChangeOfAChannelIsAnEvent) {
  v1::UpdateChannelRequest update;
  update.mutable_channel()->set_id(kChannel);
  update.mutable_channel()->set_name("The Shop");
  update.mutable_update_mask()->add_paths("name");
  v1::UpdateChannelResponse updated;
  ASSERT_TRUE(gateway_.channels()
                  .UpdateChannel(Context().get(), update, &updated)
                  .ok());
  v1::SetChannelCredentialsRequest credentials;
  credentials.set_channel_id(kChannel);
  credentials.set_access_token("another-access-token");
  v1::SetChannelCredentialsResponse set;
  ASSERT_TRUE(gateway_.channels()
                  .SetChannelCredentials(Context().get(), credentials, &set)
                  .ok());
  EXPECT_TRUE(DeleteChannel(/*erase=*/false).ok());
  auto request = Gateway::From(v1::POSITION_EARLIEST);
  request.add_channel_ids(kChannel);
  const auto stream = gateway_.Subscribe(request);
  ASSERT_TRUE(stream->WaitForChannelEvents(4));
  const std::vector<v1::Event> told = stream->channel_events();
  ASSERT_THAT(told, SizeIs(4));
  EXPECT_EQ(told[0].channel_created().channel().id(), kChannel);
  EXPECT_NE(told[0].channel_created().channel().uid(), "");
  EXPECT_EQ(told[1].channel_updated().channel().name(), "The Shop");
  EXPECT_EQ(told[1].channel_updated().channel().etag(),
            updated.channel().etag());
  EXPECT_EQ(told[2].channel_updated().channel().etag(), set.channel().etag());
  // Whoever reads events need not be allowed to manage channels.
  EXPECT_EQ(told[2].channel_updated().channel().access_token_fingerprint(), "");
  EXPECT_TRUE(told[2].channel_updated().channel().app_secrets().empty());
  const v1::ChannelChange& deleted = told[3].channel_deleted();
  EXPECT_EQ(deleted.channel().uid(), told[0].channel_created().channel().uid());
  EXPECT_EQ(deleted.channel().instagram_account_id(), kAccount);
  EXPECT_FALSE(deleted.erase());
  for (const v1::Event& event : told) {
    EXPECT_EQ(event.channel_id(), kChannel);
    EXPECT_EQ(event.user_id(), "");
    EXPECT_TRUE(event.has_receive_time());
    EXPECT_NE(event.cursor(), "");
  }
}

// A repeated creation is none, and so is a change that was refused.
TEST_F(EraseTest, WhatChangesNothingIsNoEvent) {
  v1::CreateChannelRequest again = Gateway::DefaultChannel();
  v1::CreateChannelResponse created;
  EXPECT_FALSE(
      gateway_.channels().CreateChannel(Context().get(), again, &created).ok());
  v1::UpdateChannelRequest update;
  update.mutable_channel()->set_id(kChannel);
  update.mutable_channel()->set_name("The Shop");
  update.mutable_channel()->set_etag("an old one");
  update.mutable_update_mask()->add_paths("name");
  v1::UpdateChannelResponse updated;
  EXPECT_FALSE(gateway_.channels()
                   .UpdateChannel(Context().get(), update, &updated)
                   .ok());
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "the last event")), 200);
  const auto stream = gateway_.Subscribe(Gateway::From(v1::POSITION_EARLIEST));
  ASSERT_TRUE(stream->WaitForCount(1));
  EXPECT_THAT(stream->channel_events(), SizeIs(1));
}

}  // namespace
}  // namespace linktor::testing
