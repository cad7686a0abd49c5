// These tests call GetUserProfile over real sockets. The emulator is Instagram.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

using emulator::FaultKind;

constexpr char kName[] = "Ada Who Writes";
constexpr char kUsername[] = "ada.who.writes";
constexpr char kPicture[] = "https://scontent.cdninstagram.com/ada.jpg";

class ProfileTest : public ::testing::Test {
 protected:
  ProfileTest() {
    gateway_.CreateChannel();
    for (const char* text : {kName, kUsername, kPicture}) gateway_.Watch(text);
    EXPECT_TRUE(gateway_.instagram()
                    .ChangeUser(kUser, {.username = kUsername,
                                        .name = kName,
                                        .profile_pic = kPicture,
                                        .follower_count = 12,
                                        .is_user_follow_business = true})
                    .ok());
  }

  grpc::Status Get(const std::string& user, bool refresh = false,
                   const std::string& channel = kChannel) {
    v1::GetUserProfileRequest request;
    request.set_channel_id(channel);
    request.set_user_id(user);
    if (refresh) request.set_refresh(true);
    v1::GetUserProfileResponse response;
    const grpc::Status status = gateway_.messaging().GetUserProfile(
        Context().get(), request, &response);
    profile_ = response.profile();
    return status;
  }
  // How often Instagram was asked about somebody.
  std::int64_t Asked() {
    const auto calls = gateway_.instagram().graph_calls().Get().calls;
    return std::count_if(calls.begin(), calls.end(), [](const auto& call) {
      return call.path.find("profile_pic") != std::string::npos;
    });
  }
  // Instagram refuses the channel whoever is asked about.
  void Deny() {
    ASSERT_TRUE(gateway_.instagram()
                    .AddFault({.on = "user_profile",
                               .kind = FaultKind::kGraphError,
                               .times = 0,
                               .error = {.status = 403,
                                         .code = 200,
                                         .subcode = 2534048,
                                         .message = "No Advanced Access"}})
                    .ok());
  }
  // How many lines of the log hold all of these.
  std::int64_t Lines(const std::vector<std::string>& parts) {
    const std::vector<std::string> lines =
        absl::StrSplit(gateway_.server().output(), '\n');
    return std::count_if(
        lines.begin(), lines.end(), [&](const std::string& line) {
          return std::all_of(parts.begin(), parts.end(),
                             [&](const std::string& part) {
                               return line.find(part) != std::string::npos;
                             });
        });
  }

  Gateway gateway_;
  v1::UserProfile profile_;
};

TEST_F(ProfileTest, IsWhatInstagramShows) {
  const grpc::Status status = Get(kUser);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(profile_.user_id(), kUser);
  EXPECT_EQ(profile_.username(), kUsername);
  EXPECT_EQ(profile_.name(), kName);
  EXPECT_EQ(profile_.profile_picture_url(), kPicture);
  EXPECT_EQ(profile_.follower_count(), 12);
  EXPECT_TRUE(profile_.is_user_follow_business());
  EXPECT_TRUE(profile_.has_is_verified_user());
  EXPECT_FALSE(profile_.is_verified_user());
  EXPECT_TRUE(profile_.has_fetch_time());
  EXPECT_FALSE(profile_.has_profile_picture_url_expire_time())
      << "the link does not say when it ends";
}

// Instagram tells nothing of somebody who has blocked the account.
TEST_F(ProfileTest, WhatInstagramDoesNotSupplyIsAbsent) {
  ASSERT_TRUE(gateway_.instagram().ChangeUser(kUser, {.blocked = true}).ok());
  ASSERT_TRUE(Get(kUser).ok());
  EXPECT_EQ(profile_.user_id(), kUser);
  EXPECT_FALSE(profile_.has_username());
  EXPECT_FALSE(profile_.has_follower_count());
  EXPECT_FALSE(profile_.has_is_verified_user());
}

TEST_F(ProfileTest, IsKeptUntilARefreshIsAskedFor) {
  ASSERT_TRUE(Get(kUser).ok());
  ASSERT_TRUE(
      gateway_.instagram().ChangeUser(kUser, {.follower_count = 13}).ok());
  ASSERT_TRUE(Get(kUser).ok());
  EXPECT_EQ(profile_.follower_count(), 12);
  EXPECT_EQ(Asked(), 1);
  ASSERT_TRUE(Get(kUser, /*refresh=*/true).ok());
  EXPECT_EQ(profile_.follower_count(), 13);
  EXPECT_EQ(Asked(), 2);
}

