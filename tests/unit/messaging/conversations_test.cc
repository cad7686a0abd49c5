#include "server/messaging/conversations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "google/protobuf/util/time_util.h"
#include "server/state/event_encoding.h"
#include "tests/support/proto_matchers.h"
#include "tests/unit/messaging/messaging_fixture.h"

namespace linktor::messaging {
namespace {

class ConversationsTest : public MessagingFixture {
 protected:
  absl::StatusOr<v1::Conversation> Get(const std::string& channel = "ch_1",
                                       const std::string& user = kUser) {
    v1::GetConversationRequest request;
    request.set_channel_id(channel);
    request.set_user_id(user);
    auto conversation = conversations_.Get(request);
    // The messages are looked at in a test of their own.
    if (conversation.ok()) {
      conversation->clear_last_inbound_message();
      conversation->clear_unanswered_count();
    }
    return conversation;
  }
  absl::StatusOr<v1::Conversation> SetOptOut(
      bool opted_out, const std::string& channel = "ch_1") {
    v1::UpdateConversationRequest request;
    request.mutable_conversation()->set_channel_id(channel);
    request.mutable_conversation()->set_user_id(kUser);
    request.mutable_conversation()->set_opted_out(opted_out);
    request.mutable_update_mask()->add_paths("opted_out");
    return conversations_.Update(request);
  }

  // The customer writes now.
  void Write() {
    journal::Record record =
        Webhook(journal::ITEM_KIND_MESSAGE, kUser, FormatId("", NewRawId()));
    record.mutable_webhook()->mutable_items(0)->set_opens_window(true);
    EXPECT_THAT(
        journal::AppendAs<state::DeliveryAnswer>(*journal_, std::move(record)),
        IsOk());
  }
  // The app is given control of the conversation now.
  void Give(const std::string& app_id) {
    journal::Record record = Webhook(journal::ITEM_KIND_OTHER, kUser, "");
    journal::WebhookItem& item = *record.mutable_webhook()->mutable_items(0);
    item.clear_mid_key();
    item.set_dedupe_key(NewRawId());
    item.set_names_owner(true);
    item.mutable_event()->set_type("instagram.handover");
    v1::Event event;
    *event.mutable_event_time() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(NowMs());
    event.mutable_handover()->set_action(v1::HANDOVER_ACTION_PASS);
    event.mutable_handover()->set_new_owner_app_id(app_id);
    seal::NewKeys new_keys;
    item.mutable_event()->set_sealed(*sealer().Seal(
        {.channel_no = ChannelNo(), .user_id = kUser},
        seal::SealedPlace::kEvent, item.event().id(),
        state::EncodeNewEvent(std::move(event)).stored, new_keys));
    EXPECT_THAT(journal::AppendSealedAs<state::DeliveryAnswer>(
                    *journal_, std::move(new_keys), std::move(record)),
                IsOk());
  }
  void Name(const std::string& name) {
    journal::Record record = journal::NewRecord(NowMs());
    journal::SetUsername& body = *record.mutable_set_username();
    body.set_channel_no(ChannelNo());
    body.set_user_id(kUser);
    seal::NewKeys new_keys;
    body.set_sealed_username(
        *sealer().Seal({.channel_no = ChannelNo(), .user_id = kUser},
                       seal::SealedPlace::kUsername, kUser, name, new_keys));
    EXPECT_THAT(journal::AppendSealedAs<state::ConversationAnswer>(
                    *journal_, std::move(new_keys), std::move(record)),
                IsOk());
  }

