// What is refused before Instagram is asked: window, opt-out, quota.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

using ::testing::HasSubstr;

class PolicyTest : public ::testing::Test {
 protected:
  PolicyTest() : gateway_({"--sends-per-user-hour", "2"}) {
    gateway_.CreateChannel();
  }

  // Delivers a message of the customer that has this age.
  void Wrote(absl::Duration age) {
    ASSERT_EQ(gateway_.Post(
                  Gateway::TextBody(absl::StrCat("m", ++count_), "Hello", kUser,
                                    absl::ToUnixMillis(absl::Now() - age))),
              200);
  }
  grpc::Status Send(v1::MessageTag tag = v1::MESSAGE_TAG_UNSPECIFIED,
                    const std::string& to = kUser) {
    v1::SendMessageRequest request;
    request.set_channel_id(kChannel);
    request.set_to(to);
    request.mutable_content()->set_text("Hello");
    request.set_tag(tag);
    v1::SendMessageResponse response;
    return gateway_.messaging().SendMessage(Context().get(), request,
                                            &response);
  }
  v1::Conversation SetOptedOut(bool opted_out) {
    v1::UpdateConversationRequest request;
    request.mutable_conversation()->set_channel_id(kChannel);
    request.mutable_conversation()->set_user_id(kUser);
    request.mutable_conversation()->set_opted_out(opted_out);
    request.mutable_update_mask()->add_paths("opted_out");
    v1::UpdateConversationResponse response;
    const grpc::Status status = gateway_.messaging().UpdateConversation(
        Context().get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.conversation();
  }

  Gateway gateway_;
  int count_ = 0;
};

void ExpectRefused(const grpc::Status& status, grpc::StatusCode code,
                   const std::string& reason, const std::string& remedy) {
  EXPECT_EQ(status.error_code(), code) << status.error_message();
  const auto info = ErrorInfoOf(status);
  EXPECT_EQ(info.reason(), reason);
  EXPECT_THAT(info.metadata().at("remedy"), HasSubstr(remedy));
}

TEST_F(PolicyTest, WindowOfTwentyFourHours) {
  Wrote(absl::Hours(24) - absl::Minutes(1));
  EXPECT_TRUE(Send().ok());
}

TEST_F(PolicyTest, AfterTwentyFourHoursOnlyAHumanAgentMayAnswer) {
  Wrote(absl::Hours(24) + absl::Seconds(1));
  const grpc::Status refused = Send();
  ExpectRefused(refused, grpc::StatusCode::FAILED_PRECONDITION,
                "OUTSIDE_MESSAGING_WINDOW", "MESSAGE_TAG_HUMAN_AGENT");
  EXPECT_TRUE(ErrorInfoOf(refused).metadata().contains("window_close_time"));
  EXPECT_TRUE(
      ErrorInfoOf(refused).metadata().contains("human_agent_close_time"));
  EXPECT_EQ(gateway_.SendsReceived(), 0);
  EXPECT_TRUE(Send(v1::MESSAGE_TAG_HUMAN_AGENT).ok());
  const auto call = gateway_.instagram().graph_calls().Get().calls.back();
  EXPECT_EQ(call.body.at("tag").as_string(), "HUMAN_AGENT");
}

TEST_F(PolicyTest, AfterSevenDaysNobodyMay) {
  Wrote(absl::Hours(7 * 24) + absl::Seconds(1));
  ExpectRefused(Send(v1::MESSAGE_TAG_HUMAN_AGENT),
                grpc::StatusCode::FAILED_PRECONDITION,
                "HUMAN_AGENT_WINDOW_CLOSED", "Wait until the customer writes");
  const grpc::Status plain = Send();
  EXPECT_EQ(ErrorInfoOf(plain).reason(), "OUTSIDE_MESSAGING_WINDOW");
  EXPECT_FALSE(
      ErrorInfoOf(plain).metadata().contains("human_agent_close_time"));
}

TEST_F(PolicyTest, CustomersWriteFirstWhereTheChannelSaysSo) {
  EXPECT_TRUE(Send().ok());
  v1::UpdateChannelRequest request;
  request.mutable_channel()->set_id(kChannel);
  request.mutable_channel()->set_on_no_history(v1::NO_HISTORY_POLICY_REFUSE);
  request.mutable_update_mask()->add_paths("on_no_history");
  v1::UpdateChannelResponse response;
  ASSERT_TRUE(gateway_.channels()
                  .UpdateChannel(Context().get(), request, &response)
                  .ok());
  ExpectRefused(Send(), grpc::StatusCode::FAILED_PRECONDITION,
                "USER_HAS_NOT_WRITTEN", "Wait until the customer writes");
  Wrote(absl::ZeroDuration());
  EXPECT_TRUE(Send().ok());
}

TEST_F(PolicyTest, OptOutHoldsUntilItIsTakenBack) {
  const v1::Conversation out = SetOptedOut(true);
  EXPECT_TRUE(out.opted_out());
  EXPECT_TRUE(out.has_opt_out_time());
  gateway_.Restart();
  const grpc::Status refused = Send();
  ExpectRefused(refused, grpc::StatusCode::FAILED_PRECONDITION,
                "RECIPIENT_OPTED_OUT", "Do not write to this customer");
  EXPECT_TRUE(ErrorInfoOf(refused).metadata().contains("opt_out_time"));
  // Writing is not agreeing.
  Wrote(absl::ZeroDuration());
  EXPECT_EQ(ErrorInfoOf(Send()).reason(), "RECIPIENT_OPTED_OUT");
  EXPECT_FALSE(SetOptedOut(false).has_opt_out_time());
  EXPECT_TRUE(Send().ok());
}

TEST_F(PolicyTest, QuotaByCustomerAndHourOverARestart) {
  EXPECT_TRUE(Send().ok());
  EXPECT_TRUE(Send().ok());
  gateway_.Restart();
  const grpc::Status refused = Send();
  ExpectRefused(refused, grpc::StatusCode::RESOURCE_EXHAUSTED, "RATE_LIMITED",
                "RetryInfo");
  const auto retry = DetailOf<google::rpc::RetryInfo>(refused);
  EXPECT_GT(retry.retry_delay().seconds(), 3500);
  EXPECT_LE(retry.retry_delay().seconds(), 3600);
  const auto quota = DetailOf<google::rpc::QuotaFailure>(refused);
  ASSERT_EQ(quota.violations_size(), 1);
  EXPECT_EQ(quota.violations(0).subject(), absl::StrCat("user:", kUser));
  EXPECT_EQ(gateway_.SendsReceived(), 2);
  EXPECT_TRUE(Send(v1::MESSAGE_TAG_UNSPECIFIED, "6100000000000009").ok());
}

}  // namespace
}  // namespace linktor::testing
