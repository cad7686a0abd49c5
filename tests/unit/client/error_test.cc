#include "linktor/instagram/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/client/fake_gateway.h"

namespace linktor::instagram {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ErrorTest, ReadsEveryDetail) {
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field("content.text");
  violation->set_description("is too long");
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(2);
  retry.mutable_retry_delay()->set_nanos(500'000'000);
  const Error error = ErrorOf(WithDetails(
      grpc::StatusCode::INVALID_ARGUMENT, "content.text is too long",
      Info("INVALID_CONTENT", {{"remedy", "Shorten it."}, {"most", "1000"}}),
      bad, retry));
  EXPECT_EQ(error.kind, Error::Kind::kCall);
  EXPECT_EQ(error.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(error.reason, "INVALID_CONTENT");
  EXPECT_EQ(error.remedy, "Shorten it.");
  EXPECT_THAT(error.metadata, ElementsAre(Pair("most", "1000")));
  ASSERT_EQ(error.violations.size(), 1U);
  EXPECT_EQ(error.violations[0].field, "content.text");
  EXPECT_EQ(error.retry_delay, std::chrono::milliseconds(2500));
  EXPECT_EQ(ToString(error),
            "INVALID_ARGUMENT INVALID_CONTENT: content.text is too long "
            "(what to do: Shorten it.)");
}

TEST(ErrorTest, AReasonOfAnotherDomainIsNone) {
  google::rpc::ErrorInfo info = Info("RATE_LIMITED");
  info.set_domain("proxy.example");
  const Error error =
      ErrorOf(WithDetails(grpc::StatusCode::UNAVAILABLE, "no upstream", info));
  EXPECT_EQ(error.reason, "");
  EXPECT_EQ(ToString(error), "UNAVAILABLE: no upstream");
}

TEST(ErrorTest, DetailsThatAreNoneAreLeftOut) {
  const Error error =
      ErrorOf({grpc::StatusCode::INTERNAL, "broken", "\xff\xff"});
  EXPECT_EQ(error.code, grpc::StatusCode::INTERNAL);
  EXPECT_EQ(error.message, "broken");
  EXPECT_EQ(error.reason, "");
}

TEST(ErrorTest, NamesOfCodes) {
  EXPECT_EQ(CodeName(grpc::StatusCode::OK), "OK");
  EXPECT_EQ(CodeName(grpc::StatusCode::CANCELLED), "CANCELLED");
  EXPECT_EQ(CodeName(grpc::StatusCode::UNAUTHENTICATED), "UNAUTHENTICATED");
  EXPECT_EQ(CodeName(static_cast<grpc::StatusCode>(20)), "code 20");
}

// Its remedy speaks of the last call, and an earlier one got lost.
TEST(ErrorTest, ARefusalAfterALostCallTellsNoRemedy) {
  Error error =
      ErrorOf(WithDetails(grpc::StatusCode::UNAVAILABLE, "going",
                          Info("DRAINING", {{"remedy", "Nothing was done."}})));
  error.outcome_unknown = true;
  error.request_id = "r1";
  EXPECT_EQ(ToString(error),
            "UNAVAILABLE DRAINING: going; it may have been done all the same: "
            "repeat it with the request id r1 only");
  error.reason = "SEND_OUTCOME_UNKNOWN";
  error.remedy = "Wait for the echo.";
  EXPECT_EQ(ToString(error),
            "UNAVAILABLE SEND_OUTCOME_UNKNOWN: going (what to do: Wait for the "
            "echo.)");
}

TEST(ErrorTest, ADelayIsADayAtMost) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(300'000'000'000);
  EXPECT_EQ(ErrorOf(WithDetails(grpc::StatusCode::UNAVAILABLE, "later", retry))
                .retry_delay,
            std::chrono::hours(24));
}

TEST(ErrorTest, AViolationThatTheMessageLacksIsAdded) {
  EXPECT_EQ(ToString({.kind = Error::Kind::kRefused,
                      .message = "the request is wrong",
                      .violations = {{"to", "is empty"}}}),
            "the request is wrong; to: is empty");
}

}  // namespace
}  // namespace linktor::instagram
