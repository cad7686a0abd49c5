// The waiting callers alone: the test is the feed.

#include "server/messaging/waiting_callers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "server/messaging/stored_error.h"
#include "tests/unit/messaging/messaging_fixture.h"

namespace linktor::messaging {
namespace {

using Answer = absl::StatusOr<v1::Message>;
using Deadline = WaitingCallers::Deadline;

constexpr std::int64_t kChannelNo = 1;

Deadline At(int seconds) { return Deadline(std::chrono::seconds(seconds)); }

class WaitingCallersTest : public MessagingFixture {
 protected:
  state::MessageRow Row(const std::string& id = "m", int attempt = 1) {
    seal::NewKeys new_keys;
    v1::MessageContent content;
    content.set_text("hello");
    state::MessageRow row{.id = id,
                          .channel_no = kChannelNo,
                          .user_id = "777",
                          .state = v1::MESSAGE_STATE_PENDING,
                          .attempt = attempt,
                          .request_id = "r1"};
    row.sealed_content = *sealer().Seal(
        {.channel_no = kChannelNo, .user_id = "777"},
        seal::SealedPlace::kMessage, id, content.SerializeAsString(), new_keys);
    sealer().OnStored(new_keys);
    return row;
  }
  // The same, ended.
  state::MessageRow Ended(state::MessageRow row, v1::MessageState state,
                          const absl::Status& error = absl::OkStatus()) {
    row.state = state;
    if (error.ok()) return row;
    seal::NewKeys none;
    row.sealed_error = *sealer().Seal(
        {.channel_no = kChannelNo, .user_id = "777"},
        seal::SealedPlace::kMessageError, row.id, SerializeError(error), none);
    return row;
  }
  std::future<Answer> Add(const state::MessageRow& row,
                          Deadline deadline = At(100)) {
    auto promise = std::make_shared<std::promise<Answer>>();
    callers_.Add(row, deadline, [promise](const Answer& answer) {
      promise->set_value(answer);
    });
    return promise->get_future();
  }
  static journal::Record Outcome() {
    journal::Record record;
    record.mutable_send_outcome();
    return record;
  }
  void Tell(const state::MessageRow& row, bool own,
            const journal::Record& record = Outcome()) {
    state::Effects effects;
    effects.messages.push_back(row);
    const journal::AppliedRecord applied{
        .record = record, .own = own, .effects = effects};
    callers_.OnCommit({&applied, 1});
  }
  static bool IsWaiting(const std::future<Answer>& caller) {
    return caller.wait_for(std::chrono::seconds(0)) ==
           std::future_status::timeout;
  }

