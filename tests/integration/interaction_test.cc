// What customers do beside writing text, played by the emulator: every event
// kind of the contract arrives typed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "absl/strings/str_cat.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

using emulator::CustomerEvent;

class InteractionTest : public ::testing::Test {
 protected:
  InteractionTest() {
    gateway_.CreateChannel();
    // The last event is then the customer's.
    gateway_.instagram().Configure({.hold_echoes = true});
  }

  // Plays it, and returns the event it became.
  v1::Event Play(CustomerEvent event) {
    const auto played = gateway_.instagram().Play(std::move(event));
    EXPECT_TRUE(played.ok()) << played.status();
    EXPECT_EQ(played->webhook.status, 200);
    const std::vector<v1::Event> events = gateway_.AllEvents();
    return events.empty() ? v1::Event() : events.back();
  }

  // A tap on what the gateway has offered.
  v1::Event Tap(const std::string& title) {
    auto tap = gateway_.instagram().Tapped({.from = kUser, .title = title});
    EXPECT_TRUE(tap.ok()) << tap.status();
    return Play(*std::move(tap));
  }

  v1::Message Send(const v1::MessageContent& content) {
    v1::SendMessageRequest request;
    request.set_channel_id(kChannel);
    request.set_to(kUser);
    *request.mutable_content() = content;
    v1::SendMessageResponse response;
    const grpc::Status status =
        gateway_.messaging().SendMessage(Context().get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.message();
  }

  v1::Message GetById(const std::string& id) {
    v1::GetMessageRequest request;
    request.set_channel_id(kChannel);
    request.set_message_id(id);
    v1::GetMessageResponse response;
    const grpc::Status status =
        gateway_.messaging().GetMessage(Context().get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.message();
  }

  void SetIceBreaker(const std::string& question, const std::string& payload) {
    v1::SetIceBreakersRequest request;
    request.set_channel_id(kChannel);
    v1::IceBreaker* one = request.add_ice_breakers();
    one->set_question(question);
    one->set_payload(payload);
    v1::SetIceBreakersResponse response;
    ASSERT_TRUE(gateway_.channels()
                    .SetIceBreakers(Context().get(), request, &response)
                    .ok());
  }

  Gateway gateway_;
};

TEST_F(InteractionTest, QuickReplyOfAMessageOfOurs) {
  v1::MessageContent content;
  content.set_text("Which size?");
  v1::QuickReply* reply = content.add_quick_replies();
  reply->set_title("Large");
  reply->set_payload("size:l");
  (void)Send(content);
  const v1::Event event = Tap("Large");
  EXPECT_EQ(event.type(), "instagram.quick_reply");
  EXPECT_EQ(event.quick_reply().payload(), "size:l");
  EXPECT_EQ(event.quick_reply().text(), "Large");
  EXPECT_EQ(event.quick_reply().message().direction(),
            v1::MESSAGE_DIRECTION_INBOUND);
}

TEST_F(InteractionTest, ButtonOfATemplateOfOurs) {
  v1::MessageContent content;
  v1::TemplateElement* element =
      content.mutable_template_()->mutable_generic()->add_elements();
  element->set_title("Summer Collection");
  v1::TemplateButton* button = element->add_buttons();
  button->set_title("Learn More");
  button->set_payload("SUMMER_INFO");
  (void)Send(content);
  const v1::Event event = Tap("Learn More");
  EXPECT_EQ(event.type(), "instagram.postback");
  EXPECT_EQ(event.postback().payload(), "SUMMER_INFO");
  EXPECT_EQ(event.postback().title(), "Learn More");
  EXPECT_FALSE(event.postback().from_ice_breaker());
}

TEST_F(InteractionTest, IceBreakerSaysSoAlsoAfterARestartAndAChange) {
  SetIceBreaker("When are you open?", "HOURS");
  const v1::Event event = Tap("When are you open?");
  EXPECT_EQ(event.type(), "instagram.postback");
  EXPECT_TRUE(event.postback().from_ice_breaker());
  EXPECT_EQ(event.postback().title(), "When are you open?");
  EXPECT_EQ(event.postback().payload(), "HOURS");
  // One that a customer still has on the screen.
  SetIceBreaker("Where are you?", "PLACE");
  gateway_.Restart();
  EXPECT_TRUE(
      Play(emulator::PostbackEvent(kUser, "When are you open?", "HOURS"))
          .postback()
          .from_ice_breaker());
  EXPECT_TRUE(Tap("Where are you?").postback().from_ice_breaker());
}

// Set in Meta's own tools, then read through this server.
TEST_F(InteractionTest, IceBreakersThatWereReadAreKnown) {
  SetIceBreaker("When are you open?", "HOURS");
  v1::CreateChannelRequest other = Gateway::DefaultChannel();
  v1::DeleteChannelRequest remove;
  remove.set_channel_id(kChannel);
  v1::DeleteChannelResponse removed;
  ASSERT_TRUE(gateway_.channels()
                  .DeleteChannel(Context().get(), remove, &removed)
                  .ok());
  other.mutable_channel()->set_id("ch_again");
  gateway_.CreateChannel(other);
  gateway_.instagram().Configure(
      {.webhook_url = absl::StrCat("http://", gateway_.server().webhook(),
                                   "/webhooks/instagram/ch_again")});
  EXPECT_FALSE(Tap("When are you open?").postback().from_ice_breaker());
  v1::GetIceBreakersRequest request;
  request.set_channel_id("ch_again");
  v1::GetIceBreakersResponse response;
  ASSERT_TRUE(gateway_.channels()
                  .GetIceBreakers(Context().get(), request, &response)
                  .ok());
  ASSERT_EQ(response.ice_breakers_size(), 1);
  EXPECT_TRUE(Tap("When are you open?").postback().from_ice_breaker());
}

TEST_F(InteractionTest, ReactionNamesOurMessage) {
  v1::MessageContent content;
  content.set_text("Done!");
  const v1::Message sent = Send(content);
  const v1::Event event =
      Play(emulator::ReactionEvent(kUser, sent.mid(), "love"));
  EXPECT_EQ(event.type(), "instagram.reaction");
  EXPECT_EQ(event.reaction().message_id(), sent.id());
  EXPECT_EQ(event.reaction().mid(), sent.mid());
  EXPECT_EQ(event.reaction().reaction(), "love");
  EXPECT_EQ(event.reaction().action(), "react");
  EXPECT_EQ(event.reaction().emoji(), "\u2764");
  const v1::Event taken = Play(emulator::UnreactEvent(kUser, sent.mid()));
  EXPECT_EQ(taken.reaction().message_id(), sent.id());
  EXPECT_EQ(taken.reaction().action(), "unreact");
  EXPECT_EQ(taken.reaction().reaction(), "");
  EXPECT_FALSE(gateway_.GetConversation().has_last_inbound_time());
}

TEST_F(InteractionTest, ReactionWithAnyEmoji) {
  const v1::Event event =
      Play(emulator::ReactionEvent(kUser, "m_1", "other", "\U0001F984"));
  EXPECT_EQ(event.reaction().reaction(), "other");
  EXPECT_EQ(event.reaction().emoji(), "\U0001F984");
}

TEST_F(InteractionTest, StoriesAndProducts) {
  const v1::Event mention =
      Play(emulator::StoryMentionEvent(kUser, "https://e.x/story.jpg"));
  EXPECT_EQ(mention.type(), "instagram.story_mention");
  EXPECT_EQ(mention.story_mention().media_url(), "https://e.x/story.jpg");
  EXPECT_EQ(mention.story_mention().media_expire_time().seconds(),
            mention.event_time().seconds() + 24 * 60 * 60);
  const v1::Event reply = Play(emulator::StoryReplyEvent(
      kUser, "Love this!", "story_1", "https://e.x/our.jpg"));
  EXPECT_EQ(reply.type(), "instagram.story_reply");
  EXPECT_EQ(reply.story_reply().story_id(), "story_1");
  EXPECT_EQ(reply.story_reply().reply_text(), "Love this!");
  const v1::Event share = Play(emulator::ProductShareEvent(
      kUser, {{{"id", "p1"}, {"title", "Summer Dress"}}}));
  EXPECT_EQ(share.type(), "instagram.product_share");
  EXPECT_EQ(share.product_share().products(0).name(), "Summer Dress");
  const v1::Event question =
      Play(emulator::ProductQuestionEvent(kUser, "Still there?", "p2"));
  EXPECT_EQ(question.type(), "message.received");
  EXPECT_EQ(question.message_received().referral().product_id(), "p2");
  EXPECT_EQ(question.message_received().text(), "Still there?");
  EXPECT_TRUE(gateway_.GetConversation().has_window_close_time());
}

TEST_F(InteractionTest, ReferralAloneIsAnEventThatOpensNoWindow) {
  const v1::Event event = Play(
      emulator::ReferralEvent(kUser, {{"ref", "flyer7"}, {"source", "IG_ME"}}));
  EXPECT_EQ(event.type(), "instagram.referral");
  EXPECT_EQ(event.user_id(), kUser);
  EXPECT_EQ(event.referral().ref(), "flyer7");
  EXPECT_EQ(event.referral().source(), "IG_ME");
  EXPECT_FALSE(gateway_.GetConversation().has_window_close_time());
}

TEST_F(InteractionTest, ReferralWithinATapIsAFieldOfIt) {
  CustomerEvent tap = emulator::PostbackEvent(kUser, "More", "MORE");
  tap.value["referral"] = {{"ref", "summer"}, {"ad_id", "120"}};
  const v1::Event event = Play(std::move(tap));
  EXPECT_EQ(event.type(), "instagram.postback");
  EXPECT_EQ(event.postback().referral().ad_id(), "120");
  EXPECT_EQ(gateway_.AllEvents().size(), 1U);
}

// ---- What is no message ----------------------------------------------------

TEST_F(InteractionTest, WhatIsAboutAMessageArrivesTyped) {
  const v1::Event written =
      Play(emulator::MessageEvent({.from = kUser, .text = "In M?"}));
  const v1::Message& message = written.message_received();
  const v1::Event edit =
      Play(emulator::EditEvent(kUser, message.mid(), "In L?", 1));
  EXPECT_EQ(edit.type(), "message.edited");
  EXPECT_EQ(edit.user_id(), kUser);
  EXPECT_EQ(edit.message_edited().message_id(), message.id());
  EXPECT_EQ(edit.message_edited().text(), "In L?");
  EXPECT_EQ(edit.message_edited().num_edit(), 1);
  const v1::Event read = Play(emulator::ReadEvent(kUser, "m_1"));
  EXPECT_EQ(read.type(), "message.read");
  EXPECT_EQ(read.message_read().mid(), "m_1");
  EXPECT_THAT(read.message_read().message_id(), ::testing::StartsWith("msg_"));
  EXPECT_EQ(read.message_read().direction(), v1::MESSAGE_DIRECTION_INBOUND);
  const v1::Event feedback =
      Play(emulator::FeedbackEvent(kUser, "m_1", /*positive=*/true));
  EXPECT_EQ(feedback.type(), "instagram.feedback");
  EXPECT_EQ(feedback.feedback().message_id(), read.message_read().message_id());
  EXPECT_TRUE(feedback.feedback().positive());
}

// ---- What changes a message -------------------------------------------------

TEST_F(InteractionTest, EditReactionAndReadAreOnTheMessage) {
  const v1::Message written =
      Play(emulator::MessageEvent({.from = kUser, .text = "In M?"}))
          .message_received();
  (void)Play(emulator::EditEvent(kUser, written.mid(), "In L?", 1));
  (void)Play(emulator::ReactionEvent(kUser, written.mid(), "love"));
  v1::Message message = GetById(written.id());
  EXPECT_EQ(message.text(), "In L?");
  EXPECT_EQ(message.edit_count(), 1);
  EXPECT_TRUE(message.has_edit_time());
  ASSERT_EQ(message.reactions_size(), 1);
  EXPECT_EQ(message.reactions(0).reaction(), "love");
  EXPECT_EQ(message.reactions(0).direction(), v1::MESSAGE_DIRECTION_INBOUND);
  EXPECT_FALSE(message.has_read_time());
  (void)Play(emulator::UnreactEvent(kUser, written.mid()));
  // After a restart, the message comes from the disk. It must say the same.
  gateway_.Restart();
  message = GetById(written.id());
  EXPECT_EQ(message.text(), "In L?");
  EXPECT_EQ(message.reactions_size(), 0);

  v1::MessageContent content;
  content.set_text("Yes");
  const v1::Message sent = Send(content);
  (void)Play(emulator::ReadEvent(kUser, sent.mid()));
  (void)Play(emulator::ReactionEvent(kUser, sent.mid(), "like"));
  message = GetById(sent.id());
  EXPECT_TRUE(message.has_read_time());
  EXPECT_EQ(message.reactions_size(), 1);
  EXPECT_EQ(message.text(), "Yes");
}

// Meta delivers in any order.
TEST_F(InteractionTest, WhatComesBeforeItsMessageChangesItAllTheSame) {
  (void)Play(emulator::ReactionEvent(kUser, "mid.late", "wow"));
  (void)Play(emulator::EditEvent(kUser, "mid.late", "third", 2));
  (void)Play(emulator::EditEvent(kUser, "mid.late", "second", 1));
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.late", "first")), 200);
  v1::GetMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_mid("mid.late");
  v1::GetMessageResponse response;
  ASSERT_TRUE(gateway_.messaging()
                  .GetMessage(Context().get(), request, &response)
                  .ok());
  EXPECT_EQ(response.message().text(), "third");
  EXPECT_EQ(response.message().edit_count(), 2);
  EXPECT_EQ(response.message().reactions_size(), 1);
}

// ---- What is taken back ----------------------------------------------------

TEST_F(InteractionTest, UnsendErasesTheMessageWithItsEdits) {
  const v1::Event written =
      Play(emulator::MessageEvent({.from = kUser, .text = "canary one"}));
  const std::string mid = written.message_received().mid();
  const std::string id = written.message_received().id();
  (void)Play(emulator::EditEvent(kUser, mid, "canary two", 1));
  const v1::Event unsend = Play(emulator::UnsendEvent(kUser, mid));
  EXPECT_EQ(unsend.type(), "message.unsent");
  EXPECT_EQ(unsend.message_unsent().message_id(), id);
  EXPECT_EQ(unsend.message_unsent().direction(), v1::MESSAGE_DIRECTION_INBOUND);
  // Without a restart, events come from memory; after it, from the disk.
  // Neither has the text.
  for (const bool restarted : {false, true}) {
    if (restarted) gateway_.Restart();
    const auto events = gateway_.AllEvents();
    ASSERT_EQ(events.size(), 3U);
    for (const v1::Event& event : events) {
      EXPECT_THAT(event.DebugString(),
                  ::testing::Not(::testing::HasSubstr("canary")));
    }
    const v1::Message left = GetById(id);
    EXPECT_EQ(left.state(), v1::MESSAGE_STATE_RETRACTED);
    EXPECT_EQ(left.mid(), mid);
    EXPECT_EQ(left.text(), "");
    EXPECT_TRUE(left.has_retract_time());
  }
  EXPECT_TRUE(gateway_.GetConversation().has_window_close_time())
      << "they have written all the same";
}

TEST_F(InteractionTest, UnsendOfOurSendIsKnownByItsId) {
  (void)Play(emulator::MessageEvent({.from = kUser, .text = "Hi"}));
  v1::MessageContent content;
  content.set_text("canary");
  const v1::Message sent = Send(content);
  ASSERT_EQ(sent.state(), v1::MESSAGE_STATE_SENT);
  (void)Play(emulator::ReactionEvent(kUser, sent.mid(), "love"));
  const v1::Event told = Play(emulator::UnsendEvent(kUser, sent.mid()));
  EXPECT_EQ(told.message_unsent().message_id(), sent.id());
  const v1::Message left = GetById(sent.id());
  EXPECT_EQ(left.state(), v1::MESSAGE_STATE_RETRACTED);
  EXPECT_EQ(left.text(), "");
  EXPECT_EQ(left.reactions_size(), 0);
  // The reaction has none of the message's content.
  v1::SubscribeEventsRequest request = Gateway::From(v1::POSITION_EARLIEST);
  request.add_types("instagram.reaction");
  const auto stream = gateway_.Subscribe(request);
  ASSERT_TRUE(stream->WaitForCount(1));
  EXPECT_EQ(stream->events()[0].reaction().reaction(), "love");
}

// Instagram leaves the parties out at times.
TEST_F(InteractionTest, ReadAndEditOfNobodyArriveTyped) {
  const v1::Event read = Play(emulator::ReadEvent("", "m_1"));
  EXPECT_EQ(read.type(), "message.read");
  EXPECT_EQ(read.user_id(), "");
  const v1::Event edit = Play(emulator::EditEvent("", "m_1", "In L?", 2));
  EXPECT_EQ(edit.type(), "message.edited");
  EXPECT_EQ(edit.user_id(), "");
  EXPECT_EQ(edit.message_edited().text(), "In L?");
}

// A send has an id before Instagram knows it.
TEST_F(InteractionTest, ReadOfASendNamesTheSend) {
  (void)Play(emulator::MessageEvent({.from = kUser, .text = "Hi"}));
  v1::MessageContent content;
  content.set_text("Hello");
  const v1::Message sent = Send(content);
  const v1::Event read = Play(emulator::ReadEvent(kUser, ""));
  EXPECT_EQ(read.message_read().mid(), sent.mid());
  EXPECT_EQ(read.message_read().message_id(), sent.id());
}

TEST_F(InteractionTest, WhatIsAboutTheConversationArrivesTyped) {
  const v1::Event optin = Play(
      emulator::OptinEvent(kUser, {{"type", "notification_messages"},
                                   {"title", "Deals"},
                                   {"token_expiry_timestamp", 1'735'689'600}}));
  EXPECT_EQ(optin.type(), "instagram.optin");
  EXPECT_EQ(optin.optin().title(), "Deals");
  EXPECT_EQ(optin.optin().token_expire_time().seconds(), 1'735'689'600);
  const v1::Event handover = Play(emulator::HandoverEvent(
      kUser, "pass_thread_control", {{"new_owner_app_id", "2"}}));
  EXPECT_EQ(handover.type(), "instagram.handover");
  EXPECT_EQ(handover.handover().action(), v1::HANDOVER_ACTION_PASS);
  EXPECT_EQ(handover.handover().new_owner_app_id(), "2");
  Play(emulator::HandoverEvent(kUser, "request_thread_control",
                               {{"requested_owner_app_id", "3"}}));
  const v1::ThreadOwner owner = gateway_.GetConversation().thread_owner();
  EXPECT_EQ(owner.app_id(), "2") << "a wish for control gives none";
  EXPECT_EQ(owner.control_time().seconds(), handover.event_time().seconds());
  const v1::Event roles = Play(emulator::HandoverEvent(
      "", "app_roles", {{"2", emulator::json::array{"primary_receiver"}}}));
  EXPECT_EQ(roles.handover().action(), v1::HANDOVER_ACTION_APP_ROLES);
  EXPECT_EQ(roles.handover().roles(0).app_id(), "2");
  EXPECT_EQ(roles.user_id(), "");
  const v1::Event policy = Play(emulator::PolicyEvent(
      {{"action", "block"}, {"reason", "too many messages"}}));
  EXPECT_EQ(policy.type(), "instagram.policy_enforcement");
  EXPECT_EQ(policy.policy_enforcement().reason(), "too many messages");
  EXPECT_FALSE(gateway_.GetConversation().has_window_close_time());
}

TEST_F(InteractionTest, ChangesArriveTypedAndOpenNoWindow) {
  for (const bool live : {false, true}) {
    const v1::Event event = Play(emulator::CommentEvent(
        kUser, "someone", {{"id", "9"}, {"text", "How much?"}}, live));
    EXPECT_EQ(event.type(),
              live ? "instagram.live_comment" : "instagram.comment");
    EXPECT_EQ(event.user_id(), kUser);
    EXPECT_FALSE(event.has_event_time());
    const v1::Comment& comment = live ? event.live_comment() : event.comment();
    EXPECT_EQ(comment.id(), "9");
    EXPECT_EQ(comment.text(), "How much?");
    EXPECT_EQ(comment.username(), "someone");
    EXPECT_EQ(comment.live(), live);
    EXPECT_EQ(comment.direction(), v1::MESSAGE_DIRECTION_INBOUND);
  }
  const v1::Event own =
      Play(emulator::CommentEvent(kAccount, "shop", {{"id", "10"}}));
  EXPECT_EQ(own.user_id(), "");
  EXPECT_EQ(own.comment().direction(), v1::MESSAGE_DIRECTION_OUTBOUND);
  const v1::Event mention =
      Play(emulator::MentionEvent({{"media_id", "7"}, {"comment_id", "9"}}));
  EXPECT_EQ(mention.type(), "instagram.mention");
  EXPECT_EQ(mention.mention().media_id(), "7");
  EXPECT_EQ(mention.mention().comment_id(), "9");
  const v1::Event insights = Play(emulator::StoryInsightsEvent(
      {{"media_id", "7"}, {"reach", 44}, {"replies", -1}}));
  EXPECT_EQ(insights.type(), "instagram.story_insights");
  EXPECT_EQ(insights.story_insights().reach(), 44);
  EXPECT_EQ(insights.story_insights().replies(), -1);
  EXPECT_FALSE(gateway_.GetConversation().has_window_close_time());
}

// All that are messages can be got by their ids.
TEST_F(InteractionTest, SpecialMessagesAreFoundByTheirMid) {
  const v1::Event event = Play(emulator::QuickReplyEvent(kUser, "L", "size:l"));
  v1::GetMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_mid(event.quick_reply().message().mid());
  v1::GetMessageResponse response;
  ASSERT_TRUE(gateway_.messaging()
                  .GetMessage(Context().get(), request, &response)
                  .ok());
  EXPECT_EQ(response.message().id(), event.quick_reply().message().id());
}

TEST_F(InteractionTest, RedeliveriesOfEachKindAreOneEvent) {
  std::vector<CustomerEvent> all = {
      emulator::QuickReplyEvent(kUser, "L", "size:l"),
      emulator::PostbackEvent(kUser, "More", "MORE"),
      emulator::ReactionEvent(kUser, "m_1", "love"),
      emulator::UnreactEvent(kUser, "m_1"),
      emulator::StoryMentionEvent(kUser, "https://e.x/story.jpg"),
      emulator::StoryReplyEvent(kUser, "!", "story_1", "https://e.x/our.jpg"),
      emulator::ProductQuestionEvent(kUser, "?", "p2"),
      emulator::ReferralEvent(kUser, {{"ref", "flyer7"}}),
      emulator::ReadEvent(kUser, "m_1"),
      emulator::EditEvent(kUser, "m_1", "!", 1),
      emulator::FeedbackEvent(kUser, "m_1", /*positive=*/false),
      emulator::OptinEvent(kUser, {{"type", "notification_messages"}}),
      emulator::HandoverEvent(kUser, "take_thread_control",
                              {{"new_owner_app_id", "2"}}),
      emulator::PolicyEvent({{"action", "unblock"}}),
      emulator::CommentEvent(kUser, "someone", {{"id", "9"}}),
      emulator::CommentEvent(kUser, "someone", {{"id", "9"}}, /*live=*/true),
      emulator::MentionEvent({{"media_id", "7"}}),
      emulator::StoryInsightsEvent({{"media_id", "7"}, {"reach", 44}})};
  std::size_t count = 0;
  for (CustomerEvent& event : all) {
    event.time = absl::FromUnixMillis(1'700'000'000'000);
    if (event.mid.empty() && emulator::IsMessage(event)) {
      event.mid = absl::StrCat("mid_", count);
    }
    ++count;
    for (const bool standby : {false, true, false}) {
      event.standby = standby;
      (void)Play(event);
      EXPECT_EQ(gateway_.AllEvents().size(), count) << event.kind;
    }
  }
}

// ---- User names ------------------------------------------------------------

TEST_F(InteractionTest, UserNameIsKnownFromTheSecondMessageOnAndOverARestart) {
  ASSERT_TRUE(gateway_.instagram()
                  .ChangeUser(kUser, {.username = "customer_user"})
                  .ok());
  ASSERT_TRUE(gateway_.instagram().PlayText(kUser, "one").ok());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (gateway_.GetConversation().username().empty() &&
         std::chrono::steady_clock::now() < end) {
  }
  EXPECT_EQ(gateway_.GetConversation().username(), "customer_user");
  ASSERT_TRUE(gateway_.instagram().PlayText(kUser, "two").ok());
  gateway_.Restart();
  ASSERT_TRUE(gateway_.instagram().PlayText(kUser, "three").ok());
  const std::vector<v1::Event> events = gateway_.AllEvents();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].username(), "");
  EXPECT_EQ(events[1].username(), "customer_user");
  EXPECT_EQ(events[2].username(), "customer_user");
}

// However Instagram answers about the name, the webhook is answered at once.
TEST_F(InteractionTest, AskingForANameHoldsUpNoWebhook) {
  ASSERT_TRUE(gateway_.instagram()
                  .AddFault({.on = "user_profile",
                             .kind = emulator::FaultKind::kDelay,
                             .times = 0,
                             .delay = absl::Seconds(60)})
                  .ok());
  ASSERT_TRUE(gateway_.instagram().PlayText(kUser, "one").ok());
  ASSERT_TRUE(gateway_.instagram().PlayText(kUser, "two").ok());
  EXPECT_EQ(gateway_.AllEvents().size(), 2U);
}

}  // namespace
}  // namespace linktor::testing
