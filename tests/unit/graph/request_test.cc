// Golden requests: tests/golden/graph/*.txt hold what is sent to Meta, byte by
// byte, for both kinds of login.

#include "server/graph/request.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/support/golden.h"
#include "tests/support/proto_matchers.h"

namespace linktor::graph {
namespace {

constexpr char kToken[] = "the-access-token";

GraphAccount Account(v1::LoginType login_type) {
  return {.login_type = login_type,
          .api_version = "v25.0",
          .instagram_account_id = "17841400000000001",
          .page_id = "100200300400500",
          .access_token = Secret(kToken)};
}

std::string Render(const http::HttpCall& call) {
  std::string out = absl::StrCat(call.method, " ", call.url, "\n");
  for (const auto& [name, value] : call.headers) {
    absl::StrAppend(&out, name, ": ",
                    absl::StrReplaceAll(value, {{kToken, "<token>"}}), "\n");
  }
  absl::StrAppend(&out, "\n", call.body, call.body.empty() ? "" : "\n");
  return out;
}

// Writes or compares <name>_facebook.txt and <name>_instagram.txt.
template <typename Build>
void ExpectGoldenCalls(const std::string& name, Build build) {
  for (const auto& [login, type] :
       {std::pair("facebook", v1::LOGIN_TYPE_FACEBOOK_LOGIN),
        std::pair("instagram", v1::LOGIN_TYPE_INSTAGRAM_LOGIN)}) {
    const http::HttpCall call = build(GraphHosts(), Account(type));
    EXPECT_EQ(call.url.find(kToken), std::string::npos);
    EXPECT_EQ(call.body.find(kToken), std::string::npos);
    ExpectGolden(absl::StrCat("graph/", name, "_", login, ".txt"),
                 Render(call));
  }
}

// Compares the request of one kind of message to the golden files of both
// logins.
void ExpectGoldenSend(const std::string& name, const std::string& content_text,
                      absl::Duration timeout,
                      v1::MessageTag tag = v1::MESSAGE_TAG_UNSPECIFIED) {
  const auto content = ParseText<v1::MessageContent>(content_text);
  ExpectGoldenCalls(name, [&](const auto& hosts, const auto& account) {
    http::HttpCall call =
        BuildSend(hosts, account, "1000200030004001", content, tag);
    EXPECT_EQ(call.timeout, timeout) << name;
    return call;
  });
}

constexpr absl::Duration kPlain = absl::Seconds(30);
// Meta fetches the media before it answers.
constexpr absl::Duration kWithMedia = absl::Seconds(90);

TEST(GraphRequestTest, SendText) {
  v1::MessageContent content;
  content.set_text("Gr\u00fc\u00dfe \U0001F600 \"quoted\" \\ / <b>\n\u2028");
  ExpectGoldenSend("send_text", content.DebugString(), kPlain);
}

TEST(GraphRequestTest, SendTextByHumanAgent) {
  ExpectGoldenSend("send_human_agent", "text: 'Back in stock.'", kPlain,
                   v1::MESSAGE_TAG_HUMAN_AGENT);
}

TEST(GraphRequestTest, SendMedia) {
  ExpectGoldenSend("send_image", "image { url: 'https://e.x/a.jpg?b=c&d=\"' }",
                   kWithMedia);
  ExpectGoldenSend("send_video", "video { url: 'https://e.x/a.mp4' }",
                   kWithMedia);
  ExpectGoldenSend("send_audio", "audio { url: 'https://e.x/a.m4a' }",
                   kWithMedia);
}

TEST(GraphRequestTest, SendSticker) {
  ExpectGoldenSend("send_sticker", "sticker { id: 'like' }", kPlain);
}

TEST(GraphRequestTest, SendQuickReplies) {
  const std::string content =
      "text: 'Which size?' "
      "quick_replies { title: 'Small' payload: 'size:s' } "
      "quick_replies { title: 'Gro\303\237' payload: 'size:l' }";
  ExpectGoldenSend("send_quick_replies", content, kPlain);
  ExpectGoldenSend("send_quick_replies_human_agent", content, kPlain,
                   v1::MESSAGE_TAG_HUMAN_AGENT);
}

TEST(GraphRequestTest, SendTemplate) {
  ExpectGoldenSend("send_template", R"pb(
                     template {
                       generic {
                         elements {
                           title: "Hats"
                           subtitle: "For autumn"
                           image_url: "https://e.x/hats.jpg"
                           default_url: "https://e.x/hats"
                           buttons { title: "Shop" url: "https://e.x/shop" }
                           buttons { title: "More" payload: "HATS" }
                         }
                         elements { title: "Scarves" subtitle: "For winter" }
                       }
                     })pb",
                   kWithMedia);
}

TEST(GraphRequestTest, GetUserProfile) {
  ExpectGoldenCalls(
      "get_user_profile", [](const auto& hosts, const auto& account) {
        return BuildGetUserProfile(hosts, account, "1000200030004001");
      });
}

TEST(GraphRequestTest, GetMessageMedia) {
  ExpectGoldenCalls(
      "get_message_media", [](const auto& hosts, const auto& account) {
        return BuildGetMessageMedia(hosts, account, "aWdfZAG1_0-8.x",
                                    {.story = true, .attachments = true});
      });
}

// Only what is used is asked for: a field that Meta refuses fails the others.
TEST(GraphRequestTest, MediaIsAskedForByItsField) {
  const auto url = [](const char* mid, const MediaFields& fields) {
    return BuildGetMessageMedia({}, Account(v1::LOGIN_TYPE_FACEBOOK_LOGIN), mid,
                                fields)
        .url;
  };
  const std::string start = "https://graph.facebook.com/v25.0/";
  EXPECT_EQ(url("m", {.story = true}), start + "m?fields=story&locale=en_US");
  EXPECT_EQ(url("m", {.attachments = true}),
            start + "m?fields=attachments&locale=en_US");
  // An id stays one segment of the path, whatever it has.
  EXPECT_EQ(url("a/b?c=d+e#f%20\xC3\xBC", {.story = true}),
            start +
                "a%2Fb%3Fc%3Dd%2Be%23f%2520%C3%BC?fields=story"
                "&locale=en_US");
}

TEST(GraphRequestTest, SetIceBreakers) {
  const auto request = ParseText<v1::SetIceBreakersRequest>(R"pb(
    channel_id: "ch_1"
    ice_breakers { question: "When are you open?" payload: "HOURS" }
    ice_breakers { question: "Where are you?" payload: "PLACE" }
    localizations {
      locale: "de_DE"
      ice_breakers {
        question: "Wann haben Sie ge\u00f6ffnet?"
        payload: "HOURS"
      }
    })pb");
  ExpectGoldenCalls("set_ice_breakers",
                    [&](const auto& hosts, const auto& account) {
                      return BuildSetIceBreakers(hosts, account, request);
                    });
}

TEST(GraphRequestTest, GetIceBreakers) {
  ExpectGoldenCalls("get_ice_breakers", BuildGetIceBreakers);
}

TEST(GraphRequestTest, DeleteIceBreakers) {
  ExpectGoldenCalls("delete_ice_breakers", BuildDeleteIceBreakers);
}

TEST(GraphRequestTest, OtherHosts) {
  const GraphHosts hosts{.facebook = "http://127.0.0.1:8081",
                         .instagram = "http://127.0.0.1:8082"};
  EXPECT_TRUE(
      BuildGetIceBreakers(hosts, Account(v1::LOGIN_TYPE_FACEBOOK_LOGIN))
          .url.starts_with("http://127.0.0.1:8081/v25.0/100200300400500/"));
  EXPECT_TRUE(
      BuildGetIceBreakers(hosts, Account(v1::LOGIN_TYPE_INSTAGRAM_LOGIN))
          .url.starts_with("http://127.0.0.1:8082/v25.0/17841400000000001/"));
}

}  // namespace
}  // namespace linktor::graph
