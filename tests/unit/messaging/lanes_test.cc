// The lanes alone: the test is the feed.

#include "server/messaging/lanes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace linktor::messaging {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const journal::Appender kMe{.instance = "me", .incarnation = 3};
const journal::Appender kOther{.instance = "other", .incarnation = 3};
const journal::Appender kMeBefore{.instance = "me", .incarnation = 2};

state::MessageRow Pending(const std::string& id,
                          const journal::Appender& by = kMe,
                          const std::string& user = "777") {
  return {.id = id,
          .channel_no = 1,
          .channel_id = "ch_1",
          .user_id = user,
          .state = v1::MESSAGE_STATE_PENDING,
          .attempt = 1,
          .request_id = "request of " + id,
          .sealed_content = "content",
          .instance = by.instance,
          .incarnation = by.incarnation};
}

class LanesTest : public ::testing::Test {
 protected:
  // Tells of the message as it is now.
  void Tell(const state::MessageRow& row, const std::string& claim_id = "") {
    journal::Record record;
    if (!claim_id.empty()) record.mutable_claim()->set_message_id(claim_id);
    state::Effects effects;
    effects.messages.push_back(row);
    const journal::AppliedRecord applied{
        .record = record, .own = true, .effects = effects};
    lanes_.OnCommit({&applied, 1});
  }
  absl::Status Reserve(const std::string& id, const std::string& user = "777") {
    return lanes_.Reserve(
        {.channel_no = 1, .user_id = user}, id,
        [this](const state::MessageRow& row, Lanes::Turn turn) {
          turns_.push_back(
              absl::StrCat(turn == Lanes::Turn::kBegin ? "begin " : "drop ",
                           row.id, row.sealed_content));
        });
  }
  // Makes a claim of this process.
  void Claim(const std::string& id, const std::string& user = "777") {
    ASSERT_THAT(Reserve(id, user), IsOk());
    Tell(Pending(id, kMe, user), id);
  }
  void End(state::MessageRow row,
           v1::MessageState state = v1::MESSAGE_STATE_SENT) {
    row.state = state;
    Tell(row);
  }
  // The turns so far.
  std::vector<std::string> Turns() {
    std::promise<void> done;
    executor_.Run([&done] { done.set_value(); });
    done.get_future().wait();
    return turns_;
  }

  std::vector<std::string> turns_;
  std::vector<std::string> orphans_;
  Executor executor_{1, 1};
  Lanes lanes_{kMe, executor_, [this](const state::MessageRow& row) {
                 orphans_.push_back(row.id + " " + row.sealed_content);
               }};
};

TEST_F(LanesTest, NextIsBegunWhenTheOneBeforeHasAnyOutcome) {
  for (const auto state : {v1::MESSAGE_STATE_SENT, v1::MESSAGE_STATE_FAILED,
                           v1::MESSAGE_STATE_UNCONFIRMED}) {
    turns_.clear();
    Claim("a");
    Claim("b");
    EXPECT_THAT(Turns(), ElementsAre("begin a"));
    End(Pending("a"), state);
    EXPECT_THAT(Turns(), ElementsAre("begin a", "begin b"));
    End(Pending("b"));
  }
}

TEST_F(LanesTest, OtherCustomersDoNotWait) {
  Claim("a");
  Claim("b", "888");
  EXPECT_THAT(Turns(), ElementsAre("begin a", "begin b"));
}

TEST_F(LanesTest, OneThatEndsWhileItWaitsIsNotBegun) {
  Claim("a");
  Claim("b");
  Claim("c");
  End(Pending("b"));
  End(Pending("a"));
  EXPECT_THAT(Turns(), ElementsAre("begin a", "begin c"));
}

TEST_F(LanesTest, LateEndOfAnEarlierAttemptEndsNothing) {
  Claim("a");
  state::MessageRow second = Pending("a");
  second.attempt = 2;
  End(Pending("a"), v1::MESSAGE_STATE_FAILED);
  ASSERT_THAT(Reserve("again"), IsOk());
  Tell(second, "again");
  Claim("b");
  End(Pending("a"));
  EXPECT_THAT(Turns(), ElementsAre("begin a", "begin a"));
  EXPECT_TRUE(lanes_.IsPending(second));
  EXPECT_FALSE(lanes_.IsPending(Pending("a")));
  End(second);
  EXPECT_THAT(Turns(), ElementsAre("begin a", "begin a", "begin b"));
}

// ---- Who begins what --------------------------------------------------------

TEST_F(LanesTest, ForeignClaimIsNeverBegunHereAndHoldsUpWhatIsBehindIt) {
  Tell(Pending("theirs", kOther), "theirs");
  Claim("a");
  EXPECT_THAT(Turns(), IsEmpty());
  End(Pending("theirs", kOther));
  EXPECT_THAT(Turns(), ElementsAre("begin a"));
}

