// users get, against a server in this process.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/proto_matchers.h"
#include "tests/unit/cli/local_server.h"

namespace linktor::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using UsersTest = LocalServerTest;

TEST_F(UsersTest, GetShowsTheProfile) {
  messaging_.profile.set_user_id("61");
  messaging_.profile.set_username("ana");
  messaging_.profile.set_name("Ana");
  messaging_.profile.set_follower_count(0);
  messaging_.profile.set_is_user_follow_business(true);
  const Outcome outcome = RunCli({"users", "get", "ch", "61"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(
      messaging_.profiled, ElementsAre(EqualsProto(R"pb(channel_id: "ch"
                                                        user_id: "61")pb")));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("username        @ana\n"),
                                 HasSubstr("name            Ana\n"),
                                 HasSubstr("followers       0\n"),
                                 HasSubstr("follows you     yes\n")));
  // Instagram did not say whether they are verified.
  EXPECT_THAT(outcome.out, Not(HasSubstr("verified")));
}

TEST_F(UsersTest, RefreshIsPassedOn) {
  EXPECT_EQ(RunCli({"users", "get", "ch", "61", "--refresh"}).status, 0);
  EXPECT_THAT(messaging_.profiled,
              ElementsAre(EqualsProto(R"pb(channel_id: "ch"
                                           user_id: "61"
                                           refresh: true)pb")));
}

TEST_F(UsersTest, MissingConsentIsExplained) {
  messaging_.status =
      Refused(grpc::StatusCode::FAILED_PRECONDITION, "USER_CONSENT_REQUIRED");
  const Outcome outcome = RunCli({"users", "get", "ch", "61"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("has written"),
                    HasSubstr("linktor-ig conversations get ch 61")));
}

TEST_F(UsersTest, GetNeedsAUser) {
  EXPECT_EQ(RunCli({"users", "get", "ch"}).status, 2);
  EXPECT_THAT(messaging_.profiled, IsEmpty());
}

}  // namespace
}  // namespace linktor::cli
