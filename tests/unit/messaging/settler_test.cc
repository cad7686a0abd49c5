#include "server/messaging/settler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/policy/content_match.h"
#include "tests/unit/messaging/sender_fixture.h"

namespace linktor::messaging {
namespace {

class SettlerTest : public SenderFixture {
 protected:
  // Sends a text of which nobody knows how it ended. Returns its id.
  std::string SendUnclear(const std::string& id) {
    EXPECT_THAT(SendTo(Text("one", id), FakeGraph::Unclear()),
                HasReason("SEND_OUTCOME_UNKNOWN"));
    return Message(id)->id();
  }
  absl::StatusOr<v1::Message> Resolve(const std::string& message_id,
                                      v1::MessageResolution resolution,
                                      const std::string& mid = "") {
    v1::ResolveMessageRequest request;
    request.set_channel_id("ch_1");
    request.set_message_id(message_id);
    request.set_resolution(resolution);
    request.set_mid(mid);
    return settler_->Resolve(request);
  }
  void Deliver(journal::ItemKind kind, const std::string& user,
               const std::string& mid) {
    journal::Record record = Webhook(kind, user, mid);
    journal::WebhookItem& item = *record.mutable_webhook()->mutable_items(0);
    v1::Event event;
    event.set_type(item.event().type());
    v1::Message& message = kind == journal::ITEM_KIND_ECHO
                               ? *event.mutable_message_echoed()
                               : *event.mutable_message_received();
    message.set_channel_id("ch_1");
    message.set_user_id(user);
    message.set_mid(mid);
    message.set_text("something else");
    message.set_direction(kind == journal::ITEM_KIND_ECHO
                              ? v1::MESSAGE_DIRECTION_OUTBOUND
                              : v1::MESSAGE_DIRECTION_INBOUND);
    message.set_origin(kind == journal::ITEM_KIND_ECHO
                           ? v1::MESSAGE_ORIGIN_ELSEWHERE
                           : v1::MESSAGE_ORIGIN_UNSPECIFIED);
    seal::NewKeys new_keys;
    item.mutable_event()->set_sealed(*sealer().Seal(
        {.channel_no = ChannelNo(), .user_id = user}, seal::SealedPlace::kEvent,
        item.event().id(), event.SerializeAsString(), new_keys));
    EXPECT_THAT(journal::AppendSealedAs<state::DeliveryAnswer>(
                    *journal_, std::move(new_keys), std::move(record)),
                IsOk());
  }
  absl::StatusOr<v1::Message> ByMid(const std::string& mid) {
    v1::GetMessageRequest request;
    request.set_channel_id("ch_1");
    request.set_mid(mid);
    return reader_->Find(request);
  }
};

TEST_F(SettlerTest, SentWithoutAMid) {
  const std::string id = SendUnclear("r1");
  const auto resolved = Resolve(id, v1::MESSAGE_RESOLUTION_SENT);
  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->state(), v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(resolved->settled_by(), v1::SETTLED_BY_CALLER);
  EXPECT_EQ(resolved->text(), "one");
  EXPECT_FALSE(resolved->has_send_time());
}

TEST_F(SettlerTest, NotSentMayBeSentAgainUnderItsRequestId) {
  const std::string id = SendUnclear("r1");
  const auto resolved = Resolve(id, v1::MESSAGE_RESOLUTION_NOT_SENT);
  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->state(), v1::MESSAGE_STATE_FAILED);
  EXPECT_EQ(resolved->error().reason(), "RESOLVED_NOT_SENT");
  const Result again = SendTo(Text("one", "r1"), FakeGraph::Took("mid.1"));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->message().id(), id);
}

TEST_F(SettlerTest, OnlyAnUnconfirmedMessageIsResolved) {
  ASSERT_THAT(SendTo(Text("one", "r1"), FakeGraph::Took("mid.1")), IsOk());
  const auto refused =
      Resolve(Message("r1")->id(), v1::MESSAGE_RESOLUTION_SENT);
  EXPECT_THAT(refused, HasReason("MESSAGE_NOT_UNCONFIRMED"));
  EXPECT_THAT(refused, HasMetadata("state", "MESSAGE_STATE_SENT"));
}

