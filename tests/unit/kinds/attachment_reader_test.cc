#include "server/kinds/attachment_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace linktor::kinds {
namespace {

v1::Attachment Read(const std::string& text) {
  const simdjson::padded_string json(text);
  simdjson::dom::parser parser;
  v1::Attachment attachment;
  EXPECT_FALSE(
      ReadAttachment(parser.parse(json).value(), "$", attachment).has_value())
      << text;
  return attachment;
}

TEST(AttachmentReaderTest, TheTypeDecidesTheDetails) {
  using Details = v1::Attachment::DetailsCase;
  for (const auto& [type, details] :
       std::initializer_list<std::pair<const char*, Details>>{
           {"image", v1::Attachment::kImage},
           {"video", v1::Attachment::kVideo},
           {"audio", v1::Attachment::kAudio},
           {"file", v1::Attachment::kFile},
           {"share", v1::Attachment::kPost},
           {"ig_post", v1::Attachment::kPost},
           {"post", v1::Attachment::kPost},
           {"ig_reel", v1::Attachment::kReel},
           {"reel", v1::Attachment::kReel},
           {"ig_story", v1::Attachment::kStory},
           {"story", v1::Attachment::kStory},
           {"story_mention", v1::Attachment::kStoryMention},
           {"ephemeral", v1::Attachment::kEphemeral},
           {"like_heart", v1::Attachment::kHeart},
           {"sticker", v1::Attachment::kSticker},
           {"template", v1::Attachment::kTemplate},
           {"fallback", v1::Attachment::kFallback},
           {"unsupported_type", v1::Attachment::kUnsupported},
           {"hologram", v1::Attachment::DETAILS_NOT_SET},
           {"", v1::Attachment::DETAILS_NOT_SET}}) {
    const std::string open = absl::StrCat(R"({"type":")", type, "\"");
    EXPECT_EQ(Read(open + "}").details_case(), details) << type;
    EXPECT_EQ(Read(open + R"(,"payload":{"url":"https://a.example/"}})")
                  .details_case(),
              details)
        << type;
  }
}

TEST(AttachmentReaderTest, APageIsAPermalinkAndNoLinkToTheMedia) {
  for (const char* type : {"share", "ig_post", "ig_reel", "reel"}) {
    const v1::Attachment page = Read(absl::StrCat(
        R"({"type":")", type,
        R"(","payload":{"url":"https://www.instagram.com/p/a/"}})"));
    EXPECT_EQ(page.permalink(), "https://www.instagram.com/p/a/");
    EXPECT_EQ(page.url(), "");
    const v1::Attachment media = Read(absl::StrCat(
        R"({"type":")", type,
        R"(","payload":{"url":"https://cdn.example/instagram.com/"}})"));
    EXPECT_EQ(media.permalink(), "");
    EXPECT_EQ(media.url(), "https://cdn.example/instagram.com/");
  }
  EXPECT_EQ(
      Read(
          R"({"type":"fallback","payload":{"url":"https://instagram.com/p/a/"}})")
          .url(),
      "https://instagram.com/p/a/")
      << "what it links to is the thing itself";
}

