#include "client/cli/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/proto_matchers.h"

namespace linktor::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::TimeZone kZone = absl::UTCTimeZone();

std::string Described(const std::string& message) {
  return Describe(ParseText<v1::Message>(message), kZone);
}

TEST(SummaryTest, EveryKindOfContentInAFewWords) {
  const std::pair<const char*, const char*> cases[] = {
      {R"(text: "Hi")", "\"Hi\""},
      {R"(image { url: "https://e.x/a" })", "image https://e.x/a"},
      {R"(video { url: "https://e.x/a" })", "video https://e.x/a"},
      {R"(audio { url: "https://e.x/a" })", "audio https://e.x/a"},
      {R"(sticker { id: "like_heart" })", "sticker like_heart"},
      {R"(template { generic { elements { title: "A" }
          elements { title: "B" } } })",
       "template with 2 cards: \"A\""},
  };
  const auto* oneof =
      v1::MessageContent::descriptor()->FindOneofByName("content");
  ASSERT_EQ(oneof->field_count(), static_cast<int>(std::size(cases)));
  for (const auto& [content, summary] : cases) {
    EXPECT_EQ(Summary(ParseText<v1::MessageContent>(content)), summary);
  }
}

TEST(DescribeTest, UnconfirmedMessageIsSettledByNothing) {
  EXPECT_THAT(Described("state: MESSAGE_STATE_UNCONFIRMED "
                        "settled_by: SETTLED_BY_ANSWER"),
              Not(HasSubstr("settled by")));
  EXPECT_THAT(
      Described("state: MESSAGE_STATE_SENT settled_by: SETTLED_BY_CALLER"),
      HasSubstr("settled by      someone who looked"));
}

TEST(DescribeTest, MessageShowsAllThatCameWithIt) {
  constexpr char kCustomer[] =
      R"(customer        came from the ad 42 "Sale" with the ref "spring")";
  const std::string text = Described(R"(
      quick_reply_payload: "SIZE_M"
      story { id: "17" url: "https://e.x/story" }
      products { id: "p1" name: "Shirt" }
      products { id: "p2" }
      referral { ad_id: "42" ad_title: "Sale" ref: "spring" }
      api_key_id: "key_1"
      event_time { seconds: 60 })");
  for (const char* line :
       {"tap gives       SIZE_M\n", "story           17\n",
        "story at        https://e.x/story\n", "product         p1 \"Shirt\"\n",
        "product         p2\n", kCustomer, "API key         key_1\n",
        "written         1970-01-01"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(Described("postback_payload: 'HOURS' from_ice_breaker: true"),
              AllOf(HasSubstr("tap gives       HOURS\n"),
                    HasSubstr("tapped          an ice breaker\n")));
}

TEST(DescribeTest, AttachmentIsNotRepeatedAfterTheContent) {
  EXPECT_THAT(Described(R"(attachments { type: "image" url: "https://e.x" }
                           content { image { url: "https://e.x" } })"),
              Not(HasSubstr("attachment")));
  EXPECT_THAT(Described(R"(attachments { type: "image" url: "https://e.x" })"),
              HasSubstr("attachment      image https://e.x\n"));
  EXPECT_THAT(Described(R"(attachments { type: "like_heart" })"),
              HasSubstr("attachment      like_heart\n"));
}

TEST(DescribeTest, ChannelSaysWhatIsNotSetAndWhatThatMeans) {
  const std::string text = Describe(v1::Channel(), kZone);
  EXPECT_THAT(text, HasSubstr("NOT SET: nothing can be sent"));
  EXPECT_THAT(text, HasSubstr("NOT SET: webhooks are refused"));
  EXPECT_THAT(text, HasSubstr("NOT SET: Meta cannot verify"));
}

TEST(DescribeTest, ChannelOnOneLine) {
  EXPECT_EQ(OneLine(ParseText<v1::Channel>(
                R"(id: "ch" instagram_account_id: "178"
                   access_token_fingerprint: "f" verify_token_set: true
                   app_secrets { fingerprint: "f" })")),
            "ch                       account 178\n");
  EXPECT_THAT(OneLine(ParseText<v1::Channel>(R"(id: "ch")")),
              HasSubstr("(NOT SET: access token, app secret, verify token)"));
}

TEST(DescribeTest, WindowIsOpenOrClosed) {
  const auto conversation = ParseText<v1::Conversation>(
      R"(channel_id: "ch" user_id: "61" username: "ana"
         last_inbound_time { seconds: 100 }
         window_close_time { seconds: 1000 }
         human_agent_close_time { seconds: 2000 })");
  const std::string text =
      Describe(conversation, absl::FromUnixSeconds(1500), kZone);
  EXPECT_THAT(text, HasSubstr("24 h window     closed since 1970-01-01"));
  EXPECT_THAT(text, HasSubstr("human agent     open until 1970-01-01"));
  EXPECT_THAT(text, HasSubstr("name            @ana"));
}

TEST(DescribeTest, UserWhoHasNotWrittenAndOptedOut) {
  const std::string text =
      Describe(ParseText<v1::Conversation>(
                   "opted_out: true opt_out_time { seconds: 86400 }"),
               absl::UnixEpoch(), kZone);
  EXPECT_THAT(text, HasSubstr("never, as far as this server knows"));
  EXPECT_THAT(text,
              HasSubstr("YES, since 1970-01-02 00:00:00+00:00: sends are"));
}

TEST(DescribeTest, AppInControlIsNamed) {
  const auto text = [](const std::string& conversation) {
    return Describe(ParseText<v1::Conversation>(conversation),
                    absl::UnixEpoch(), kZone);
  };
  EXPECT_THAT(
      text(R"(thread_owner { app_id: "2" control_time { seconds: 86400 } })"),
      HasSubstr("in control      app 2, since 1970-01-02 00:00:00"));
  EXPECT_THAT(text("thread_owner {}"), HasSubstr("in control      no app"));
  EXPECT_THAT(text(""), testing::Not(HasSubstr("in control")));
}

TEST(DescribeTest, IceBreakersOfAllLanguages) {
  EXPECT_EQ(Describe(v1::GetIceBreakersResponse()),
            "No ice breakers are set.\n");
  EXPECT_EQ(Describe(ParseText<v1::GetIceBreakersResponse>(R"(
              ice_breakers { question: "Open?" payload: "HOURS" }
              localizations {
                locale: "de_DE"
                ice_breakers { question: "Offen?" payload: "HOURS" }
              })")),
            "default\n  \"Open?\" gives HOURS\n"
            "de_DE\n  \"Offen?\" gives HOURS\n");
}

}  // namespace
}  // namespace linktor::cli
