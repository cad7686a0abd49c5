#include "server/messaging/sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "server/policy/content_match.h"
#include "server/policy/window.h"
#include "tests/unit/messaging/sender_fixture.h"

namespace linktor::messaging {
namespace {

class SenderTest : public SenderFixture {
 protected:
  static v1::SendMessageRequest Image(const std::string& id) {
    v1::SendMessageRequest request = Text("", id);
    request.mutable_content()->mutable_image()->set_url(
        absl::StrCat("https://example.com/", id, ".jpg"));
    return request;
  }
  // The customer is shown that picture.
  void EchoPicture(const std::string& mid) {
    journal::Record record = Webhook(journal::ITEM_KIND_ECHO, "777", mid);
    v1::Message echo;
    v1::Attachment& picture = *echo.add_attachments();
    picture.set_type("image");
    picture.set_url("https://cdn.example.com/" + mid);
    record.mutable_webhook()->mutable_items(0)->set_content_match(
        sealer().ContentMatch({.channel_no = ChannelNo(), .user_id = "777"},
                              policy::MatchTextOf(echo)));
    EXPECT_THAT(
        journal::AppendAs<state::DeliveryAnswer>(*journal_, std::move(record)),
        IsOk());
  }
  void SetOptOut() {
    journal::Record record = journal::NewRecord(NowMs());
    journal::SetOptOut& body = *record.mutable_set_opt_out();
    body.set_channel_no(ChannelNo());
    body.set_user_id("777");
    body.set_opted_out(true);
    EXPECT_THAT(journal::AppendAs<state::ConversationAnswer>(*journal_,
                                                             std::move(record)),
                IsOk());
  }
};

// ---- Order ------------------------------------------------------------------

TEST_F(SenderTest, NextToTheSameUserWaitsForTheFirst) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto second = Begin("two", "r2");
  auto other = Begin("other", "r3", "888");
  FakeGraph::Sent three = graph_.Next();
  EXPECT_EQ(three.to, "888");
  EXPECT_EQ(graph_.count(), 2);
  one.done(FakeGraph::Took("mid.1"));
  FakeGraph::Sent two = graph_.Next();
  EXPECT_EQ(two.content.text(), "two");
  two.done(FakeGraph::Took("mid.2"));
  three.done(FakeGraph::Took("mid.3"));
  EXPECT_THAT(first.get(), IsOk());
  EXPECT_THAT(second.get(), IsOk());
  EXPECT_THAT(other.get(), IsOk());
}

TEST_F(SenderTest, AFailureLetsTheNextOneThrough) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto second = Begin("two", "r2");
  one.done(FakeGraph::Refused(absl::StatusCode::kUnavailable,
                              v1::ERROR_REASON_GRAPH_UNAVAILABLE));
  EXPECT_THAT(first.get(), HasReason("GRAPH_UNAVAILABLE"));
  graph_.Next().done(FakeGraph::Took("mid.2"));
  EXPECT_THAT(second.get(), IsOk());
}

TEST_F(SenderTest, FullLaneRefusesBeforeItClaims) {
  PassMarker();
  gated_journal_.Hold();
  std::vector<std::future<Result>> waiting;
  waiting.reserve(Lanes::kMaxLane);
  for (std::size_t i = 0; i < Lanes::kMaxLane; ++i) {
    waiting.push_back(Begin("one", absl::StrCat("r", i), "9999"));
  }
  const Result refused = Begin("one too many", "more", "9999").get();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(refused, HasReason("OVERLOADED"));
  EXPECT_TRUE(RetryDelayOf(refused.status()).has_value());
  gated_journal_.RefuseKept(absl::UnavailableError("closed"));
  for (auto& one : waiting) {
    EXPECT_THAT(one.get(), StatusIs(absl::StatusCode::kUnavailable));
  }
  EXPECT_THAT(Message("more"), HasReason("MESSAGE_NOT_FOUND"));
  PassMarker();
}

// ---- Token and channel ------------------------------------------------------

TEST_F(SenderTest, TokenIsTakenWhenTheSendLeavesItsLane) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  EXPECT_EQ(one.token, "token");
  auto second = Begin("two", "r2");
  PassMarker();
  SetToken("newer token");
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(first.get(), IsOk());
  FakeGraph::Sent two = graph_.Next();
  EXPECT_EQ(two.token, "newer token");
  two.done(FakeGraph::Took("mid.2"));
  EXPECT_THAT(second.get(), IsOk());
}

