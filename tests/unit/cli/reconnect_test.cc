// Going on after a break rests on how long to wait, whether to go on, and ids
// under which a send can be repeated.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "client/cli/backoff.h"
#include "client/cli/request_id.h"
#include "client/cli/tail.h"

namespace linktor::cli {
namespace {

using ::testing::MatchesRegex;

TEST(BackoffTest, DoublesUpToTheMost) {
  Backoff backoff([] { return 0.9999999; });
  absl::Duration last;
  for (int i = 0; i < 20; ++i) {
    const absl::Duration wait = backoff.Next();
    EXPECT_GE(wait, last);
    EXPECT_LE(wait, Backoff::kMost);
    last = wait;
  }
  EXPECT_GT(last, Backoff::kMost * 0.99);
}

TEST(BackoffTest, IsBetweenHalfAndAllOfTheStep) {
  EXPECT_EQ(Backoff([] { return 0.0; }).Next(), Backoff::kFirst / 2);
  EXPECT_EQ(Backoff([] { return 0.5; }).Next(), Backoff::kFirst * 0.75);
}

TEST(BackoffTest, NeverLessThanTheServerAsksFor) {
  Backoff backoff([] { return 0.0; });
  EXPECT_EQ(backoff.Next(absl::Seconds(60)), absl::Seconds(60));
}

TEST(BackoffTest, BeginsAnewAfterASuccess) {
  Backoff backoff([] { return 0.0; });
  for (int i = 0; i < 5; ++i) (void)backoff.Next();
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), Backoff::kFirst / 2);
}

TEST(CanGoOnTest, AfterABreakButNotAfterARefusal) {
  using grpc::StatusCode;
  for (const StatusCode code :
       {StatusCode::OK, StatusCode::UNAVAILABLE, StatusCode::CANCELLED,
        StatusCode::RESOURCE_EXHAUSTED, StatusCode::ABORTED,
        StatusCode::INTERNAL, StatusCode::UNKNOWN,
        StatusCode::DEADLINE_EXCEEDED}) {
    EXPECT_TRUE(CanGoOn({code, ""})) << code;
  }
  for (const StatusCode code :
       {StatusCode::INVALID_ARGUMENT, StatusCode::OUT_OF_RANGE,
        StatusCode::NOT_FOUND, StatusCode::PERMISSION_DENIED,
        StatusCode::UNAUTHENTICATED, StatusCode::UNIMPLEMENTED}) {
    EXPECT_FALSE(CanGoOn({code, ""})) << code;
  }
}

TEST(RequestIdTest, GivenOneStaysAndNewOnesDiffer) {
  EXPECT_EQ(RequestIdOr("order-17"), "order-17");
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(RequestIdOr(""));
  EXPECT_EQ(ids.size(), 1000U);
  EXPECT_THAT(*ids.begin(), MatchesRegex("cli-[0-9a-f]{32}"));
}

}  // namespace
}  // namespace linktor::cli
