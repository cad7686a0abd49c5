// How many calls a customer gets within an hour.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/base/status.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using ::testing::HasSubstr;
using Kind = ClaimOutcome::Kind;

// Instagram's own.
constexpr int kQuota = 200;

class QuotaTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    rig_.Create(kCafe);
  }

  // Claims `count` messages, one every second from `first_ms` on. Returns how
  // many were allowed.
  int ClaimMany(int count, std::int64_t first_ms, ClaimSpec spec = {}) {
    spec.quota = kQuota;
    std::vector<Record> claims;
    for (int i = 0; i < count; ++i) {
      spec.request_id = absl::StrCat("many", ++made_);
      spec.now_ms = first_ms + i * kSecondMs;
      claims.emplace_back(MakeClaim(rig_.sealer(), spec));
    }
    int claimed = 0;
    for (const auto& outcome : rig_.AppendTogether(std::move(claims))) {
      if (std::get<ClaimOutcome>(*outcome).kind == Kind::kClaimed) ++claimed;
    }
    return claimed;
  }
  ClaimOutcome ClaimAt(std::int64_t now_ms, ClaimSpec spec = {}) {
    spec.request_id = absl::StrCat("one", ++made_);
    spec.now_ms = now_ms;
    if (spec.quota == 0) spec.quota = kQuota;
    return rig_.Claim(spec);
  }
  std::int64_t Counted() {
    return rig_.Number("SELECT count(*) FROM send_calls");
  }

  StoreRig rig_;
  int made_ = 0;
};

