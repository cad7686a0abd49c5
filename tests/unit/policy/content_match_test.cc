#include "server/policy/content_match.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace linktor::policy {
namespace {

v1::Message Echo(const std::string& text,
                 const std::vector<std::string>& attachments) {
  v1::Message echo;
  echo.set_text(text);
  for (const std::string& type : attachments) {
    v1::Attachment& added = *echo.add_attachments();
    added.set_type(type);
    added.set_url("https://cdn.example.com/" + type);
  }
  return echo;
}

v1::MessageContent Text(const std::string& text) {
  v1::MessageContent content;
  content.set_text(text);
  return content;
}

TEST(ContentMatchTest, TextEqualsItsEcho) {
  EXPECT_EQ(MatchTextOf(Text("hello")), MatchTextOf(Echo("hello", {})));
  EXPECT_NE(MatchTextOf(Text("hello")), MatchTextOf(Echo("Hello", {})));
  v1::MessageContent choices = Text("hello");
  choices.add_quick_replies()->set_title("Blue");
  EXPECT_EQ(MatchTextOf(choices), MatchTextOf(Echo("hello", {})))
      << "an echo does not show the choices";
}

TEST(ContentMatchTest, EveryOtherContentEqualsItsEchoByKind) {
  v1::MessageContent image;
  image.mutable_image()->set_url("https://example.com/a.jpg");
  v1::MessageContent video;
  video.mutable_video()->set_url("https://example.com/a.mp4");
  v1::MessageContent audio;
  audio.mutable_audio()->set_url("https://example.com/a.m4a");
  v1::MessageContent heart;
  heart.mutable_sticker()->set_id("like");
  v1::MessageContent cards;
  cards.mutable_template_()->mutable_generic()->add_elements()->set_title(
      "Hat");
  const struct {
    const v1::MessageContent& content;
    const char* type;
  } all[] = {{image, "image"},
             {video, "video"},
             {audio, "audio"},
             {heart, "like_heart"},
             {cards, "template"}};
  for (const auto& one : all) {
    for (const auto& other : all) {
      EXPECT_EQ(MatchTextOf(one.content) == MatchTextOf(Echo("", {other.type})),
                &one == &other)
          << one.type << " and " << other.type;
    }
    EXPECT_FALSE(MatchTextOf(one.content).empty());
    EXPECT_NE(MatchTextOf(one.content), MatchTextOf(Text(one.type)));
  }
  EXPECT_EQ(MatchTextOf(heart), MatchTextOf(Echo("", {"sticker"})));
}

TEST(ContentMatchTest, WhatThisServerDoesNotSendMatchesNothing) {
  EXPECT_EQ(MatchTextOf(v1::MessageContent()), "");
  EXPECT_EQ(MatchTextOf(Echo("", {})), "");
  EXPECT_EQ(MatchTextOf(Echo("", {"image", "image"})), "");
  EXPECT_EQ(MatchTextOf(Echo("look", {"image"})), "");
  for (const char* type : {"ig_post", "share", "story_mention", "file", ""}) {
    EXPECT_EQ(MatchTextOf(Echo("", {type})), "") << type;
  }
}

}  // namespace
}  // namespace linktor::policy