TEST_F(LanesTest, ClaimOfAnEarlierStartIsNeverBegun) {
  lanes_.Load({Pending("before", kMeBefore), Pending("theirs", kOther)});
  Claim("a");
  EXPECT_TRUE(lanes_.IsPending(Pending("before")));
  End(Pending("before", kMeBefore), v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_THAT(Turns(), IsEmpty());
  End(Pending("theirs", kOther));
  EXPECT_THAT(Turns(), ElementsAre("begin a"));
}

// Whatever the process before this one appended last may be applied when the
// feed is followed already; its caller is gone.
TEST_F(LanesTest,
       ClaimOfAnEarlierStartThatTheFeedTellsIsNeitherBegunNorFailed) {
  Tell(Pending("before", kMeBefore), "before");
  Claim("a");
  EXPECT_THAT(Turns(), IsEmpty());
  EXPECT_THAT(orphans_, IsEmpty());
  End(Pending("before", kMeBefore), v1::MESSAGE_STATE_UNCONFIRMED);
  EXPECT_THAT(Turns(), ElementsAre("begin a"));
}

// The state was read before the feed told of these.
TEST_F(LanesTest, WhatTheFeedToldBeforeTheLoadWins) {
  Tell(Pending("ended", kOther));
  End(Pending("ended", kOther));
  Tell(Pending("new", kOther));
  lanes_.Load({Pending("ended", kOther), Pending("new", kOther)});
  EXPECT_FALSE(lanes_.IsPending(Pending("ended")));
  Claim("a");
  End(Pending("new", kOther));
  EXPECT_THAT(Turns(), ElementsAre("begin a"));
}

// The journal could not say that the claim was stored, and its caller was told
// so.
TEST_F(LanesTest, OwnClaimThatNobodyWaitsForIsAnOrphan) {
  ASSERT_THAT(Reserve("a"), IsOk());
  lanes_.Withdraw("a");
  Tell(Pending("a"), "a");
  Claim("b");
  EXPECT_THAT(Turns(), IsEmpty());
  EXPECT_THAT(orphans_, ElementsAre("a content"));
  End(Pending("a"), v1::MESSAGE_STATE_FAILED);
  EXPECT_THAT(Turns(), ElementsAre("begin b"));
}

// ---- Bounds -----------------------------------------------------------------

TEST_F(LanesTest, LaneIsBounded) {
  for (std::size_t i = 0; i < Lanes::kMaxLane; ++i) {
    Claim(absl::StrCat("m", i));
  }
  const absl::Status refused = Reserve("more");
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(refused, HasReason("OVERLOADED"));
  EXPECT_GT(RetryDelayOf(refused), absl::ZeroDuration());
  EXPECT_THAT(Reserve("other", "888"), IsOk());
  End(Pending("m0"));
  EXPECT_THAT(Reserve("more"), IsOk());
}

TEST_F(LanesTest, PlacesThatAreAskedForCount) {
  for (std::size_t i = 0; i < Lanes::kMaxLane; ++i) {
    ASSERT_THAT(Reserve(absl::StrCat("m", i)), IsOk());
  }
  EXPECT_THAT(Reserve("more"), HasReason("OVERLOADED"));
  lanes_.Withdraw("m7");
  lanes_.Withdraw("m7");
  EXPECT_THAT(Reserve("more"), IsOk());
  EXPECT_THAT(Reserve("still more"), HasReason("OVERLOADED"));
}

TEST_F(LanesTest, AllTogetherAreBounded) {
  for (std::size_t i = 0; i < Lanes::kMaxAll; ++i) {
    ASSERT_THAT(Reserve(absl::StrCat("m", i), absl::StrCat(i)), IsOk());
  }
  const absl::Status refused = Reserve("more", "another");
  EXPECT_THAT(refused, HasReason("OVERLOADED"));
  EXPECT_GT(RetryDelayOf(refused), absl::ZeroDuration());
  lanes_.Withdraw("m7");
  EXPECT_THAT(Reserve("more", "another"), IsOk());
}

// ---- The end ----------------------------------------------------------------

TEST_F(LanesTest, WhatWaitsIsGivenUpAndNothingIsBegunAfterThat) {
  Claim("a");
  Claim("b");
  ASSERT_THAT(Reserve("late"), IsOk());
  lanes_.GiveUpWaiting();
  EXPECT_THAT(Turns(), ElementsAre("begin a", "drop b"));
  Tell(Pending("late"), "late");
  Claim("later", "888");
  EXPECT_THAT(Turns(),
              ElementsAre("begin a", "drop b", "drop late", "drop later"));
  End(Pending("a"));
  EXPECT_THAT(Turns(), testing::SizeIs(4));
}

TEST_F(LanesTest, WaitsForTheEndOfWhatIsItsOwn) {
  Tell(Pending("theirs", kOther), "theirs");
  Claim("a", "888");
  ASSERT_THAT(Reserve("b"), IsOk());
  auto waited = std::async(std::launch::async, [this] {
    lanes_.WaitUntilEnded(std::chrono::minutes(1));
  });
  lanes_.Withdraw("b");
  EXPECT_EQ(waited.wait_for(std::chrono::seconds(0)),
            std::future_status::timeout);
  End(Pending("a", kMe, "888"));
  EXPECT_EQ(waited.wait_for(std::chrono::seconds(30)),
            std::future_status::ready);
}

TEST_F(LanesTest, WaitsNoLongerThanItMay) {
  Claim("a");
  lanes_.WaitUntilEnded(std::chrono::milliseconds(1));
  EXPECT_TRUE(lanes_.IsPending(Pending("a")));
}

}  // namespace
}  // namespace linktor::messaging