  events::EventLog log_{*folder_};
  MessageList messages_{*folder_, log_, *reader_, *registry_};
  Conversations conversations_{{.clock = clock_,
                                .state = state(),
                                .sealer = sealer(),
                                .journal = gated_journal_,
                                .registry = *registry_,
                                .messages = messages_,
                                .folder = *folder_,
                                .log = log_,
                                .events = folder_->events()}};
};

TEST_F(ConversationsTest, OneOfWhichNothingIsKnownIsNotFound) {
  const auto unknown = Get();
  EXPECT_THAT(unknown, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(unknown, HasReason("CONVERSATION_NOT_FOUND"));
  EXPECT_THAT(unknown, HasMetadata("channel_id", "ch_1"));
  EXPECT_THAT(unknown, HasMetadata("user_id", "777"));
}

TEST_F(ConversationsTest, TheWindowFollowsTheClock) {
  Write();
  EXPECT_EQ(Get()->window(), v1::MESSAGING_WINDOW_OPEN);
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(Get()->window(), v1::MESSAGING_WINDOW_HUMAN_AGENT);
  clock_.Advance(absl::Hours(24 * 6));
  EXPECT_EQ(Get()->window(), v1::MESSAGING_WINDOW_CLOSED);
}

TEST_F(ConversationsTest, TimesAreThoseOfTheLastMessage) {
  Write();
  clock_.Advance(absl::Seconds(90));
  Write();
  // The windows close 24 hours and 7 days after the message.
  EXPECT_THAT(*Get(), EqualsProto(R"pb(
    channel_id: 'ch_1'
    user_id: '777'
    last_inbound_time { seconds: 1800000090 }
    window_close_time { seconds: 1800086490 }
    human_agent_close_time { seconds: 1800604890 }
    window: MESSAGING_WINDOW_OPEN)pb"));
}

// The conversation is known through the handover alone.
TEST_F(ConversationsTest, AppInControlIsTold) {
  Give("1");
  clock_.Advance(absl::Seconds(90));
  Give("2");
  constexpr char kTold[] = R"pb(
    channel_id: 'ch_1'
    user_id: '777'
    thread_owner {
      app_id: '2'
      control_time { seconds: 1800000090 }
    })pb";
  EXPECT_THAT(*Get(), EqualsProto(kTold));
  EXPECT_THAT(*SetOptOut(false), EqualsProto(kTold));
}

TEST_F(ConversationsTest, AppInControlIsForgottenWithThePerson) {
  Give("1");
  v1::EraseUserRequest request;
  request.set_channel_id("ch_1");
  request.set_user_id(kUser);
  EXPECT_TRUE(conversations_.Erase(request)->found());
  EXPECT_THAT(Get(), HasReason("CONVERSATION_NOT_FOUND"));
  Write();
  EXPECT_FALSE(Get()->has_thread_owner());
}

// The conversation stays, because the person is known.
TEST_F(ConversationsTest, AppInControlIsUnknownWithoutItsEvent) {
  Give("1");
  // It is the third event, after that of the channel and that of the handover,
  // and the last event of the log is never deleted.
  Write();
  EXPECT_EQ(Get()->thread_owner().app_id(), "1");
  LetIdsRest();
  ASSERT_EQ(*state().OldestSeq(), 3);
  const auto later = Get();
  ASSERT_THAT(later, IsOk());
  EXPECT_FALSE(later->has_thread_owner());
  Give("2");
  EXPECT_EQ(Get()->thread_owner().app_id(), "2");
}

TEST_F(ConversationsTest, UsernameIsTold) {
  Name("ada.writes");
  EXPECT_EQ(Get()->username(), "ada.writes");
  EXPECT_THAT(Get("ch_1", "778"), HasReason("CONVERSATION_NOT_FOUND"));
}

TEST_F(ConversationsTest, OptOutHasItsTime) {
  clock_.Advance(absl::Milliseconds(250));
  const auto updated = SetOptOut(true);
  ASSERT_THAT(updated, IsOk());
  EXPECT_THAT(*updated, EqualsProto(R"pb(
    channel_id: 'ch_1'
    user_id: '777'
    opted_out: true
    opt_out_time { seconds: 1800000000 nanos: 250000000 })pb"));
  EXPECT_THAT(*Get(), EqualsProto(*updated));
}

TEST_F(ConversationsTest, RepeatedOptOutIsTheSame) {
  const auto first = SetOptOut(true);
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(*SetOptOut(true), EqualsProto(*first));
}

TEST_F(ConversationsTest, OptInAgainLeavesTheRest) {
  Write();
  Name("ada");
  const auto before = Get();
  ASSERT_THAT(before, IsOk());
  ASSERT_THAT(SetOptOut(true), IsOk());
  EXPECT_THAT(*SetOptOut(false), EqualsProto(*before));
  EXPECT_THAT(*Get(), EqualsProto(*before));
}

TEST_F(ConversationsTest, MissingChannelIsNotFound) {
  EXPECT_THAT(Get("nowhere"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Get("nowhere"), HasReason("CHANNEL_NOT_FOUND"));
  EXPECT_THAT(SetOptOut(true, "nowhere"), HasReason("CHANNEL_NOT_FOUND"));
}

// Between finding the channel and the record's turn in the journal.
TEST_F(ConversationsTest, ChannelDeletedMeanwhileIsNotFound) {
  gated_journal_.Hold();
  auto told =
      std::async(std::launch::async, [this] { return SetOptOut(true); });
  gated_journal_.WaitForKept();
  DeleteChannel("ch_1");
  gated_journal_.Release();
  EXPECT_THAT(told.get(), HasReason("CHANNEL_NOT_FOUND"));
}

}  // namespace
}  // namespace linktor::messaging
