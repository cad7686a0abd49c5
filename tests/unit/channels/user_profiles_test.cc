// These tests run UserProfiles with a real registry, a fake clock and a fake
// Instagram.

#include "server/channels/user_profiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/willing_graph.h"
#include "tests/support/log_capture.h"
#include "tests/support/proto_matchers.h"
#include "tests/unit/channels/channels_fixture.h"

namespace linktor::channels {
namespace {

using ::testing::ElementsAre;

// Keeps the questions until the test answers them.
class FakeProfiles final : public WillingGraph {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<v1::UserProfile>)>;

  void GetUserProfile(const graph::GraphAccount& account,
                      std::string_view user_id, Done done) override {
    asked.push_back(
        absl::StrCat(account.channel_id, "/", std::string(user_id)));
    waiting.push_back(std::move(done));
  }
  // Answers the oldest question.
  void Answer(absl::StatusOr<v1::UserProfile> profile) {
    ASSERT_FALSE(waiting.empty()) << "nobody is asked about";
    Done done = std::move(waiting.front());
    waiting.pop_front();
    done(std::move(profile));
  }

  // These are channel and customer of each question.
  std::vector<std::string> asked;
  std::deque<Done> waiting;
};

absl::Status Refusal(v1::ErrorReason reason) {
  ErrorDetails details{.reason = reason,
                       .remedy = "Do something.",
                       .metadata = {{"graph_code", "7"}}};
  absl::StatusCode code = absl::StatusCode::kFailedPrecondition;
  if (reason == v1::ERROR_REASON_RATE_LIMITED) {
    code = absl::StatusCode::kResourceExhausted;
    details.retry_after = absl::Minutes(5);
  }
  if (reason == v1::ERROR_REASON_GRAPH_UNAVAILABLE) {
    code = absl::StatusCode::kUnavailable;
    details.retry_after = absl::Minutes(1);
  }
  if (reason == v1::ERROR_REASON_RECIPIENT_NOT_FOUND) {
    code = absl::StatusCode::kNotFound;
  }
  return MakeError(code, "refused", details);
}

v1::UserProfile Named(const std::string& name) {
  v1::UserProfile profile;
  profile.set_username(name);
  return profile;
}

class UserProfilesTest : public ChannelsFixture {
 protected:
  using Response = absl::StatusOr<v1::GetUserProfileResponse>;

  UserProfilesTest() {
    EXPECT_THAT(admin_->Create(Request("ch_1", "1784", "100")), IsOk());
    EXPECT_THAT(admin_->Create(Request("ch_2", "1785", "200")), IsOk());
  }

  // Asks, and keeps what is told.
  void Get(const std::string& user, bool refresh = false,
           const std::string& channel = "ch_1") {
    v1::GetUserProfileRequest request;
    request.set_channel_id(channel);
    request.set_user_id(user);
    if (refresh) request.set_refresh(true);
    profiles_.Get(request,
                  [this](Response one) { told_.push_back(std::move(one)); });
  }
  // Returns the last answer, of so many that were told so far.
  Response Told(std::size_t count) {
    EXPECT_EQ(told_.size(), count);
    if (told_.empty()) return absl::UnknownError("nothing was told");
    return told_.back();
  }
  void SetToken(const std::string& token) {
    v1::SetChannelCredentialsRequest request;
    request.set_channel_id("ch_1");
    request.set_access_token(token);
    EXPECT_THAT(admin_->SetCredentials(request), IsOk());
  }

