#include "server/messaging/refusals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace linktor::messaging {
namespace {

using ClaimKind = state::ClaimAnswer::Kind;

// This is 15 January 2027, 08:00:00 UTC.
constexpr std::int64_t kWroteMs = 1'800'000'000'000;
constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;

class RefusalsTest : public ::testing::Test {
 protected:
  RefusalsTest() {
    claim_.set_channel_id("ch_1");
    claim_.set_user_id("777");
    claim_.set_request_id("r1");
    claim_.set_quota(200);
  }
  absl::Status Refusal(ClaimKind kind, std::int64_t time_ms = 0,
                       std::int64_t now_ms = kWroteMs) {
    return RefusalOf({.kind = kind, .message = {}, .time_ms = time_ms}, claim_,
                     now_ms);
  }

  journal::Claim claim_;
};

TEST_F(RefusalsTest, ReusedRequestId) {
  const absl::Status refusal = Refusal(ClaimKind::kReused);
  EXPECT_THAT(refusal, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(refusal, HasReason("REQUEST_ID_REUSED"));
  EXPECT_THAT(refusal, HasMetadata("request_id", "r1"));
  EXPECT_EQ(refusal.message(),
            "the request id was used for another message; use a new one");
}

TEST_F(RefusalsTest, DeletedChannel) {
  const absl::Status refusal = Refusal(ClaimKind::kChannelGone);
  EXPECT_THAT(refusal, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(refusal, HasReason("CHANNEL_NOT_FOUND"));
  EXPECT_THAT(refusal, HasMetadata("channel_id", "ch_1"));
  EXPECT_EQ(refusal.message(), "channel 'ch_1' was deleted");
}

TEST_F(RefusalsTest, ClosedWindowNamesTheHumanAgentsWhileThatIsOpen) {
  const absl::Status soon =
      Refusal(ClaimKind::kWindowClosed, kWroteMs, kWroteMs + kDayMs);
  EXPECT_THAT(soon, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(soon, HasReason("OUTSIDE_MESSAGING_WINDOW"));
  EXPECT_THAT(soon, HasMetadata("window_close_time", "2027-01-16T08:00:00Z"));
  EXPECT_THAT(soon,
              HasMetadata("human_agent_close_time", "2027-01-22T08:00:00Z"));
  const absl::Status late =
      Refusal(ClaimKind::kWindowClosed, kWroteMs, kWroteMs + 7 * kDayMs);
  EXPECT_THAT(late, HasMetadata("window_close_time", "2027-01-16T08:00:00Z"));
  EXPECT_FALSE(ErrorInfoOf(late).metadata().contains("human_agent_close_time"));
}

TEST_F(RefusalsTest, ClosedWindowOfTheHumanAgent) {
  const absl::Status refusal =
      Refusal(ClaimKind::kHumanAgentWindowClosed, kWroteMs);
  EXPECT_THAT(refusal, HasReason("HUMAN_AGENT_WINDOW_CLOSED"));
  EXPECT_THAT(refusal,
              HasMetadata("window_close_time", "2027-01-22T08:00:00Z"));
}

TEST_F(RefusalsTest, CustomerWhoHasNeverWritten) {
  EXPECT_THAT(Refusal(ClaimKind::kNeverWritten),
              HasReason("USER_HAS_NOT_WRITTEN"));
}

TEST_F(RefusalsTest, CustomerWhoWantsNoMessages) {
  const absl::Status refusal = Refusal(ClaimKind::kOptedOut, kWroteMs);
  EXPECT_THAT(refusal, HasReason("RECIPIENT_OPTED_OUT"));
  EXPECT_THAT(refusal, HasMetadata("opt_out_time", "2027-01-15T08:00:00Z"));
}

TEST_F(RefusalsTest, QuotaSaysWhenItAllowsTheNext) {
  const absl::Status refusal =
      Refusal(ClaimKind::kOverQuota, kWroteMs + 1500, kWroteMs);
  EXPECT_THAT(refusal, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(refusal, HasReason("RATE_LIMITED"));
  EXPECT_THAT(refusal, HasMetadata("limit", "200"));
  EXPECT_THAT(refusal, HasMetadata("limited_by", "linktor"));
  EXPECT_EQ(RetryDelayOf(refusal), absl::Milliseconds(1500));
}

}  // namespace
}  // namespace linktor::messaging