TEST_F(SenderTest, ChannelThatLostItsTokenMeanwhileIsNotCalled) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto second = Begin("two", "r2");
  PassMarker();
  SetToken("");
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(first.get(), IsOk());
  const Result told = second.get();
  EXPECT_THAT(told, HasReason("CREDENTIALS_MISSING"));
  EXPECT_THAT(told, HasMetadata("request_id", "r2"));
  EXPECT_EQ(StateOf("r2"), v1::MESSAGE_STATE_FAILED);
  EXPECT_EQ(graph_.count(), 2) << "one and the marker";
}

TEST_F(SenderTest, ChannelThatWasDeletedMeanwhileIsNotCalled) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto second = Begin("two", "r2");
  PassMarker();
  const std::int64_t no = ChannelNo();
  DeleteChannel("ch_1");
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(first.get(), IsOk());
  const Result told = second.get();
  EXPECT_THAT(told, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(told, HasReason("CHANNEL_NOT_FOUND"));
  const auto row = state().MessageByRequest(no, "r2");
  ASSERT_THAT(row, IsOk());
  ASSERT_TRUE(row->has_value());
  EXPECT_EQ((*row)->state, v1::MESSAGE_STATE_FAILED);
  EXPECT_EQ(graph_.count(), 2) << "one and the marker";
}

// The id is another channel's by then: its token knows no such customer.
TEST_F(SenderTest, ChannelMadeAnewIsNotCalledForTheOldOnesSends) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto second = Begin("two", "r2");
  PassMarker();
  DeleteChannel("ch_1");
  LetIdsRest();
  CreateChannel("ch_1", "17841400000000001", "100");
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(first.get(), IsOk());
  ASSERT_EQ(second.wait_for(std::chrono::seconds(30)),
            std::future_status::ready)
      << "Instagram was asked";
  EXPECT_THAT(second.get(), HasReason("CHANNEL_NOT_FOUND"));
  EXPECT_EQ(graph_.count(), 2) << "one and the marker";
}

TEST_F(SenderTest, ChannelWithoutATokenIsRefused) {
  SetToken("");
  EXPECT_THAT(Begin("one", "r1").get(), HasReason("CREDENTIALS_MISSING"));
  EXPECT_THAT(Message("r1"), HasReason("MESSAGE_NOT_FOUND"));
}

// ---- Callers ----------------------------------------------------------------

TEST_F(SenderTest, WaitingCallerIsToldAtItsDeadline) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto waiting = Begin(Text("one", "r1"), std::chrono::milliseconds(700));
  const Result told = waiting.get();
  EXPECT_THAT(told, HasReason("REQUEST_IN_FLIGHT"));
  EXPECT_THAT(told, HasMetadata("request_id", "r1"));
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(first.get(), IsOk());
  EXPECT_EQ(graph_.count(), 1);
}

TEST_F(SenderTest, WaitingCallerGetsTheFailureOfTheFirst) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto waiting = Begin("one", "r1");
  PassMarker();
  one.done(FakeGraph::Refused(absl::StatusCode::kFailedPrecondition,
                              v1::ERROR_REASON_RECIPIENT_UNAVAILABLE));
  EXPECT_THAT(first.get(), HasReason("RECIPIENT_UNAVAILABLE"));
  EXPECT_THAT(waiting.get(), HasReason("RECIPIENT_UNAVAILABLE"));
}

TEST_F(SenderTest, WaitingCallerGetsTheMessageAsAReplay) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto waiting = Begin("one", "r1");
  PassMarker();
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_FALSE(first.get()->replayed());
  const Result told = waiting.get();
  ASSERT_THAT(told, IsOk());
  EXPECT_TRUE(told->replayed());
  EXPECT_EQ(told->message().mid(), "mid.1");
}

// The claim that finds the send under way and the send's end are one commit:
// the end has been told before anybody waits for it.
TEST_F(SenderTest, EndInTheSameCommitAsTheQuestionIsTold) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  gated_journal_.Hold();
  auto waiting = Begin("one", "r1");
  one.done(FakeGraph::Unclear());
  gated_journal_.WaitForKept(2);
  gated_journal_.Release();
  EXPECT_THAT(first.get(), HasReason("SEND_OUTCOME_UNKNOWN"));
  EXPECT_THAT(waiting.get(), HasReason("SEND_OUTCOME_UNKNOWN"));
}