TEST_F(SettlerTest, EchoThatComesAfterTheResolutionIsNoSecondMessage) {
  const std::string id = SendUnclear("r1");
  const auto resolved = Resolve(id, v1::MESSAGE_RESOLUTION_SENT, "mid.1");
  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->mid(), "mid.1");
  clock_.Advance(absl::Minutes(1));
  Deliver(journal::ITEM_KIND_ECHO, "777", "mid.1");
  const auto found = ByMid("mid.1");
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->id(), id);
  EXPECT_EQ(found->echo_time().seconds(), 1'800'000'060);
}

TEST_F(SettlerTest, EchoThatCameBeforeTheResolutionIsTheMessages) {
  const std::string id = SendUnclear("r1");
  Deliver(journal::ITEM_KIND_ECHO, "777", "mid.1");
  EXPECT_NE(ByMid("mid.1")->id(), id);
  const auto resolved = Resolve(id, v1::MESSAGE_RESOLUTION_SENT, "mid.1");
  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->echo_time().seconds(), 1'800'000'000);
  EXPECT_EQ(ByMid("mid.1")->id(), id);
}

TEST_F(SettlerTest, MidOfAnotherMessageIsRefused) {
  const std::string id = SendUnclear("r1");
  ASSERT_THAT(SendTo(Text("two", "r2"), FakeGraph::Took("mid.sent")), IsOk());
  Deliver(journal::ITEM_KIND_MESSAGE, "777", "mid.theirs");
  Deliver(journal::ITEM_KIND_ECHO, "888", "mid.elsewhere");
  for (const char* mid : {"mid.sent", "mid.theirs", "mid.elsewhere"}) {
    const auto refused = Resolve(id, v1::MESSAGE_RESOLUTION_SENT, mid);
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument)) << mid;
    EXPECT_THAT(refused, HasReason("INVALID_REQUEST")) << mid;
  }
  EXPECT_EQ(StateOf("r1"), v1::MESSAGE_STATE_UNCONFIRMED);
}

TEST_F(SettlerTest, MissingChannelAndMessageAreNotFound) {
  const std::string id = FormatId(kMessagePrefix, NewRawId());
  EXPECT_THAT(Resolve(id, v1::MESSAGE_RESOLUTION_SENT),
              HasReason("MESSAGE_NOT_FOUND"));
  DeleteChannel("ch_1");
  EXPECT_THAT(Resolve(id, v1::MESSAGE_RESOLUTION_SENT),
              HasReason("CHANNEL_NOT_FOUND"));
}

// ---- Abandoned sends --------------------------------------------------------

TEST_F(SettlerTest, ClaimsOfOtherInstancesAreLeftAlone) {
  auto sent = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto pending = *state().PendingMessages();
  ASSERT_EQ(pending.size(), 1);
  // This start's own, and another instance's.
  ASSERT_THAT(settler_->SettleAbandoned(pending), IsOk());
  pending.front().instance = "12345678";
  pending.front().incarnation = 0;
  ASSERT_THAT(settler_->SettleAbandoned(pending), IsOk());
  EXPECT_EQ(StateOf("r1"), v1::MESSAGE_STATE_PENDING);
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(sent.get(), IsOk());
}

TEST_F(SettlerTest, AbandonedSendsAreSettledOnce) {
  (void)Begin("one", "r1");
  (void)graph_.Next();
  const auto pending = *state().PendingMessages();
  Restart();
  EXPECT_EQ(StateOf("r1"), v1::MESSAGE_STATE_UNCONFIRMED);
  ASSERT_THAT(Resolve(Message("r1")->id(), v1::MESSAGE_RESOLUTION_SENT),
              IsOk());
  ASSERT_THAT(settler_->SettleAbandoned(pending), IsOk());
  EXPECT_EQ(StateOf("r1"), v1::MESSAGE_STATE_SENT);
}

TEST_F(SettlerTest, StartThatCannotSettleSaysSo) {
  (void)Begin("one", "r1");
  (void)graph_.Next();
  Restart();
  const auto row = state().MessageByRequest(ChannelNo(), "r1");
  ASSERT_THAT(row, IsOk());
  ASSERT_TRUE(row->has_value());
  std::vector<state::MessageRow> pending{**row};
  pending.front().state = v1::MESSAGE_STATE_PENDING;
  gated_journal_.Refuse(GatedJournal::Outcomes,
                        absl::ResourceExhaustedError("full"));
  EXPECT_THAT(settler_->SettleAbandoned(pending),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace linktor::messaging
