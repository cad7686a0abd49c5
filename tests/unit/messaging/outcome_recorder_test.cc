// The recorder with a real journal that may be in trouble.

#include "server/messaging/outcome_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <limits>
#include <string>
#include <vector>

#include "server/messaging/ended_message.h"
#include "tests/unit/messaging/messaging_fixture.h"

namespace linktor::messaging {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Answer = absl::StatusOr<v1::Message>;

class OutcomeRecorderTest : public MessagingFixture, public SendObserver {
 public:
  OutcomeRecorderTest() { content_.set_text("hello"); }
  ~OutcomeRecorderTest() override { CloseJournal(); }

  void OnSendEnded(v1::MessageState state, std::string_view reason) override {
    MutexLock lock(mutex_);
    counted_.push_back(v1::MessageState_Name(state).substr(14) + " " +
                       std::string(reason));
  }

 protected:
  state::MessageRow Claim(const std::string& request_id = "r1") {
    journal::Record record = journal::NewRecord(NowMs());
    journal::Claim& claim = *record.mutable_claim();
    claim.set_message_id(NewRawId());
    claim.set_channel_no(ChannelNo());
    claim.set_channel_id("ch_1");
    claim.set_user_id("777");
    claim.set_request_id(request_id);
    seal::NewKeys new_keys;
    claim.set_sealed_content(
        *sealer().Seal({.channel_no = ChannelNo(), .user_id = "777"},
                       seal::SealedPlace::kMessage, claim.message_id(),
                       content_.SerializeAsString(), new_keys));
    const auto answer = journal::AppendSealedAs<state::ClaimAnswer>(
        *journal_, std::move(new_keys), std::move(record));
    EXPECT_THAT(answer, IsOk());
    return answer->message;
  }
  void Record(const state::MessageRow& row, SendEnd end) {
    executor_.Run([this, row, end = std::move(end)]() mutable {
      recorder_.Record({.row = row,
                        .content = content_,
                        .end = std::move(end),
                        .tell = [this](const Answer& answer) {
                          MutexLock lock(mutex_);
                          told_.push_back(answer);
                          changed_.SignalAll();
                        }});
    });
  }
  // The next that is told; waits for it.
  Answer Told() {
    MutexLock lock(mutex_);
    while (told_.empty()) changed_.Wait(mutex_);
    Answer first = std::move(told_.front());
    told_.pop_front();
    return first;
  }
  std::vector<std::string> Counted() {
    MutexLock lock(mutex_);
    return counted_;
  }
  state::MessageRow Stored(const state::MessageRow& row) {
    const auto stored = state().MessageById(row.id);
    EXPECT_THAT(stored, IsOk());
    if (!stored.ok() || !stored->has_value()) {
      ADD_FAILURE() << "the message is not stored";
      return state::MessageRow();
    }
    return **stored;
  }

  // Waits until all that the executor and the journal had to do is done.
  void Sync() {
    const auto run = [this] {
      std::promise<void> done;
      executor_.Run([&done] { done.set_value(); });
      done.get_future().wait();
    };
    run();
    journal::Record nothing = journal::NewRecord(NowMs());
    nothing.mutable_use_api_keys();
    EXPECT_TRUE(
        journal::AppendAndWait(*journal_, std::move(nothing)).applied());
    run();
  }
  std::vector<std::string> EventTypes() {
    std::vector<std::string> types;
    const auto page = folder_->events().Read(
        {.last_seq = std::numeric_limits<std::int64_t>::max()},
        [](std::string_view type, auto, auto) {
          return type.starts_with("message.");
        });
    EXPECT_THAT(page, IsOk());
    for (const state::CommittedEvent& event : page->events)
      types.push_back(event.type);
    return types;
  }

  static SendEnd Sent() {
    return {.state = v1::MESSAGE_STATE_SENT, .mid = "mid.1"};
  }
  static SendEnd Failed() {
    return {.state = v1::MESSAGE_STATE_FAILED,
            .error = MakeError(absl::StatusCode::kUnavailable,
                               v1::ERROR_REASON_GRAPH_UNAVAILABLE, "no")};
  }
  static SendEnd Unconfirmed() {
    return {.state = v1::MESSAGE_STATE_UNCONFIRMED,
            .error = MakeError(absl::StatusCode::kUnknown,
                               v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN, "?")};
  }

