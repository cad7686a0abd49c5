// The people: their control, and their profiles as the Graph API shows them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "emulator/user_list.h"
#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using ::testing::HasSubstr;

constexpr char kUserPath[] = "/emulator/users/6100000000000001";
constexpr char kProfile[] = "/v25.0/6100000000000001?fields=username,name";

class UserTest : public EmulatorTest {
 protected:
  json::value Put(std::string_view body) {
    const Reply reply = Control("PUT", kUserPath, body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.Json();
  }
};

TEST_F(UserTest, IsChangedMemberByMember) {
  Put(R"({"username":"ana"})");
  const json::value user =
      Put(R"({"blocked":true,"messages_allowed":false,"app_role":true,
              "exists":false,"last_message_age_s":60})");
  EXPECT_EQ(Text(user, "username"), "ana");
  EXPECT_EQ(Text(user, "name"), "User 0001");
  EXPECT_TRUE(user.at("blocked").as_bool());
  EXPECT_FALSE(user.at("messages_allowed").as_bool());
  EXPECT_TRUE(user.at("app_role").as_bool());
  EXPECT_FALSE(user.at("exists").as_bool());
  EXPECT_GE(user.at("last_message_age_s").as_int64(), 60);
  EXPECT_TRUE(
      Put(R"({"last_message_age_s":null})").at("last_message_age_s").is_null());
}

TEST_F(UserTest, CountsWhatWasSaid) {
  emulator_->PlayText(kCustomer, "Hi").IgnoreError();
  emulator_->Play(ReactionEvent(kCustomer, "m_1", "love")).IgnoreError();
  const std::string mid = Text(Send("Hello").Json(), "message_id");
  const json::value user = Control("GET", kUserPath).Json();
  EXPECT_EQ(user.at("written").as_int64(), 1);
  EXPECT_EQ(user.at("received").as_int64(), 1);
  EXPECT_EQ(Text(user, "last_received_mid"), mid);
  EXPECT_EQ(Control("GET", "/emulator/users").Json().at("users").at(0), user);
}

TEST_F(UserTest, MalformedRequestsGetASentence) {
  EXPECT_EQ(Control("GET", kUserPath).status, 404);
  EXPECT_EQ(Control("GET", "/emulator/users/ana").status, 400);
  EXPECT_EQ(Control("PUT", "/emulator/users/ana", "{}").status, 400);
  EXPECT_EQ(Control("DELETE", kUserPath).status, 405);
  EXPECT_EQ(Control("PUT", "/emulator/users").status, 405);
  for (const char* body :
       {"", R"({"user":"ana"})", R"({"blocked":"yes"})", R"({"name":1})",
        R"({"follower_count":-1})", R"({"profile_consent":"no"})",
        R"({"last_message_age_s":-1})", R"({"last_message_age_s":"1d"})"}) {
    const Reply reply = Control("PUT", kUserPath, body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_NE(Text(reply.Json(), "error"), "") << body;
  }
  EXPECT_TRUE(emulator_->users().empty());
}

TEST_F(UserTest, ProfileHasTheFieldsThatAreAskedFor) {
  Put(R"({"username":"ana","name":"Ana"})");
  EXPECT_EQ(Graph("GET", kProfile).Json(), *ParseJson(R"({
      "username":"ana","name":"Ana","id":"6100000000000001"})"));
  const json::value all =
      Graph("GET",
            "/6100000000000001?fields=profile_pic,follower_count,"
            "is_user_follow_business,is_business_follow_user,is_verified_user")
          .Json();
  EXPECT_EQ(all.as_object().size(), 6u);
  EXPECT_TRUE(all.at("profile_pic").is_null());
}

TEST_F(UserTest, ProfileShowsWhatWasSetOfIt) {
  Put(R"({"name":"","profile_pic":"https://e.x/p.jpg","follower_count":12,
          "is_user_follow_business":true,"is_verified_user":true})");
  EXPECT_EQ(Graph("GET",
                  "/6100000000000001?fields=name,profile_pic,follower_count,"
                  "is_user_follow_business,is_business_follow_user,"
                  "is_verified_user")
                .Json(),
            *ParseJson(R"({"name":null,"profile_pic":"https://e.x/p.jpg",
                           "follower_count":12,"is_user_follow_business":true,
                           "is_business_follow_user":false,
                           "is_verified_user":true,
                           "id":"6100000000000001"})"));
}

TEST_F(UserTest, ConsentCanBeTakenAway) {
  emulator_->PlayText(kCustomer, "Hi").IgnoreError();
  const json::value user = Put(R"({"profile_consent":false})");
  EXPECT_FALSE(user.at("profile_consent").as_bool());
  const Reply refused = Graph("GET", kProfile);
  EXPECT_EQ(ErrorCode(refused), 230);
  EXPECT_THAT(refused.body, HasSubstr("consent"));
  Put(R"({"profile_consent":true})");
  EXPECT_EQ(Graph("GET", kProfile).status, 200);
}

TEST_F(UserTest, ProfileIsMadeOnFirstUse) {
  EXPECT_EQ(Text(Graph("GET", kProfile).Json(), "username"), "user_0001");
  EXPECT_EQ(emulator_->users().size(), 1u);
}

TEST_F(UserTest, UnknownProfileFieldFailsTheCall) {
  const Reply reply = Graph("GET", "/61?fields=username,biography");
  EXPECT_EQ(ErrorCode(reply), 100);
  EXPECT_THAT(reply.body, HasSubstr("biography"));
  EXPECT_EQ(ErrorCode(Graph("POST", kProfile)), 100);
}

TEST_F(UserTest, StrictProfileNeedsConsent) {
  emulator_->Configure({.strict = true});
  EXPECT_EQ(ErrorCode(Graph("GET", kProfile)), 9010);
  Put(R"({"username":"ana"})");
  EXPECT_EQ(ErrorCode(Graph("GET", kProfile)), 230);
  emulator_->PlayText(kCustomer, "Hi").IgnoreError();
  EXPECT_EQ(Text(Graph("GET", kProfile).Json(), "username"), "ana");
}

TEST_F(UserTest, BlockedAccountSeesNoProfile) {
  Put(R"({"blocked":true})");
  EXPECT_EQ(Graph("GET", kProfile).Json(),
            *ParseJson(R"({"id":"6100000000000001"})"));
}

TEST(UserListTest, WindowIsOfTheLatestMessage) {
  UserList users;
  users.Wrote("61", absl::FromUnixSeconds(200));
  users.Wrote("61", absl::FromUnixSeconds(100));
  EXPECT_EQ(users.Find("61")->last_message, absl::FromUnixSeconds(200));
}

TEST(UserListTest, ForgetsTheOldestToTap) {
  UserList users;
  const std::vector<Offer> offer = {
      {.kind = Offer::Kind::kButton, .title = "More", .payload = "MORE"}};
  for (int i = 0; i <= 100; ++i) {
    users.Received("61", "m_" + std::to_string(i), offer);
  }
  ASSERT_EQ(users.Find("61")->tappable.size(), 100u);
  EXPECT_EQ(users.Find("61")->tappable.front().mid, "m_1");
}

}  // namespace
}  // namespace linktor::emulator