TEST_F(QuotaTest, The200thPassesAndThe201stWithinTheHourIsRefused) {
  EXPECT_EQ(ClaimMany(kQuota - 1, kNowMs), kQuota - 1);
  EXPECT_EQ(ClaimAt(kNowMs + 30 * kMinuteMs).kind, Kind::kClaimed);
  const ClaimOutcome refused = ClaimAt(kNowMs + 40 * kMinuteMs);
  EXPECT_EQ(refused.kind, Kind::kRefused);
  EXPECT_THAT(refused.refusal, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(refused.refusal, HasReason("RATE_LIMITED"));
}

TEST_F(QuotaTest, RefusalSaysWhenAndWhichLimit) {
  ClaimMany(kQuota, kNowMs);
  const absl::Status refusal = ClaimAt(kNowMs + 40 * kMinuteMs).refusal;
  // Until the oldest call is an hour old.
  EXPECT_EQ(RetryDelayOf(refusal), absl::Minutes(20));
  EXPECT_THAT(refusal, HasMetadata("limit", "200"));
  EXPECT_THAT(refusal, HasMetadata("period", "3600s"));
  EXPECT_THAT(refusal, HasMetadata("limited_by", "linktor"));
  google::rpc::QuotaFailure quota;
  const google::rpc::Status told = ToRpcStatus(refusal);
  for (const auto& detail : told.details()) detail.UnpackTo(&quota);
  ASSERT_EQ(quota.violations_size(), 1);
  EXPECT_EQ(quota.violations(0).subject(), "user:501");
  EXPECT_THAT(quota.violations(0).description(), HasSubstr("200"));
}

TEST_F(QuotaTest, TheTextsTimeIsNotTooEarly) {
  const ClaimSpec one{.quota = 1};
  EXPECT_EQ(ClaimAt(kNowMs + 1, one).kind, Kind::kClaimed);
  // kNowMs is at a whole second: an hour after the call is one millisecond
  // beyond one.
  EXPECT_THAT(std::string(ClaimAt(kNowMs + 2, one).refusal.message()),
              HasSubstr("2026-09-21T15:13:21Z"));
}

TEST_F(QuotaTest, AllowedAgainExactlyAnHourAfterTheOldestCall) {
  ClaimMany(kQuota, kNowMs);
  EXPECT_EQ(ClaimAt(kNowMs + kHourMs - 1).kind, Kind::kRefused);
  EXPECT_EQ(ClaimAt(kNowMs + kHourMs).kind, Kind::kClaimed);
  // One place was free; the next is a second later.
  const ClaimOutcome next = ClaimAt(kNowMs + kHourMs);
  EXPECT_EQ(next.kind, Kind::kRefused);
  EXPECT_EQ(RetryDelayOf(next.refusal), absl::Seconds(1));
  EXPECT_EQ(ClaimAt(kNowMs + kHourMs + kSecondMs).kind, Kind::kClaimed);
}

TEST_F(QuotaTest, RefusedClaimIsNotCounted) {
  ClaimMany(kQuota, kNowMs);
  EXPECT_EQ(ClaimMany(50, kNowMs + 30 * kMinuteMs), 0);
  EXPECT_EQ(Counted(), kQuota);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM messages"), kQuota);
  // All places are free an hour after the last of them.
  EXPECT_EQ(ClaimMany(kQuota, kNowMs + kHourMs + kQuota * kSecondMs), kQuota);
}

TEST_F(QuotaTest, NoQuotaIsNoLimitButCounts) {
  ClaimMany(kQuota, kNowMs);
  const ClaimOutcome unlimited =
      rig_.Claim({.request_id = "u", .now_ms = kNowMs + kMinuteMs});
  EXPECT_EQ(unlimited.kind, Kind::kClaimed);
  EXPECT_EQ(Counted(), kQuota + 1);
}

TEST_F(QuotaTest, OtherCustomersAndChannelsAreNotAffected) {
  ClaimMany(kQuota, kNowMs);
  const std::int64_t now = kNowMs + 10 * kMinuteMs;
  EXPECT_EQ(ClaimAt(now).kind, Kind::kRefused);
  EXPECT_EQ(ClaimAt(now, {.user = "502"}).kind, Kind::kClaimed);
  EXPECT_EQ(ClaimAt(now, {.channel = kCafe}).kind, Kind::kClaimed);
}

TEST_F(QuotaTest, SurvivesRestart) {
  ClaimMany(kQuota, kNowMs);
  rig_.Reopen();
  EXPECT_EQ(ClaimAt(kNowMs + 10 * kMinuteMs).kind, Kind::kRefused);
  EXPECT_EQ(ClaimAt(kNowMs + kHourMs).kind, Kind::kClaimed);
}

TEST_F(QuotaTest, ReplayIsNotCountedNorRefused) {
  const MessageRow sent = rig_.Claim({.request_id = "r", .quota = 1}).message;
  EXPECT_EQ(rig_.Claim({.request_id = "r", .quota = 1}).kind, Kind::kInFlight);
  rig_.Settle(sent, {.mid = "m1"});
  EXPECT_EQ(rig_.Claim({.request_id = "r", .quota = 1}).kind, Kind::kEnded);
  EXPECT_EQ(rig_.Claim({.text = "other", .request_id = "r", .quota = 1}).kind,
            Kind::kReused);
  EXPECT_EQ(Counted(), 1);
}

TEST_F(QuotaTest, RetriedFailureIsCountedAgain) {
  const ClaimSpec spec{.request_id = "r", .quota = 2};
  const MessageRow first = rig_.Claim(spec).message;
  rig_.Settle(first, {.state = v1::MESSAGE_STATE_FAILED});
  // In the same millisecond.
  const MessageRow second = rig_.Claim(spec).message;
  ASSERT_EQ(second.attempt, 2);
  EXPECT_EQ(Counted(), 2);
  rig_.Settle(second, {.state = v1::MESSAGE_STATE_FAILED});
  const ClaimOutcome third = rig_.Claim(spec);
  EXPECT_THAT(third.refusal, HasReason("RATE_LIMITED"));
  EXPECT_EQ(rig_.Message(first.id).state, v1::MESSAGE_STATE_FAILED)
      << "left for another try";
}

TEST_F(QuotaTest, CallsInOneMillisecondCountEach) {
  constexpr int kCalls = 3;
  std::vector<Record> claims;
  claims.reserve(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    claims.emplace_back(MakeClaim(
        rig_.sealer(), {.request_id = absl::StrCat("r", i), .quota = 2}));
  }
  const auto outcomes = rig_.AppendTogether(std::move(claims));
  EXPECT_EQ(std::get<ClaimOutcome>(*outcomes[1]).kind, Kind::kClaimed);
  EXPECT_EQ(std::get<ClaimOutcome>(*outcomes[2]).kind, Kind::kRefused);
}

TEST_F(QuotaTest, SmallerQuotaCountsTheLatest) {
  ClaimMany(10, kNowMs);
  const ClaimOutcome refused = ClaimAt(kNowMs + 10 * kSecondMs, {.quota = 4});
  // The fourth latest was at + 6 s.
  EXPECT_EQ(RetryDelayOf(refused.refusal), absl::Hours(1) - absl::Seconds(4));
}

}  // namespace
}  // namespace linktor