TEST(AttachmentReaderTest, AStorysLinkIsThatToItsMediaInAnyOrder) {
  for (
      const char* payload :
      {R"({"story_media_url":"https://cdn.example/s","url":"https://p.example/"})",
       R"({"url":"https://p.example/","story_media_url":"https://cdn.example/s"})"}) {
    const v1::Attachment one =
        Read(absl::StrCat(R"({"type":"ig_story","payload":)", payload, "}"));
    EXPECT_EQ(one.url(), "https://cdn.example/s");
    EXPECT_EQ(one.payload_json(), payload) << "the other link is not lost";
  }
  const v1::Attachment alone = Read(
      R"({"type":"ig_story","payload":{"story_media_url":"https://cdn.example/s"}})");
  EXPECT_EQ(alone.url(), "https://cdn.example/s");
  EXPECT_EQ(alone.payload_json(), "") << "nothing was left out";
}

// Live traffic has the template under its name.
TEST(AttachmentReaderTest, TemplateAsItIsShown) {
  const v1::Attachment one = Read(R"({"type":"template","payload":{"generic":{
      "elements":[{"title":"Hat","subtitle":"Red","image_url":"https://i/",
        "default_action":{"type":"open_url","url":"https://d/"},
        "buttons":[{"type":"open_url","title":"See","url":"https://b/"},
                   {"type":"postback","title":"Ask","payload":"ASK"}]}]}}})");
  const v1::TemplateAttachment& shown = one.template_();
  EXPECT_EQ(shown.name(), "generic");
  ASSERT_EQ(shown.elements_size(), 1);
  const v1::ShownElement& element = shown.elements(0);
  EXPECT_EQ(element.title(), "Hat");
  EXPECT_EQ(element.subtitle(), "Red");
  EXPECT_EQ(element.image_url(), "https://i/");
  EXPECT_EQ(element.default_url(), "https://d/");
  ASSERT_EQ(element.buttons_size(), 2);
  EXPECT_EQ(element.buttons(0).type(), "open_url");
  EXPECT_EQ(element.buttons(0).url(), "https://b/");
  EXPECT_EQ(element.buttons(1).title(), "Ask");
  EXPECT_EQ(element.buttons(1).payload(), "ASK");
  EXPECT_FALSE(one.payload_json().empty()) << "nothing is left out";
}

TEST(AttachmentReaderTest, TemplateAsItWasSent) {
  const v1::Attachment one = Read(
      R"({"type":"template","payload":{"template_type":"button",
      "text":"Well?","buttons":[{"type":"postback","title":"A"}]}})");
  EXPECT_EQ(one.template_().name(), "button");
  EXPECT_EQ(one.template_().text(), "Well?");
  EXPECT_EQ(one.template_().buttons_size(), 1);
}

TEST(AttachmentReaderTest, ProductsHaveTheirIds) {
  const v1::Attachment one = Read(R"({"type":"template","payload":{"product":{
      "elements":[{"id":90071992547409931,"retailer_id":"r1"}]}}})");
  EXPECT_EQ(one.template_().name(), "product");
  EXPECT_EQ(one.template_().elements(0).id(), "90071992547409931");
  EXPECT_EQ(one.template_().elements(0).retailer_id(), "r1");
}

// A detail must not spoil the message.
TEST(AttachmentReaderTest, DetailsOfAnotherTypeArePassedOver) {
  const v1::Attachment one = Read(R"({"type":"template","payload":{"generic":{
      "elements":[7,{"title":{},"image_url":[],"default_action":"x",
        "buttons":{}},"y",{"buttons":[null,{"title":5}]}]}}})");
  ASSERT_EQ(one.template_().elements_size(), 2);
  EXPECT_EQ(one.template_().elements(0).title(), "");
  EXPECT_EQ(one.template_().elements(1).buttons(0).title(), "5");
  EXPECT_TRUE(Read(R"({"type":"template","payload":[]})").has_template_());
  EXPECT_TRUE(Read(R"({"type":"sticker","payload":"x"})").has_sticker());
}

TEST(AttachmentReaderTest, ManyElementsAreInTheJsonAlone) {
  std::string elements;
  for (int i = 0; i < 40; ++i) absl::StrAppend(&elements, i ? ",{}" : "{}");
  const v1::Attachment one = Read(
      absl::StrCat(R"({"type":"template","payload":{"generic":{"elements":[)",
                   elements, "]}}}"));
  EXPECT_EQ(one.template_().elements_size(), 30);
  EXPECT_NE(one.payload_json().find(elements), std::string::npos);
}

TEST(AttachmentReaderTest, AStickerHasItsId) {
  EXPECT_EQ(Read(R"({"type":"sticker","payload":{"sticker_id":369239263222822,
                     "url":"https://s.example/"}})")
                .sticker()
                .sticker_id(),
            "369239263222822");
}

}  // namespace
}  // namespace linktor::kinds
