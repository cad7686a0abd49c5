#include "server/messaging/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "linktor/instagram/v1/event.pb.h"
#include "server/messaging/stored_error.h"
#include "server/state/identity.h"
#include "tests/unit/messaging/messaging_fixture.h"

namespace linktor::messaging {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class OutcomeTest : public MessagingFixture {
 protected:
  OutcomeTest() { content_.set_text("hello"); }

  OutcomeRecord Make(const SendEnd& end) {
    return *MakeOutcomeRecord(sealer(), row_, content_, end, NowMs());
  }
  static v1::Event Clear(const OutcomeRecord& made) {
    v1::Event event;
    EXPECT_THAT(made.appended.clear, SizeIs(1));
    EXPECT_TRUE(event.ParseFromString(*made.appended.clear.front()));
    return event;
  }
  static SendEnd Unconfirmed() {
    return {.state = v1::MESSAGE_STATE_UNCONFIRMED,
            .error = MakeError(absl::StatusCode::kUnknown,
                               v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN, "?")};
  }

  v1::MessageContent content_;
  const state::MessageRow row_{.id = NewRawId(),
                               .channel_no = 1,
                               .channel_id = "ch_1",
                               .user_id = "777",
                               .state = v1::MESSAGE_STATE_PENDING,
                               .attempt = 2,
                               .request_id = "r1"};
};

TEST_F(OutcomeTest, RecordNamesWhatItChangesAndHoldsNoClearText) {
  const OutcomeRecord made =
      Make({.state = v1::MESSAGE_STATE_SENT, .mid = "mid.1"});
  const journal::SendOutcome& outcome = made.appended.record.send_outcome();
  EXPECT_EQ(outcome.message_id(), row_.id);
  EXPECT_EQ(outcome.expected_state(), v1::MESSAGE_STATE_PENDING);
  EXPECT_EQ(outcome.expected_attempt(), 2);
  EXPECT_EQ(outcome.state(), v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(outcome.settled_by(), v1::SETTLED_BY_ANSWER);
  EXPECT_EQ(outcome.mid_key(), state::MidKey(1, "mid.1"));
  EXPECT_THAT(outcome.sealed_error(), IsEmpty());
  EXPECT_EQ(outcome.event().type(), "message.sent");
  EXPECT_THAT(made.appended.record.SerializeAsString(),
              Not(testing::HasSubstr("hello")));
  const v1::Event event = Clear(made);
  EXPECT_EQ(event.message_sent().text(), "hello");
  EXPECT_EQ(event.message_sent().send_time().seconds(), 1'800'000'000);
  EXPECT_EQ(event.id(), FormatId(kEventPrefix, outcome.event().id()));
}

TEST_F(OutcomeTest, KeyOfANewConversationComesWithIt) {
  const OutcomeRecord first = Make({.state = v1::MESSAGE_STATE_SENT});
  EXPECT_THAT(first.new_keys, SizeIs(1));
  sealer().OnStored(first.new_keys);
  EXPECT_THAT(Make(Unconfirmed()).new_keys, IsEmpty());
}

TEST_F(OutcomeTest, UnconfirmedIsSettledByNobody) {
  const OutcomeRecord made = Make(Unconfirmed());
  EXPECT_EQ(made.appended.record.send_outcome().settled_by(),
            v1::SETTLED_BY_UNSPECIFIED);
  const v1::Message told = Clear(made).message_unconfirmed();
  EXPECT_EQ(told.state(), v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_EQ(told.settled_by(), v1::SETTLED_BY_UNSPECIFIED);
  EXPECT_EQ(told.error().reason(), "SEND_OUTCOME_UNKNOWN");
}

TEST_F(OutcomeTest, ErrorIsSealedForItsMessage) {
  const OutcomeRecord made = Make(
      {.state = v1::MESSAGE_STATE_FAILED,
       .error = MakeError(absl::StatusCode::kFailedPrecondition,
                          v1::ERROR_REASON_RECIPIENT_UNAVAILABLE, "gone")});
  const journal::SendOutcome& outcome = made.appended.record.send_outcome();
  const auto opened = sealer().Open(seal::SealedPlace::kMessageError, row_.id,
                                    outcome.sealed_error());
  ASSERT_THAT(opened, IsOk());
  google::rpc::Status error;
  ASSERT_TRUE(error.ParseFromString(*opened));
  EXPECT_THAT(ErrorOf(error), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(ErrorOf(error), HasReason("RECIPIENT_UNAVAILABLE"));
  EXPECT_EQ(Clear(made).message_failed().error().message(), "gone");
}

}  // namespace
}  // namespace linktor::messaging
