// How many calls a customer gets within an hour.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ClaimKind = ClaimAnswer::Kind;

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
    std::vector<SealedRecord> claims;
    for (int i = 0; i < count; ++i) {
      spec.request_id = absl::StrCat("many", ++made_);
      spec.now_ms = first_ms + i * kSecondMs;
      claims.emplace_back(MakeClaim(rig_.sealer(), spec));
    }
    int claimed = 0;
    for (const journal::Ending& ending :
         rig_.AppendTogether(std::move(claims))) {
      if (std::get<ClaimAnswer>(ending.answer).kind == ClaimKind::kClaimed) {
        ++claimed;
      }
    }
    return claimed;
  }
  ClaimAnswer ClaimAt(std::int64_t now_ms, ClaimSpec spec = {}) {
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
  EXPECT_EQ(ClaimAt(kNowMs + 30 * kMinuteMs).kind, ClaimKind::kClaimed);
  EXPECT_EQ(ClaimAt(kNowMs + 40 * kMinuteMs).kind, ClaimKind::kOverQuota);
}

TEST_F(QuotaTest, RefusalSaysWhen) {
  ClaimMany(kQuota, kNowMs);
  EXPECT_EQ(ClaimAt(kNowMs + 40 * kMinuteMs).time_ms, kNowMs + kHourMs)
      << "when the oldest call is an hour old";
}

TEST_F(QuotaTest, AllowedAgainExactlyAnHourAfterTheOldestCall) {
  ClaimMany(kQuota, kNowMs);
  EXPECT_EQ(ClaimAt(kNowMs + kHourMs - 1).kind, ClaimKind::kOverQuota);
  EXPECT_EQ(ClaimAt(kNowMs + kHourMs).kind, ClaimKind::kClaimed);
  // One place was free; the next is a second later.
  const ClaimAnswer next = ClaimAt(kNowMs + kHourMs);
  EXPECT_EQ(next.kind, ClaimKind::kOverQuota);
  EXPECT_EQ(next.time_ms, kNowMs + kHourMs + kSecondMs);
  EXPECT_EQ(ClaimAt(kNowMs + kHourMs + kSecondMs).kind, ClaimKind::kClaimed);
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
  const ClaimAnswer unlimited =
      rig_.Claim({.request_id = "u", .now_ms = kNowMs + kMinuteMs});
  EXPECT_EQ(unlimited.kind, ClaimKind::kClaimed);
  EXPECT_EQ(Counted(), kQuota + 1);
}

TEST_F(QuotaTest, OtherCustomersAndChannelsAreNotAffected) {
  ClaimMany(kQuota, kNowMs);
  const std::int64_t now = kNowMs + 10 * kMinuteMs;
  EXPECT_EQ(ClaimAt(now).kind, ClaimKind::kOverQuota);
  EXPECT_EQ(ClaimAt(now, {.user = "502"}).kind, ClaimKind::kClaimed);
  EXPECT_EQ(ClaimAt(now, {.channel = kCafe}).kind, ClaimKind::kClaimed);
}

TEST_F(QuotaTest, SurvivesRestart) {
  ClaimMany(kQuota, kNowMs);
  rig_.Reopen();
  EXPECT_EQ(ClaimAt(kNowMs + 10 * kMinuteMs).kind, ClaimKind::kOverQuota);
  EXPECT_EQ(ClaimAt(kNowMs + kHourMs).kind, ClaimKind::kClaimed);
}

TEST_F(QuotaTest, ReplayIsNotCountedNorRefused) {
  const MessageRow sent = rig_.Claim({.request_id = "r", .quota = 1}).message;
  EXPECT_EQ(rig_.Claim({.request_id = "r", .quota = 1}).kind,
            ClaimKind::kInFlight);
  rig_.Settle(sent, {.mid = "m1"});
  EXPECT_EQ(rig_.Claim({.request_id = "r", .quota = 1}).kind,
            ClaimKind::kEnded);
  EXPECT_EQ(rig_.Claim({.text = "other", .request_id = "r", .quota = 1}).kind,
            ClaimKind::kReused);
  EXPECT_EQ(Counted(), 1);
}

TEST_F(QuotaTest, RetriedFailureIsCountedAgain) {
  const ClaimSpec spec{.request_id = "r", .quota = 2};
  const MessageRow first = rig_.Claim(spec).message;
  rig_.Settle(first, {.state = v1::MESSAGE_STATE_FAILED});
  // The second attempt begins in the same millisecond.
  const MessageRow second = rig_.Claim(spec).message;
  ASSERT_EQ(second.attempt, 2);
  EXPECT_EQ(Counted(), 2);
  rig_.Settle(second, {.state = v1::MESSAGE_STATE_FAILED});
  const ClaimAnswer third = rig_.Claim(spec);
  EXPECT_EQ(third.kind, ClaimKind::kOverQuota);
  EXPECT_EQ(rig_.Message(first.id).state, v1::MESSAGE_STATE_FAILED)
      << "left for another try";
}

TEST_F(QuotaTest, CallsInOneMillisecondCountEach) {
  constexpr int kCalls = 3;
  std::vector<SealedRecord> claims;
  claims.reserve(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    claims.emplace_back(MakeClaim(
        rig_.sealer(), {.request_id = absl::StrCat("r", i), .quota = 2}));
  }
  const auto endings = rig_.AppendTogether(std::move(claims));
  EXPECT_EQ(std::get<ClaimAnswer>(endings[1].answer).kind, ClaimKind::kClaimed);
  EXPECT_EQ(std::get<ClaimAnswer>(endings[2].answer).kind,
            ClaimKind::kOverQuota);
}

TEST_F(QuotaTest, SmallerQuotaCountsTheLatest) {
  ClaimMany(10, kNowMs);
  const ClaimAnswer refused = ClaimAt(kNowMs + 10 * kSecondMs, {.quota = 4});
  // The fourth latest was at + 6 s.
  EXPECT_EQ(refused.time_ms, kNowMs + 6 * kSecondMs + kHourMs);
}

}  // namespace
}  // namespace linktor::state