// That answer is made from what is stored, and says all the same.
TEST_F(SenderTest, FailureInTheSameCommitAsTheQuestionIsToldWhole) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  gated_journal_.Hold();
  auto waiting = Begin("one", "r1");
  one.done({.mid = "",
            .failure = {.status = MakeError(
                            absl::StatusCode::kUnavailable, "busy",
                            {.reason = v1::ERROR_REASON_GRAPH_UNAVAILABLE,
                             .metadata = {{"graph_code", "2"}},
                             .retry_after = absl::Minutes(1)}),
                        .outcome_unknown = false}});
  gated_journal_.WaitForKept(2);
  gated_journal_.Release();
  const absl::Status told = waiting.get().status();
  EXPECT_EQ(RetryDelayOf(told), absl::Minutes(1));
  EXPECT_EQ(ToRpcStatus(told).SerializeAsString(),
            ToRpcStatus(first.get().status()).SerializeAsString());
  EXPECT_EQ(Message("r1")->error().reason(), "GRAPH_UNAVAILABLE");
  EXPECT_EQ(Message("r1")->error().metadata().at("graph_code"), "2");
}

TEST_F(SenderTest, EndedSendIsReplayed) {
  ASSERT_THAT(SendTo(Text("one", "r1"), FakeGraph::Took("mid.1")), IsOk());
  const Result again = Begin("one", "r1").get();
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->replayed());
  EXPECT_EQ(again->message().mid(), "mid.1");
  EXPECT_EQ(again->message().text(), "one");
  EXPECT_EQ(graph_.count(), 1);
}

TEST_F(SenderTest, FailedSendIsTriedAgainUnderItsId) {
  const Result failed =
      SendTo(Text("one", "r1"),
             FakeGraph::Refused(absl::StatusCode::kUnavailable,
                                v1::ERROR_REASON_GRAPH_UNAVAILABLE));
  EXPECT_THAT(failed, HasReason("GRAPH_UNAVAILABLE"));
  const Result again = SendTo(Text("one", "r1"), FakeGraph::Took("mid.1"));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->message().attempt(), 2);
  EXPECT_THAT(failed, HasMetadata("message_id", again->message().id()));
}

// The sender's own ticker sees to it, and no restart is needed.
TEST_F(SenderTest, OutcomeThatCannotBeRecordedIsTriedAgainUntilItIs) {
  gated_journal_.Refuse(GatedJournal::Outcomes, absl::InternalError("no"));
  const Result told = SendTo(Text("one", "r1"), FakeGraph::Took("mid.1"));
  EXPECT_THAT(told, HasReason("SEND_OUTCOME_UNKNOWN"));
  EXPECT_THAT(told, HasMetadata("request_id", "r1"));
  EXPECT_THAT(told, HasMetadata("message_id", Message("r1")->id()));
  auto waiting = Begin("one", "r1");
  gated_journal_.Accept();
  const Result later = waiting.get();
  ASSERT_THAT(later, IsOk());
  EXPECT_EQ(later->message().mid(), "mid.1");
  EXPECT_EQ(graph_.count(), 1);
}

// ---- Refusals ---------------------------------------------------------------

TEST_F(SenderTest, ClaimThatIsNotStoredIsRefusedAndLeavesItsPlace) {
  gated_journal_.Refuse(GatedJournal::Every,
                        absl::ResourceExhaustedError("full"));
  EXPECT_THAT(Begin("one", "r1").get(),
              StatusIs(absl::StatusCode::kResourceExhausted));
  gated_journal_.Accept();
  EXPECT_THAT(SendTo(Text("one", "r1"), FakeGraph::Took("mid.1")), IsOk());
  sender_->Drain(std::chrono::hours(1));
}

// Its caller was told that nothing was sent, so nothing is.
TEST_F(SenderTest, StoredClaimOfWhichItsCallerHeardNothingIsNeverBegun) {
  PassMarker();
  gated_journal_.Doubt(GatedJournal::Claims);
  EXPECT_THAT(Begin("one", "r1").get(),
              StatusIs(absl::StatusCode::kUnavailable));
  // It is stored after all, and settled as not sent.
  const auto failed = [this] {
    const auto message = Message("r1");
    return message.ok() && message->state() == v1::MESSAGE_STATE_FAILED;
  };
  while (!failed()) std::this_thread::yield();
  gated_journal_.Accept();
  const Result again = SendTo(Text("one", "r1"), FakeGraph::Took("mid.1"));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->message().attempt(), 2);
  EXPECT_EQ(graph_.count(), 2) << "the marker and the second attempt";
}

