// Every type of attachment, in short and as Instagram sends it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "emulator/attachment_json.h"
#include "tests/support/padded_body.h"
#include "tests/support/parse_all.h"
#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

struct AttachmentCase {
  // It is as the control API takes it.
  const char* given;
  // It is as Instagram sends it.
  const char* sent;
};

constexpr AttachmentCase kAttachmentCases[] = {
    {R"({"type":"image","url":"u"})",
     R"({"type":"image","payload":{"url":"u"}})"},
    {R"({"type":"video","url":"u"})",
     R"({"type":"video","payload":{"url":"u"}})"},
    {R"({"type":"audio","url":"u"})",
     R"({"type":"audio","payload":{"url":"u"}})"},
    {R"({"type":"file","url":"u"})",
     R"({"type":"file","payload":{"url":"u"}})"},
    {R"({"type":"media","url":"u"})",
     R"({"type":"media","payload":{"url":"u"}})"},
    {R"({"type":"share","url":"u"})",
     R"({"type":"share","payload":{"url":"u"}})"},
    {R"({"type":"ig_post","url":"u","title":"t","media_id":"1"})",
     R"({"type":"ig_post","payload":{"url":"u","title":"t",
         "ig_post_media_id":"1"}})"},
    {R"({"type":"post","url":"u"})",
     R"({"type":"post","payload":{"url":"u"}})"},
    {R"({"type":"ig_reel","url":"u","title":"t","media_id":"1"})",
     R"({"type":"ig_reel","payload":{"url":"u","title":"t",
         "reel_video_id":"1"}})"},
    {R"({"type":"reel","url":"u"})",
     R"({"type":"reel","payload":{"url":"u"}})"},
    {R"({"type":"ig_story","url":"u","media_id":"1"})",
     R"({"type":"ig_story","payload":{"story_media_url":"u",
         "story_media_id":"1"}})"},
    {R"({"type":"story","url":"u"})",
     R"({"type":"story","payload":{"url":"u"}})"},
    {R"({"type":"story_mention","url":"u"})",
     R"({"type":"story_mention","payload":{"url":"u"}})"},
    {R"({"type":"sticker","url":"u","sticker_id":"1"})",
     R"({"type":"sticker","payload":{"url":"u","sticker_id":"1"}})"},
    {R"({"type":"fallback","url":"u","title":"t"})",
     R"({"type":"fallback","payload":{"url":"u","title":"t"}})"},
    {R"({"type":"unsupported_type","url":"u"})",
     R"({"type":"unsupported_type","payload":{"url":"u"}})"},
    {R"({"type":"template","name":"generic","elements":[{"title":"t"}]})",
     R"({"type":"template","payload":{"generic":{
         "elements":[{"title":"t"}]}}})"},
    {R"({"type":"ephemeral"})", R"({"type":"ephemeral"})"},
    {R"({"type":"like_heart"})", R"({"type":"like_heart"})"},
    {R"({"type":"appointment_booking","payload":{"booking_id":"1"}})",
     R"({"type":"appointment_booking","payload":{"booking_id":"1"}})"},
    {R"({"type":"new_in_2027","url":"u","media_id":"1"})",
     R"({"type":"new_in_2027","payload":{"url":"u","media_id":"1"}})"},
};

class AttachmentTest : public EmulatorTest {
 protected:
  AttachmentTest() { Connect(); }

  http::HttpRequest Play(const std::string& attachments) {
    const Reply reply = Control(
        "POST", "/emulator/messages",
        absl::StrCat(R"({"from":"61","attachments":[)", attachments, "]}"));
    EXPECT_EQ(reply.status, 200) << reply.body;
    return gateway_.WaitForWebhooks(++count_).back();
  }

  std::size_t count_ = 0;
};

TEST_F(AttachmentTest, InShortIsWhatInstagramSends) {
  std::set<std::string, std::less<>> types;
  for (const AttachmentCase& c : kAttachmentCases) {
    const json::value attachment =
        ItemOf(Play(c.given)).at("message").at("attachments").at(0);
    EXPECT_EQ(attachment, *ParseJson(c.sent)) << c.given;
    types.insert(Text(attachment, "type"));
  }
  for (const std::string_view type : AttachmentTypes()) {
    EXPECT_TRUE(types.contains(type)) << type;
  }
}

// The gateway's parser is asked, so that the two agree on where things are.
TEST_F(AttachmentTest, GatewayFindsLinkTitleAndMediaOfEachType) {
  for (const AttachmentCase& c : kAttachmentCases) {
    const PaddedBody body(Play(c.given).body);
    const auto items = ParseAll(body.view());
    ASSERT_EQ(items.size(), 1u);
    const json::object given = ParseJson(c.given)->as_object();
    ASSERT_EQ(items[0].message.attachments_size(), 1) << c.given;
    const v1::Attachment& read = items[0].message.attachments(0);
    EXPECT_EQ(read.type(), Text(given, "type"));
    EXPECT_EQ(read.url(), Text(given, "url")) << c.given;
    EXPECT_EQ(read.title(), Text(given, "title")) << c.given;
    if (Text(given, "type") == "new_in_2027") continue;
    EXPECT_EQ(read.media_id(), Text(given, "media_id")) << c.given;
  }
}

TEST_F(AttachmentTest, TwinsOfAShareAreTwoAttachments) {
  const json::object item =
      ItemOf(Play(R"({"type":"share","url":"u","media_id":"1"},
              {"type":"ig_post","url":"u","media_id":"1"})"));
  EXPECT_EQ(item.at("message").at("attachments"), *ParseJson(R"([
      {"type":"share","payload":{"url":"u","ig_post_media_id":"1"}},
      {"type":"ig_post","payload":{"url":"u","ig_post_media_id":"1"}}])"));
}

}  // namespace
}  // namespace linktor::emulator