  v1::MessageContent content_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Answer> told_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> counted_ ABSL_GUARDED_BY(mutex_);
  OutcomeRecorder recorder_{{.clock = clock_,
                             .journal = gated_journal_,
                             .sealer = sealer(),
                             .executor = executor_,
                             .observer = this}};
  Executor executor_{1, 1};
};

TEST_F(OutcomeRecorderTest, WhatWasSentIsToldWhenItIsRecorded) {
  const state::MessageRow row = Claim();
  Record(row, Sent());
  const Answer told = Told();
  ASSERT_THAT(told, IsOk());
  EXPECT_EQ(told->state(), v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(told->text(), "hello");
  EXPECT_EQ(told->mid(), "mid.1");
  EXPECT_EQ(told->settled_by(), v1::SETTLED_BY_ANSWER);
  EXPECT_EQ(told->send_time().seconds(), 1'800'000'000);
  EXPECT_EQ(Stored(row).state, v1::MESSAGE_STATE_SENT);
  EXPECT_THAT(Counted(), ElementsAre("SENT "));
}

TEST_F(OutcomeRecorderTest, FailureIsToldWithItsIds) {
  const state::MessageRow row = Claim();
  Record(row, Failed());
  const Answer told = Told();
  EXPECT_THAT(told, HasReason("GRAPH_UNAVAILABLE"));
  EXPECT_THAT(told,
              HasMetadata("message_id", FormatId(kMessagePrefix, row.id)));
  EXPECT_THAT(told, HasMetadata("request_id", "r1"));
  EXPECT_EQ(Stored(row).state, v1::MESSAGE_STATE_FAILED);
  EXPECT_THAT(Counted(), ElementsAre("FAILED GRAPH_UNAVAILABLE"));
}

// Whatever the journal says, as long as it has not stored it.
TEST_F(OutcomeRecorderTest, OutcomeThatCannotBeRecordedIsTriedAgainUntilItIs) {
  for (const auto& why :
       {MakeError(absl::StatusCode::kResourceExhausted,
                  v1::ERROR_REASON_DISK_FULL, "full"),
        MakeError(absl::StatusCode::kResourceExhausted,
                  v1::ERROR_REASON_OVERLOADED, "busy"),
        MakeError(absl::StatusCode::kInternal, v1::ERROR_REASON_INTERNAL_FAULT,
                  "cannot be applied"),
        MakeError(absl::StatusCode::kUnavailable, v1::ERROR_REASON_STORE_FAILED,
                  "failed")}) {
    SCOPED_TRACE(why.ToString());
    const state::MessageRow row = Claim(FormatId(kRequestPrefix, NewRawId()));
    gated_journal_.Refuse(GatedJournal::Outcomes, why);
    const int before = gated_journal_.troubled();
    Record(row, Sent());
    const Answer at_once = Told();
    EXPECT_THAT(at_once, HasReason("SEND_OUTCOME_UNKNOWN"));
    EXPECT_THAT(at_once,
                HasMetadata("message_id", FormatId(kMessagePrefix, row.id)));
    EXPECT_THAT(at_once, HasMetadata("request_id", row.request_id));
    for (int i = 0; i < 3; ++i) {
      recorder_.RetryUnrecorded();
      Sync();
    }
    EXPECT_EQ(gated_journal_.troubled(), before + 4);
    EXPECT_EQ(Stored(row).state, v1::MESSAGE_STATE_PENDING);
    gated_journal_.Accept();
    clock_.Advance(absl::Minutes(5));
    recorder_.RetryUnrecorded();
    const Answer told = Told();
    ASSERT_THAT(told, IsOk());
    EXPECT_EQ(told->mid(), "mid.1");
    EXPECT_EQ(Stored(row).state, v1::MESSAGE_STATE_SENT);
    EXPECT_EQ(Stored(row).send_ms, NowMs() - 300'000) << "when it was sent";
    recorder_.RetryUnrecorded();
    Sync();
    EXPECT_EQ(gated_journal_.troubled(), before + 4) << "recorded once";
  }
}

TEST_F(OutcomeRecorderTest,
       CallerOfAFailureThatCannotBeRecordedIsToldItsReason) {
  const state::MessageRow row = Claim();
  gated_journal_.Refuse(GatedJournal::Outcomes, absl::InternalError("no"));
  Record(row, Failed());
  const Answer told = Told();
  EXPECT_THAT(told, HasReason("GRAPH_UNAVAILABLE"));
  EXPECT_THAT(told,
              HasMetadata("message_id", FormatId(kMessagePrefix, row.id)));
  EXPECT_THAT(Counted(), IsEmpty());
}

// Nobody knows whether the first try is stored; it is, and counts once.
TEST_F(OutcomeRecorderTest, RecordOfWhichNobodyKnowsIsRepeatedAndChangesOnce) {
  const state::MessageRow row = Claim();
  gated_journal_.Doubt(GatedJournal::Outcomes);
  Record(row, Sent());
  EXPECT_THAT(Told(), HasReason("SEND_OUTCOME_UNKNOWN"));
  gated_journal_.Accept();
  recorder_.RetryUnrecorded();
  ASSERT_THAT(Told(), IsOk());
  EXPECT_THAT(Counted(), ElementsAre("SENT "));
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"message.sent"});
}

// The next start settles it, and this one has no journal any more.
TEST_F(OutcomeRecorderTest, AfterTheJournalsEndNothingIsTriedAgain) {
  const state::MessageRow row = Claim();
  gated_journal_.Refuse(GatedJournal::Outcomes,
                        MakeError(absl::StatusCode::kUnavailable,
                                  v1::ERROR_REASON_DRAINING, "closed"));
  Record(row, Sent());
  EXPECT_THAT(Told(), HasReason("SEND_OUTCOME_UNKNOWN"));
  recorder_.RetryUnrecorded();
  Sync();
  EXPECT_EQ(gated_journal_.troubled(), 1);
}

TEST_F(OutcomeRecorderTest, LateAnswerStillSettlesAnUnconfirmedMessage) {
  const state::MessageRow row = Claim();
  Record(row, Unconfirmed());
  EXPECT_THAT(Told(), HasReason("SEND_OUTCOME_UNKNOWN"));
  Record(row, Sent());
  const Answer told = Told();
  ASSERT_THAT(told, IsOk());
  EXPECT_EQ(told->settled_by(), v1::SETTLED_BY_ANSWER);
  EXPECT_EQ(Stored(row).mid, "mid.1");
}

// The unsend came before Instagram's answer did.
TEST_F(OutcomeRecorderTest,
       AnswerToWhatWasTakenBackIsTheMessageWithoutContent) {
  const state::MessageRow row = Claim();
  EXPECT_TRUE(journal::AppendAndWait(
                  *journal_, Webhook(journal::ITEM_KIND_UNSEND, "777", "mid.1"))
                  .applied());
  Record(row, Sent());
  const Answer told = Told();
  ASSERT_THAT(told, IsOk());
  EXPECT_EQ(told->state(), v1::MESSAGE_STATE_RETRACTED);
  EXPECT_EQ(told->text(), "");
  EXPECT_EQ(told->mid(), "mid.1");
  // So it is told to whoever repeats the request.
  const auto repeated = AnswerOfEnded(sealer(), Stored(row));
  ASSERT_THAT(repeated, IsOk());
  EXPECT_EQ(repeated->state(), v1::MESSAGE_STATE_RETRACTED);
}

TEST_F(OutcomeRecorderTest, AnswerToWhatWasSettledOtherwiseIsNoSuccess) {
  const state::MessageRow row = Claim();
  Record(row, Failed());
  EXPECT_THAT(Told(), HasReason("GRAPH_UNAVAILABLE"));
  Record(row, Sent());
  const Answer told = Told();
  EXPECT_THAT(told, HasReason("SEND_OUTCOME_UNKNOWN"));
  EXPECT_THAT(told, HasMetadata("request_id", "r1"));
  EXPECT_EQ(Stored(row).state, v1::MESSAGE_STATE_FAILED);
}

}  // namespace
}  // namespace linktor::messaging