TEST_F(SenderTest, OtherTagIsAnotherRequest) {
  ASSERT_THAT(SendTo(Text("one", "r1"), FakeGraph::Took("mid.1")), IsOk());
  v1::SendMessageRequest tagged = Text("one", "r1");
  tagged.set_tag(v1::MESSAGE_TAG_HUMAN_AGENT);
  EXPECT_THAT(Begin(tagged).get(), HasReason("REQUEST_ID_REUSED"));
}

TEST_F(SenderTest, TagGoesToInstagramAsGivenAndNoOtherDoes) {
  auto plain = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  EXPECT_EQ(one.tag, v1::MESSAGE_TAG_UNSPECIFIED);
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(plain.get(), IsOk());
  v1::SendMessageRequest request = Text("two", "r2");
  request.set_tag(v1::MESSAGE_TAG_HUMAN_AGENT);
  auto tagged = Begin(request);
  FakeGraph::Sent two = graph_.Next();
  EXPECT_EQ(two.tag, v1::MESSAGE_TAG_HUMAN_AGENT);
  two.done(FakeGraph::Took("mid.2"));
  EXPECT_THAT(tagged.get(), IsOk());
}

TEST_F(SenderTest, BeyondTheQuotaInstagramIsNotCalled) {
  sender_->SetQuota(1);
  ASSERT_THAT(SendTo(Text("one", "r1"), FakeGraph::Took("mid.1")), IsOk());
  const Result refused = Begin("two", "r2").get();
  EXPECT_THAT(refused, HasReason("RATE_LIMITED"));
  EXPECT_EQ(RetryDelayOf(refused.status()), absl::Hours(1));
  EXPECT_EQ(graph_.count(), 1);
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(SendTo(Text("two", "r2"), FakeGraph::Took("mid.2")), IsOk());
}

TEST_F(SenderTest, OptedOutCustomerIsNotCalled) {
  // The send is refused with and without a data key of the conversation.
  SetOptOut();
  EXPECT_THAT(Begin("one", "r1").get(), HasReason("RECIPIENT_OPTED_OUT"));
  EXPECT_EQ(graph_.count(), 0);
}

TEST_F(SenderTest, CustomerWithAKeyWhoOptsOutIsNotCalled) {
  ASSERT_THAT(SendTo(Text("one", "r1"), FakeGraph::Took("mid.1")), IsOk());
  SetOptOut();
  EXPECT_THAT(Begin("two", "r2").get(), HasReason("RECIPIENT_OPTED_OUT"));
  EXPECT_EQ(graph_.count(), 1);
}

TEST_F(SenderTest, RefusedCustomerLeavesNoKeyBehind) {
  v1::UpdateChannelRequest update;
  update.mutable_channel()->set_id("ch_1");
  update.mutable_channel()->set_on_no_history(v1::NO_HISTORY_POLICY_REFUSE);
  update.mutable_update_mask()->add_paths("on_no_history");
  ASSERT_THAT(Admin().Update(update), IsOk());
  EXPECT_THAT(Begin("one", "r1").get(), HasReason("USER_HAS_NOT_WRITTEN"));

  journal::Record wrote = Webhook(journal::ITEM_KIND_MESSAGE, "888", "mid.0");
  wrote.mutable_webhook()->mutable_items(0)->set_opens_window(true);
  ASSERT_THAT(
      journal::AppendAs<state::DeliveryAnswer>(*journal_, std::move(wrote)),
      IsOk());
  clock_.Advance(absl::Milliseconds(policy::kMessagingWindowMs));
  EXPECT_THAT(Begin("one", "r2", "888").get(),
              HasReason("OUTSIDE_MESSAGING_WINDOW"));
  clock_.Advance(absl::Milliseconds(policy::kHumanAgentWindowMs));
  v1::SendMessageRequest tagged = Text("one", "r3", "888");
  tagged.set_tag(v1::MESSAGE_TAG_HUMAN_AGENT);
  EXPECT_THAT(Begin(tagged).get(), HasReason("HUMAN_AGENT_WINDOW_CLOSED"));
  SetOptOut();
  for (const std::string user : {"777", "888"}) {
    const auto key =
        state().FindKey({.channel_no = ChannelNo(), .user_id = user});
    ASSERT_THAT(key, IsOk());
    EXPECT_FALSE(key->has_value()) << user;
  }
}

TEST_F(SenderTest, RequestIdOfAnotherCustomersMessageLeavesNoKeyBehind) {
  ASSERT_THAT(SendTo(Text("one", "r1"), FakeGraph::Took("mid.1")), IsOk());
  EXPECT_THAT(Begin("one", "r1", "888").get(), HasReason("REQUEST_ID_REUSED"));
  const auto key =
      state().FindKey({.channel_no = ChannelNo(), .user_id = "888"});
  ASSERT_THAT(key, IsOk());
  EXPECT_FALSE(key->has_value());
}