  Executor executor_{1, 1};
  WaitingCallers callers_{sealer(), executor_};
};

TEST_F(WaitingCallersTest, EndThatAnotherInstanceRecordsIsToldFromTheRow) {
  auto first = Add(Row());
  auto second = Add(Row());
  auto other = Add(Row("n"));
  Tell(Ended(Row(), v1::MESSAGE_STATE_SENT), /*own=*/false);
  EXPECT_EQ(first.get()->text(), "hello");
  EXPECT_EQ(second.get()->state(), v1::MESSAGE_STATE_SENT);
  EXPECT_TRUE(IsWaiting(other));
}

// Also where a reason may have several codes.
TEST_F(WaitingCallersTest, FailureFromTheRowHasTheCodeThatWasTold) {
  for (const auto& [code, reason] :
       {std::pair{absl::StatusCode::kInvalidArgument,
                  v1::ERROR_REASON_MEDIA_REJECTED},
        std::pair{absl::StatusCode::kUnavailable,
                  v1::ERROR_REASON_GRAPH_UNAVAILABLE},
        std::pair{absl::StatusCode::kInternal, v1::ERROR_REASON_GRAPH_ERROR},
        std::pair{absl::StatusCode::kInvalidArgument,
                  v1::ERROR_REASON_GRAPH_ERROR}}) {
    auto caller = Add(Row());
    Tell(Ended(Row(), v1::MESSAGE_STATE_FAILED,
               MakeError(
                   code, "no",
                   {.reason = reason, .metadata = {{"graph_code", "551"}}})),
         /*own=*/false);
    const Answer told = caller.get();
    EXPECT_THAT(told, StatusIs(code));
    EXPECT_THAT(told, HasReason(ReasonName(reason)));
    EXPECT_THAT(told, HasMetadata("graph_code", "551"));
    EXPECT_EQ(told.status().message(), "no");
  }
}

TEST_F(WaitingCallersTest, FailureFromTheRowSaysWhenToTryAgain) {
  const absl::Status first = MakeError(
      absl::StatusCode::kResourceExhausted, "slow down",
      {.reason = v1::ERROR_REASON_RATE_LIMITED,
       .retry_after = absl::Minutes(7),
       .quota = QuotaViolation{.subject = "app", .description = "calls"}});
  auto caller = Add(Row());
  Tell(Ended(Row(), v1::MESSAGE_STATE_FAILED, first), /*own=*/false);
  const Answer told = caller.get();
  EXPECT_EQ(RetryDelayOf(told.status()), absl::Minutes(7));
  EXPECT_EQ(ToRpcStatus(told.status()).SerializeAsString(),
            ToRpcStatus(first).SerializeAsString());
}

TEST_F(WaitingCallersTest, ErrorThatCannotBeReadIsLost) {
  auto caller = Add(Row());
  state::MessageRow row = Row();
  row.state = v1::MESSAGE_STATE_FAILED;
  seal::NewKeys none;
  row.sealed_error =
      *sealer().Seal({.channel_no = kChannelNo, .user_id = "777"},
                     seal::SealedPlace::kMessageError, row.id,
                     /*plaintext=*/"", none);
  Tell(row, /*own=*/false);
  EXPECT_THAT(caller.get(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(WaitingCallersTest, UnconfirmedFromTheRowIsAnUnknownOutcome) {
  auto caller = Add(Row());
  Tell(Ended(Row(), v1::MESSAGE_STATE_UNCONFIRMED,
             MakeError(absl::StatusCode::kUnknown, "no answer",
                       {.reason = v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN,
                        .metadata = {{"request_id", "r1"}}})),
       /*own=*/false);
  const Answer told = caller.get();
  EXPECT_THAT(told, StatusIs(absl::StatusCode::kUnknown));
  EXPECT_THAT(told, HasReason("SEND_OUTCOME_UNKNOWN"));
  EXPECT_THAT(told, HasMetadata("request_id", "r1"));
}

TEST_F(WaitingCallersTest, EndThatThisProcessRecordsIsToldByWhoRecordsIt) {
  auto caller = Add(Row());
  Tell(Ended(Row(), v1::MESSAGE_STATE_SENT), /*own=*/true);
  EXPECT_TRUE(IsWaiting(caller));
  v1::Message message;
  message.set_text("from the recorder");
  callers_.Tell(Row(), message);
  EXPECT_EQ(caller.get()->text(), "from the recorder");
}

TEST_F(WaitingCallersTest, EndByAnotherRecordOfThisProcessIsToldFromTheRow) {
  auto caller = Add(Row());
  journal::Record record;
  record.mutable_webhook();
  Tell(Ended(Row(), v1::MESSAGE_STATE_SENT), /*own=*/true, record);
  ASSERT_EQ(caller.wait_for(std::chrono::seconds(10)),
            std::future_status::ready);
  EXPECT_EQ(caller.get()->text(), "hello");
}

TEST_F(WaitingCallersTest, CallersOfAnotherAttemptWaitOn) {
  auto second = Add(Row("m", 2));
  callers_.Tell(Row("m", 1), v1::Message());
  Tell(Ended(Row("m", 1), v1::MESSAGE_STATE_SENT), /*own=*/false);
  EXPECT_TRUE(IsWaiting(second));
  callers_.Tell(Row("m", 2), v1::Message());
  EXPECT_THAT(second.get(), IsOk());
}

TEST_F(WaitingCallersTest, EachIsToldAtItsDeadline) {
  auto later = Add(Row(), At(20));
  auto sooner = Add(Row(), At(10));
  callers_.TellLate(At(9));
  EXPECT_TRUE(IsWaiting(sooner));
  callers_.TellLate(At(10));
  const Answer told = sooner.get();
  EXPECT_THAT(told, StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(told, HasReason("REQUEST_IN_FLIGHT"));
  EXPECT_THAT(told, HasMetadata("request_id", "r1"));
  EXPECT_THAT(told, HasMetadata("message_id", FormatId(kMessagePrefix, "m")));
  EXPECT_TRUE(IsWaiting(later));
  callers_.Tell(Row(), v1::Message());
  EXPECT_THAT(later.get(), IsOk());
}

TEST_F(WaitingCallersTest, OneTooManyIsToldAtOnce) {
  std::vector<std::future<Answer>> waiting;
  waiting.reserve(WaitingCallers::kMaxCallers);
  const state::MessageRow row = Row();
  for (std::size_t i = 0; i < WaitingCallers::kMaxCallers; ++i) {
    waiting.push_back(Add(row));
  }
  EXPECT_THAT(Add(Row()).get(), HasReason("REQUEST_IN_FLIGHT"));
  EXPECT_TRUE(IsWaiting(waiting.back()));
  callers_.Tell(Row(), v1::Message());
  auto next = Add(Row());
  EXPECT_TRUE(IsWaiting(next));
}

TEST_F(WaitingCallersTest, ClosedNobodyWaits) {
  auto before = Add(Row(), Deadline::max());
  callers_.Close();
  EXPECT_THAT(before.get(), HasReason("REQUEST_IN_FLIGHT"));
  EXPECT_THAT(Add(Row()).get(), HasReason("REQUEST_IN_FLIGHT"));
}

}  // namespace
}  // namespace linktor::messaging