// The look-up of the name for events had all of it.
TEST_F(ProfileTest, IsKnownOfACustomerWhoHasWritten) {
  ASSERT_TRUE(gateway_.instagram().PlayText(kUser, "Hi").ok());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (gateway_.GetConversation().username().empty() &&
         std::chrono::steady_clock::now() < end) {
  }
  ASSERT_TRUE(Get(kUser).ok());
  EXPECT_EQ(profile_.name(), kName);
  EXPECT_EQ(Asked(), 1);
}

TEST_F(ProfileTest, CallsAtOnceShareOneQuestion) {
  ASSERT_TRUE(gateway_.instagram()
                  .AddFault({.on = "user_profile",
                             .kind = FaultKind::kDelay,
                             .times = 0,
                             .delay = absl::Seconds(1)})
                  .ok());
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([this] {
      v1::GetUserProfileRequest request;
      request.set_channel_id(kChannel);
      request.set_user_id(kUser);
      v1::GetUserProfileResponse response;
      const grpc::Status status = gateway_.messaging().GetUserProfile(
          Context().get(), request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      EXPECT_EQ(response.profile().username(), kUsername);
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(Asked(), 1);
}

// ---- Refusals ---------------------------------------------------------------

TEST_F(ProfileTest, WithoutConsentThereIsAReason) {
  ASSERT_TRUE(
      gateway_.instagram().ChangeUser(kUser, {.profile_consent = false}).ok());
  const grpc::Status status = Get(kUser);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "USER_CONSENT_REQUIRED");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("graph_code"), "230");
  EXPECT_THAT(ErrorInfoOf(status).metadata().at("remedy"),
              ::testing::HasSubstr("has written"));
  EXPECT_TRUE(Get("6100000000000077").ok()) << "it concerns one person";
}

TEST_F(ProfileTest, UnknownPeopleAndChannelsAreNotFound) {
  ASSERT_TRUE(gateway_.instagram().ChangeUser("599", {.exists = false}).ok());
  EXPECT_EQ(ErrorInfoOf(Get("599")).reason(), "RECIPIENT_NOT_FOUND");
  EXPECT_EQ(ErrorInfoOf(Get(kUser, false, "ch_none")).reason(),
            "CHANNEL_NOT_FOUND");
  EXPECT_EQ(ErrorInfoOf(Get("@ada")).reason(), "INVALID_REQUEST");
}

// Fifty customers would be refused alike.
TEST_F(ProfileTest, RefusalOfTheChannelIsAskedForAndToldOnce) {
  Deny();
  const grpc::Status first = Get(kUser);
  EXPECT_EQ(ErrorInfoOf(first).reason(), "APP_NOT_APPROVED");
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(gateway_.Post(Gateway::TextBody(absl::StrCat("mid.", i), "Hello",
                                              absl::StrCat(610'000 + i))),
              200);
  }
  const std::vector<v1::Event> events = gateway_.AllEvents();
  EXPECT_EQ(events.size(), 50U);
  for (const v1::Event& event : events) EXPECT_EQ(event.username(), "");
  for (const bool refresh : {false, true}) {
    const grpc::Status refused = Get("610001", refresh);
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(ErrorInfoOf(refused).reason(), "APP_NOT_APPROVED");
    EXPECT_EQ(ErrorInfoOf(refused).metadata().at("graph_subcode"), "2534048");
    const auto retry = DetailOf<google::rpc::RetryInfo>(refused);
    EXPECT_GT(retry.retry_delay().seconds(), 3000);
    EXPECT_LE(retry.retry_delay().seconds(), 3600);
  }
  EXPECT_EQ(Asked(), 1);
  EXPECT_EQ(Lines({"call to Meta failed", "user_profile"}), 1);
}

TEST_F(ProfileTest, NewCredentialsEndTheRest) {
  Deny();
  EXPECT_EQ(ErrorInfoOf(Get(kUser)).reason(), "APP_NOT_APPROVED");
  gateway_.instagram().faults().Clear();
  EXPECT_EQ(ErrorInfoOf(Get(kUser)).reason(), "APP_NOT_APPROVED");
  v1::SetChannelCredentialsRequest request;
  request.set_channel_id(kChannel);
  request.set_access_token("another-access-token");
  v1::SetChannelCredentialsResponse response;
  ASSERT_TRUE(gateway_.channels()
                  .SetChannelCredentials(Context().get(), request, &response)
                  .ok());
  EXPECT_TRUE(Get(kUser).ok());
  EXPECT_EQ(Asked(), 2);
}

// Names are stored sealed, and nothing else of a profile at all.
TEST_F(ProfileTest, NothingOfItSurvivesARestart) {
  ASSERT_TRUE(Get(kUser).ok());
  gateway_.Restart();
  ASSERT_TRUE(Get(kUser).ok());
  EXPECT_EQ(Asked(), 2);
}

}  // namespace
}  // namespace linktor::testing