// ---- The end of the server --------------------------------------------------

TEST_F(SenderTest, DrainGivesUpWhatWaitsInALane) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto second = Begin("two", "r2");
  PassMarker();
  sender_->Drain(std::chrono::milliseconds(0));
  const Result told = second.get();
  EXPECT_THAT(told, HasReason("DRAINING"));
  EXPECT_THAT(told, HasMetadata("request_id", "r2"));
  EXPECT_EQ(StateOf("r2"), v1::MESSAGE_STATE_FAILED);
  EXPECT_THAT(Begin("three", "r4").get(), HasReason("DRAINING"));
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(first.get(), IsOk());
  EXPECT_EQ(graph_.count(), 2);
}

// A claim that becomes durable only when the server is draining must not start
// behind the one before it: its caller is told that nothing was sent.
TEST_F(SenderTest, ClaimDuringADrainIsNeverStarted) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  gated_journal_.Hold();
  auto late = Begin("two", "r2");
  sender_->Drain(std::chrono::milliseconds(0));
  // The one before it ends first: that must not start the late one.
  gated_journal_.Release();
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(late.get(), HasReason("DRAINING"));
  EXPECT_THAT(first.get(), IsOk());
  sender_->Drain(std::chrono::seconds(30));
  EXPECT_EQ(graph_.count(), 1);
}

TEST_F(SenderTest, DrainAnswersWhoeverWaits) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto waiting = Begin("one", "r1");
  PassMarker();
  sender_->Drain(std::chrono::milliseconds(0));
  EXPECT_THAT(waiting.get(), HasReason("REQUEST_IN_FLIGHT"));
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(first.get(), IsOk());
}

TEST_F(SenderTest, AbandonedSendsBecomeUnconfirmed) {
  (void)Begin("one", "r1");
  (void)graph_.Next();  // and no answer ever comes
  Restart();
  EXPECT_THAT(Begin("one", "r1").get(), HasReason("SEND_OUTCOME_UNKNOWN"));
  EXPECT_EQ(graph_.count(), 1);
  EXPECT_EQ(Message("r1")->settled_by(), v1::SETTLED_BY_UNSPECIFIED);
  EXPECT_THAT(SendTo(Text("two", "r2"), FakeGraph::Took("mid.2")), IsOk());
}

// ---- Unconfirmed ones and their echoes --------------------------------------

TEST_F(SenderTest, PicturesSettleByKindAndTime) {
  EXPECT_THAT(SendTo(Image("r1"), FakeGraph::Unclear()),
              HasReason("SEND_OUTCOME_UNKNOWN"));
  EXPECT_EQ(Message("r1")->settled_by(), v1::SETTLED_BY_UNSPECIFIED);
  clock_.Advance(absl::Minutes(9));
  EchoPicture("mid.1");
  const auto settled = Message("r1");
  ASSERT_THAT(settled, IsOk());
  EXPECT_EQ(settled->state(), v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(settled->settled_by(), v1::SETTLED_BY_ECHO_CONTENT);
  EXPECT_EQ(settled->mid(), "mid.1");

  EXPECT_THAT(SendTo(Image("r2"), FakeGraph::Unclear()),
              HasReason("SEND_OUTCOME_UNKNOWN"));
  clock_.Advance(absl::Minutes(11));
  EchoPicture("mid.2");
  EXPECT_EQ(StateOf("r2"), v1::MESSAGE_STATE_UNCONFIRMED) << "too late";
}

TEST_F(SenderTest, OnePictureOfTwoIsNotSettledByKind) {
  for (const char* id : {"r1", "r2"}) {
    EXPECT_THAT(SendTo(Image(id), FakeGraph::Unclear()),
                HasReason("SEND_OUTCOME_UNKNOWN"));
  }
  EchoPicture("mid.1");
  EXPECT_EQ(StateOf("r1"), v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_EQ(StateOf("r2"), v1::MESSAGE_STATE_UNCONFIRMED);
}

TEST_F(SenderTest, TextIsNotSettledByAPicture) {
  EXPECT_THAT(SendTo(Text("image", "r1"), FakeGraph::Unclear()),
              HasReason("SEND_OUTCOME_UNKNOWN"));
  EchoPicture("mid.1");
  EXPECT_EQ(StateOf("r1"), v1::MESSAGE_STATE_UNCONFIRMED);
}

}  // namespace
}  // namespace linktor::messaging