  FakeProfiles graph_;
  UserProfiles profiles_{clock_, *registry_, graph_};
  std::vector<Response> told_;
};

TEST_F(UserProfilesTest, InstagramsAnswerIsToldWithItsTimes) {
  Get("777");
  v1::UserProfile profile = Named("ada");
  profile.set_profile_picture_url(
      "https://scontent.cdninstagram.com/p.jpg?oh=x&oe=68BDB031");
  profile.set_follower_count(0);
  graph_.Answer(profile);
  const Response told = Told(1);
  ASSERT_THAT(told, IsOk());
  EXPECT_THAT(
      told->profile(), EqualsProto(R"pb(
        user_id: "777"
        username: "ada"
        profile_picture_url: "https://scontent.cdninstagram.com/p.jpg?oh=x&oe=68BDB031"
        profile_picture_url_expire_time { seconds: 1757261873 }
        follower_count: 0
        fetch_time { seconds: 1800000000 })pb"));
}

// Somebody who has blocked the account.
TEST_F(UserProfilesTest, ProfileThatShowsNothingIsAnAnswer) {
  Get("777");
  graph_.Answer(v1::UserProfile());
  const Response told = Told(1);
  ASSERT_THAT(told, IsOk());
  EXPECT_THAT(told->profile(), EqualsProto(R"pb(
                user_id: "777"
                fetch_time { seconds: 1800000000 })pb"));
}

TEST_F(UserProfilesTest, AnswerIsKeptForAnHour) {
  Get("777");
  graph_.Answer(Named("ada"));
  clock_.Advance(UserProfiles::kMaxAge - absl::Milliseconds(1));
  Get("777");
  EXPECT_EQ(Told(2)->profile().username(), "ada");
  EXPECT_EQ(Told(2)->profile().fetch_time().seconds(), 1'800'000'000);
  clock_.Advance(absl::Milliseconds(1));
  Get("777");
  graph_.Answer(Named("ada.lovelace"));
  EXPECT_EQ(Told(3)->profile().username(), "ada.lovelace");
  EXPECT_EQ(graph_.asked.size(), 2U);
}

TEST_F(UserProfilesTest, RefreshAsksAnewAndIsKept) {
  Get("777");
  graph_.Answer(Named("ada"));
  Get("777", /*refresh=*/true);
  EXPECT_EQ(told_.size(), 1U) << "Instagram has not answered";
  graph_.Answer(Named("ada.lovelace"));
  Get("777");
  EXPECT_EQ(Told(3)->profile().username(), "ada.lovelace");
  EXPECT_EQ(graph_.asked.size(), 2U);
}

TEST_F(UserProfilesTest, ClockThatWasAheadDoesNotKeepAnAnswer) {
  clock_.Advance(absl::Hours(48));
  Get("777");
  graph_.Answer(Named("ada"));
  clock_.Advance(-absl::Hours(48));
  Get("777");
  EXPECT_EQ(graph_.asked.size(), 2U);
}

TEST_F(UserProfilesTest, CallsForOnePersonShareOneQuestion) {
  Get("777");
  Get("777");
  Get("777", /*refresh=*/true);
  Get("778");
  EXPECT_THAT(graph_.asked, ElementsAre("ch_1/777", "ch_1/778"));
  graph_.Answer(Named("ada"));
  ASSERT_EQ(told_.size(), 3U);
  for (const Response& one : told_) {
    EXPECT_EQ(one->profile().username(), "ada");
  }
  graph_.Answer(Refusal(v1::ERROR_REASON_USER_CONSENT_REQUIRED));
  EXPECT_THAT(Told(4), HasReason("USER_CONSENT_REQUIRED"));
}

TEST_F(UserProfilesTest, ChannelsHaveTheirOwnCustomers) {
  Get("777");
  graph_.Answer(Named("ada"));
  Get("777", /*refresh=*/false, "ch_2");
  graph_.Answer(Named("ada.elsewhere"));
  Get("777");
  EXPECT_EQ(Told(3)->profile().username(), "ada");
  EXPECT_THAT(graph_.asked, ElementsAre("ch_1/777", "ch_2/777"));
}

TEST_F(UserProfilesTest, ManyPeopleDoNotFillTheMemory) {
  const int size = static_cast<int>(UserProfiles::kCacheSize);
  for (int i = 0; i <= size; ++i) {
    Get(absl::StrCat(1'000'000 + i));
    graph_.Answer(Named("x"));
  }
  graph_.asked.clear();
  Get("1000000");
  EXPECT_EQ(graph_.asked.size(), 1U) << "the first one is forgotten";
  Get(absl::StrCat(1'000'000 + size));
  EXPECT_EQ(graph_.asked.size(), 1U) << "the last one is not";
}

// ---- Refusals ---------------------------------------------------------------

// They may have another answer for the next customer, or for the same one.
TEST_F(UserProfilesTest, RefusalOfAPersonConcernsNobodyElse) {
  std::size_t count = 0;
  for (const v1::ErrorReason reason : {v1::ERROR_REASON_USER_CONSENT_REQUIRED,
                                       v1::ERROR_REASON_RECIPIENT_NOT_FOUND,
                                       v1::ERROR_REASON_RECIPIENT_UNAVAILABLE,
                                       v1::ERROR_REASON_GRAPH_UNAVAILABLE}) {
    Get("777");
    graph_.Answer(Refusal(reason));
    EXPECT_THAT(Told(++count), HasReason(ReasonName(reason)));
    EXPECT_FALSE(profiles_.IsResting(*registry_->Find("ch_1")));
  }
  Get("777");
  graph_.Answer(Named("ada"));
  EXPECT_THAT(Told(++count), IsOk());
}

TEST_F(UserProfilesTest, RefusalOfTheChannelRestsItsLookUps) {
  std::int64_t asked = 0;
  for (const v1::ErrorReason reason :
       {v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED,
        v1::ERROR_REASON_PERMISSION_MISSING, v1::ERROR_REASON_APP_NOT_APPROVED,
        v1::ERROR_REASON_APP_SECRET_REFUSED,
        v1::ERROR_REASON_MESSAGING_DISABLED,
        v1::ERROR_REASON_ACCOUNT_NOT_LINKED,
        v1::ERROR_REASON_ACCOUNT_RESTRICTED, v1::ERROR_REASON_ACTION_BLOCKED}) {
    told_.clear();
    Get("777");
    graph_.Answer(Refusal(reason));
    EXPECT_THAT(Told(1), HasReason(ReasonName(reason)));
    EXPECT_EQ(RetryDelayOf(Told(1).status()), UserProfiles::kRest);
    EXPECT_TRUE(profiles_.IsResting(*registry_->Find("ch_1")));
    clock_.Advance(absl::Minutes(20));
    // Also those who want no answer that is kept.
    for (const bool refresh : {false, true}) {
      Get("778", refresh);
      const absl::Status refused = told_.back().status();
      EXPECT_THAT(refused, HasReason(ReasonName(reason)));
      EXPECT_THAT(refused, HasMetadata("graph_code", "7"));
      EXPECT_THAT(refused, HasMetadata("remedy", "Do something."));
      EXPECT_EQ(RetryDelayOf(refused), absl::Minutes(40));
    }
    EXPECT_EQ(static_cast<std::int64_t>(graph_.asked.size()), ++asked);
    clock_.Advance(absl::Minutes(40));
    EXPECT_FALSE(profiles_.IsResting(*registry_->Find("ch_1")));
  }
  Get("778");
  EXPECT_EQ(graph_.waiting.size(), 1U) << "the rest is over";
}

TEST_F(UserProfilesTest, OtherChannelsDoNotRest) {
  Get("777");
  graph_.Answer(Refusal(v1::ERROR_REASON_PERMISSION_MISSING));
  Get("777", /*refresh=*/false, "ch_2");
  graph_.Answer(Named("ada"));
  EXPECT_THAT(Told(2), IsOk());
}

TEST_F(UserProfilesTest, WhatIsKnownIsToldDuringTheRest) {
  Get("777");
  graph_.Answer(Named("ada"));
  Get("778");
  graph_.Answer(Refusal(v1::ERROR_REASON_PERMISSION_MISSING));
  Get("777");
  EXPECT_EQ(Told(3)->profile().username(), "ada");
}

TEST_F(UserProfilesTest, ALimitRestsAsLongAsMetaSays) {
  Get("777");
  graph_.Answer(Refusal(v1::ERROR_REASON_RATE_LIMITED));
  clock_.Advance(absl::Minutes(5) - absl::Milliseconds(1));
  Get("777");
  EXPECT_EQ(RetryDelayOf(Told(2).status()), absl::Milliseconds(1));
  clock_.Advance(absl::Milliseconds(1));
  Get("777");
  EXPECT_EQ(graph_.asked.size(), 2U);
}

TEST_F(UserProfilesTest, AChangeOfTheChannelEndsTheRest) {
  Get("777");
  graph_.Answer(Refusal(v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED));
  SetToken("another");
  EXPECT_FALSE(profiles_.IsResting(*registry_->Find("ch_1")));
  Get("777");
  graph_.Answer(Named("ada"));
  EXPECT_THAT(Told(2), IsOk());
}

// The refusal was of the token before.
TEST_F(UserProfilesTest, ALateRefusalDoesNotRestTheChangedChannel) {
  Get("777");
  SetToken("another");
  graph_.Answer(Refusal(v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED));
  EXPECT_FALSE(profiles_.IsResting(*registry_->Find("ch_1")));
}

TEST_F(UserProfilesTest, ClockThatWasAheadDoesNotProlongTheRest) {
  clock_.Advance(absl::Hours(48));
  Get("777");
  graph_.Answer(Refusal(v1::ERROR_REASON_PERMISSION_MISSING));
  clock_.Advance(-absl::Hours(48));
  Get("777");
  EXPECT_EQ(graph_.asked.size(), 2U);
}

TEST_F(UserProfilesTest, ARefusalOfTheChannelIsLoggedOnce) {
  EXPECT_THAT(admin_->Create(Request("ch_log", "1786", "300")), IsOk());
  const LogCapture log;
  Get("777", /*refresh=*/false, "ch_log");
  graph_.Answer(Refusal(v1::ERROR_REASON_ACCOUNT_NOT_LINKED));
  for (int i = 0; i < 50; ++i) {
    Get(absl::StrCat(i), /*refresh=*/true, "ch_log");
  }
  EXPECT_EQ(log.Count(R"("channel":"ch_log")"), 1U);
  EXPECT_EQ(told_.size(), 51U);
}

// ---- Channels that cannot be asked for --------------------------------------

TEST_F(UserProfilesTest, UnknownChannelAndMissingTokenAreTold) {
  Get("777", /*refresh=*/false, "ch_none");
  EXPECT_THAT(Told(1), HasReason("CHANNEL_NOT_FOUND"));
  SetToken("");
  Get("777");
  EXPECT_THAT(Told(2), HasReason("CREDENTIALS_MISSING"));
  EXPECT_TRUE(graph_.asked.empty());
}

class ErasedProfilesTest : public UserProfilesTest {
 protected:
  void Erase(const std::string& user) {
    const journal::Record record;
    state::Effects effects;
    effects.forgotten_people.push_back(
        {.channel_no = registry_->Find("ch_1")->no, .user_id = user});
    const journal::AppliedRecord applied{.record = record, .effects = effects};
    profiles_.OnCommit(std::span(&applied, 1));
  }
};

TEST_F(ErasedProfilesTest, TheProfileOfAnErasedPersonIsForgotten) {
  for (const std::string user : {"777", "778"}) {
    Get(user);
    graph_.Answer(Named("ada"));
  }
  Erase("777");
  Get("778");
  EXPECT_THAT(graph_.waiting, ::testing::IsEmpty()) << "that one is kept";
  Get("777");
  EXPECT_THAT(graph_.asked, ElementsAre("ch_1/777", "ch_1/778", "ch_1/777"));
}

TEST_F(ErasedProfilesTest, WithAChannelAllAreForgotten) {
  Get("777");
  graph_.Answer(Named("ada"));
  Erase("");
  Get("777");
  EXPECT_THAT(graph_.asked, ElementsAre("ch_1/777", "ch_1/777"));
}

TEST_F(ErasedProfilesTest, AnAnswerThatComesLaterIsNotKept) {
  Get("777");
  Erase("777");
  graph_.Answer(Named("ada"));
  EXPECT_THAT(Told(1), IsOk());
  Get("777");
  EXPECT_THAT(graph_.asked, ElementsAre("ch_1/777", "ch_1/777"));
  graph_.Answer(Named("ada"));
  Get("777");
  EXPECT_THAT(graph_.waiting, ::testing::IsEmpty()) << "that one is kept";
}

TEST_F(UserProfilesTest, MoreThanSixteenQuestionsAtOnceAreRefused) {
  for (std::size_t i = 0; i < UserProfiles::kMostCalls; ++i) {
    Get(absl::StrCat(700 + i));
  }
  Get("999");
  EXPECT_THAT(Told(1), HasReason("OVERLOADED"));
  Get("700");
  EXPECT_EQ(told_.size(), 1U) << "it shares the question of the first";
  graph_.Answer(Named("ada"));
  EXPECT_THAT(Told(3), IsOk());
  Get("999");
  EXPECT_EQ(graph_.asked.back(), "ch_1/999");
}

// A call with the token of before may end after one with the new token.
TEST_F(UserProfilesTest, ALateRefusalDoesNotEndANewerRest) {
  Get("777");
  SetToken("another");
  Get("778");
  auto first = std::move(graph_.waiting.front());
  graph_.waiting.pop_front();
  graph_.Answer(Refusal(v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED));
  first(Refusal(v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED));
  Get("779");
  EXPECT_THAT(Told(3), HasReason("ACCESS_TOKEN_EXPIRED"));
  EXPECT_EQ(graph_.asked.size(), 2U);
}

TEST_F(UserProfilesTest, AChannelThatIsDeletedIsForgotten) {
  Get("777");
  graph_.Answer(Named("ada"));
  const journal::Record record;
  state::Effects effects;
  effects.channels.push_back(
      {.no = registry_->Find("ch_1")->no, .id = "ch_1", .deleted = true});
  const journal::AppliedRecord applied{.record = record, .effects = effects};
  profiles_.OnCommit(std::span(&applied, 1));
  Get("777");
  EXPECT_EQ(graph_.asked.size(), 2U);
}

}  // namespace
}  // namespace linktor::channels
