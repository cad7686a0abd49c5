#include "server/policy/content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"

namespace linktor::policy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Fields = std::vector<std::string>;

Fields FieldsOf(const std::vector<FieldViolation>& found) {
  Fields fields;
  for (const FieldViolation& violation : found) {
    fields.push_back(violation.field);
    EXPECT_FALSE(violation.description.empty());
  }
  return fields;
}

std::string Repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all.append(text);
  return all;
}

// One that a count of bytes would take for more.
constexpr char kEuro[] = "\u20ac";

Fields Check(const v1::MessageContent& content) {
  return FieldsOf(CheckContent(content));
}

// ---- Text -------------------------------------------------------------------

Fields CheckText(const std::string& text) {
  v1::MessageContent content;
  content.set_text(text);
  return Check(content);
}

TEST(CheckContentTest, TextIsLimitedInBytes) {
  EXPECT_THAT(CheckText("a"), IsEmpty());
  EXPECT_THAT(CheckText(std::string(1000, 'a')), IsEmpty());
  EXPECT_THAT(CheckText(std::string(1001, 'a')), ElementsAre("content.text"));
  EXPECT_THAT(CheckText(""), ElementsAre("content.text"));
  // Each of these characters has two bytes.
  EXPECT_THAT(CheckText(Repeat("\u00e4", 500)), IsEmpty());
  EXPECT_THAT(CheckText(Repeat("\u00e4", 501)), ElementsAre("content.text"));
}

TEST(CheckContentTest, NeedsContent) {
  EXPECT_THAT(Check({}), ElementsAre("content"));
}

// ---- Media and stickers -----------------------------------------------------

TEST(CheckContentTest, EachKindOfMediaNeedsItsUrl) {
  v1::MessageContent content;
  content.mutable_image();
  EXPECT_THAT(Check(content), ElementsAre("content.image.url"));
  content.mutable_video()->set_url("ftp://x.test/a.mp4");
  EXPECT_THAT(Check(content), ElementsAre("content.video.url"));
  content.mutable_audio()->set_url("");
  EXPECT_THAT(Check(content), ElementsAre("content.audio.url"));
  content.mutable_image()->set_url("https://x.test/a.png");
  EXPECT_THAT(Check(content), IsEmpty());
  content.mutable_video()->set_url("https://x.test/a.mp4");
  EXPECT_THAT(Check(content), IsEmpty());
  content.mutable_audio()->set_url("http://x.test/a.m4a");
  EXPECT_THAT(Check(content), IsEmpty());
}

std::string UrlOf(std::size_t bytes) {
  const std::string start = "https://x.test/";
  return start + std::string(bytes - start.size(), 'a');
}

TEST(CheckContentTest, UrlsByTable) {
  const struct {
    std::string url;
    bool fits;
  } kCases[] = {
      {"https://x.test/a.png", true},
      {"http://x.test/a.png", true},
      {"https://x.test", true},
      {"https://x.test:8443/a?b=c#d", true},
      {"https://x.test?b", true},
      {"https://user@x.test/", true},
      {"https://[2001:db8::1]/a", true},
      {"https://b\u00fccher.test/\u00e4", true},
      {UrlOf(2000), true},
      {UrlOf(2001), false},
      {"", false},
      {"x.test/a.png", false},
      {"//x.test/a.png", false},
      {"ftp://x.test/a.png", false},
      {"file:///etc/passwd", false},
      {"data:image/png;base64,AAAA", false},
      {"javascript:alert(1)", false},
      {"https:x.test", false},
      {"https:/x.test", false},
      {"https://", false},
      {"http://", false},
      {"https:///a.png", false},
      {"https://?a", false},
      {"https://#a", false},
      {"https://:443/a", false},
      {" https://x.test/a", false},
      {"https://x.test/a ", false},
      {"https://x.test/a b", false},
      {"https://x.test/a\tb", false},
      {"https://x.test/a\r\nHost: y", false},
      {std::string("https://x.test/\0a", 17), false},
      {"https://x.test/\x7f", false},
  };
  for (const auto& c : kCases) {
    v1::MessageContent content;
    content.mutable_image()->set_url(c.url);
    EXPECT_EQ(Check(content), c.fits ? Fields{} : Fields{"content.image.url"})
        << c.url;
  }
}

TEST(CheckContentTest, TheHeartIsTheOnlySticker) {
  v1::MessageContent content;
  content.mutable_sticker()->set_id("like");
  EXPECT_THAT(Check(content), IsEmpty());
  content.mutable_sticker()->set_id("like_heart");
  EXPECT_THAT(Check(content), IsEmpty());
  for (const char* id : {"", "Like", "like ", "369239263222822"}) {
    content.mutable_sticker()->set_id(id);
    EXPECT_THAT(Check(content), ElementsAre("content.sticker.id")) << id;
  }
}

// ---- Quick replies ----------------------------------------------------------

v1::MessageContent WithQuickReplies(int count) {
  v1::MessageContent content;
  content.set_text("which?");
  for (int i = 0; i < count; ++i) {
    v1::QuickReply* reply = content.add_quick_replies();
    reply->set_title("t");
    reply->set_payload("p");
  }
  return content;
}

TEST(CheckQuickRepliesTest, AtMost13) {
  EXPECT_THAT(Check(WithQuickReplies(13)), IsEmpty());
  EXPECT_THAT(Check(WithQuickReplies(14)),
              ElementsAre("content.quick_replies"));
}

TEST(CheckQuickRepliesTest, TitlesInCharactersPayloadsInBytes) {
  v1::MessageContent content = WithQuickReplies(4);
  content.mutable_quick_replies(0)->set_title(Repeat(kEuro, 20));
  content.mutable_quick_replies(0)->set_payload(std::string(1000, 'p'));
  EXPECT_THAT(Check(content), IsEmpty());
  content.mutable_quick_replies(0)->set_title(Repeat(kEuro, 21));
  content.mutable_quick_replies(1)->set_title("");
  content.mutable_quick_replies(1)->set_payload("");
  content.mutable_quick_replies(2)->set_payload(std::string(1001, 'p'));
  // This payload has 334 characters, but more than 1000 bytes.
  content.mutable_quick_replies(3)->set_payload(Repeat(kEuro, 334));
  EXPECT_THAT(Check(content), ElementsAre("content.quick_replies[0].title",
                                          "content.quick_replies[1].title",
                                          "content.quick_replies[1].payload",
                                          "content.quick_replies[2].payload",
                                          "content.quick_replies[3].payload"));
}

TEST(CheckQuickRepliesTest, OnlyWithText) {
  v1::MessageContent content = WithQuickReplies(1);
  content.mutable_image()->set_url("https://x.test/a.png");
  EXPECT_THAT(Check(content), ElementsAre("content.quick_replies"));
  content.mutable_sticker()->set_id("like");
  EXPECT_THAT(Check(content), ElementsAre("content.quick_replies"));
  content.clear_content();
  EXPECT_THAT(Check(content), ElementsAre("content", "content.quick_replies"));
}

// ---- Templates --------------------------------------------------------------

// Returns content with one card that is right.
v1::MessageContent Card() {
  v1::MessageContent content;
  v1::TemplateElement* element =
      content.mutable_template_()->mutable_generic()->add_elements();
  element->set_title("title");
  element->set_subtitle("subtitle");
  return content;
}

constexpr char kElement[] = "content.template.generic.elements[0]";

// The violations of a good card changed by `change`, without the path to it.
Fields CheckCard(const std::function<void(v1::TemplateElement&)>& change) {
  v1::MessageContent content = Card();
  change(*content.mutable_template_()->mutable_generic()->mutable_elements(0));
  Fields fields = Check(content);
  for (std::string& field : fields) {
    EXPECT_TRUE(field.starts_with(kElement)) << field;
    field = field.substr(std::min(field.size(), sizeof(kElement) - 1));
  }
  return fields;
}

TEST(CheckTemplateTest, NeedsALayout) {
  v1::MessageContent content;
  content.mutable_template_();
  EXPECT_THAT(Check(content), ElementsAre("content.template"));
}

TEST(CheckTemplateTest, OneToTenCards) {
  v1::MessageContent content = Card();
  auto* elements =
      content.mutable_template_()->mutable_generic()->mutable_elements();
  EXPECT_THAT(Check(content), IsEmpty());
  while (elements->size() < 10) *elements->Add() = elements->Get(0);
  EXPECT_THAT(Check(content), IsEmpty());
  *elements->Add() = elements->Get(0);
  EXPECT_THAT(Check(content), ElementsAre("content.template.generic.elements"));
  elements->Clear();
  EXPECT_THAT(Check(content), ElementsAre("content.template.generic.elements"));
}

TEST(CheckTemplateTest, CardTextsInCharacters) {
  const std::string longest = Repeat(kEuro, 80);
  const std::string longer = longest + "x";
  EXPECT_THAT(CheckCard([&](auto& card) {
                card.set_title(longest);
                card.set_subtitle(longest);
              }),
              IsEmpty());
  EXPECT_THAT(CheckCard([&](auto& card) { card.set_title(longer); }),
              ElementsAre(".title"));
  EXPECT_THAT(CheckCard([](auto& card) { card.clear_title(); }),
              ElementsAre(".title"));
  EXPECT_THAT(CheckCard([&](auto& card) { card.set_subtitle(longer); }),
              ElementsAre(".subtitle"));
}

TEST(CheckTemplateTest, CardUrlsAreOptionalAndChecked) {
  EXPECT_THAT(CheckCard([](auto& card) {
                card.set_image_url(UrlOf(2000));
                card.set_default_url(UrlOf(2000));
              }),
              IsEmpty());
  EXPECT_THAT(CheckCard([](auto& card) {
                card.set_image_url(UrlOf(2001));
                card.set_default_url("tel:+123");
              }),
              ElementsAre(".image_url", ".default_url"));
}

TEST(CheckTemplateTest, TitleAloneIsNoCard) {
  EXPECT_THAT(CheckCard([](auto& card) { card.clear_subtitle(); }),
              ElementsAre(""));
  // Any of these is enough.
  EXPECT_THAT(CheckCard([](auto& card) {
                card.clear_subtitle();
                card.set_image_url("https://x.test/a.png");
              }),
              IsEmpty());
  EXPECT_THAT(CheckCard([](auto& card) {
                card.clear_subtitle();
                card.set_default_url("https://x.test/");
              }),
              IsEmpty());
  EXPECT_THAT(CheckCard([](auto& card) {
                card.clear_subtitle();
                v1::TemplateButton* button = card.add_buttons();
                button->set_title("b");
                button->set_payload("p");
              }),
              IsEmpty());
}

TEST(CheckTemplateTest, AtMostThreeButtons) {
  const auto with_buttons = [](int count) {
    return [count](v1::TemplateElement& card) {
      for (int i = 0; i < count; ++i) {
        v1::TemplateButton* button = card.add_buttons();
        button->set_title("b");
        button->set_payload("p");
      }
    };
  };
  EXPECT_THAT(CheckCard(with_buttons(3)), IsEmpty());
  EXPECT_THAT(CheckCard(with_buttons(4)), ElementsAre(".buttons"));
}

Fields CheckButton(const std::string& title,
                   const std::function<void(v1::TemplateButton&)>& action) {
  return CheckCard([&](v1::TemplateElement& card) {
    v1::TemplateButton* button = card.add_buttons();
    button->set_title(title);
    action(*button);
  });
}

TEST(CheckTemplateTest, ButtonTitlesInCharacters) {
  const auto tap = [](v1::TemplateButton& b) { b.set_payload("p"); };
  EXPECT_THAT(CheckButton(Repeat(kEuro, 20), tap), IsEmpty());
  EXPECT_THAT(CheckButton(Repeat(kEuro, 21), tap),
              ElementsAre(".buttons[0].title"));
  EXPECT_THAT(CheckButton("", tap), ElementsAre(".buttons[0].title"));
}

TEST(CheckTemplateTest, ButtonsDoOneThing) {
  EXPECT_THAT(CheckButton("b", [](auto&) {}), ElementsAre(".buttons[0]"));
  EXPECT_THAT(CheckButton("b", [](auto& b) { b.set_url("https://x.test/"); }),
              IsEmpty());
  EXPECT_THAT(CheckButton("b", [](auto& b) { b.set_url(UrlOf(2001)); }),
              ElementsAre(".buttons[0].url"));
  EXPECT_THAT(CheckButton("b", [](auto& b) { b.set_url(""); }),
              ElementsAre(".buttons[0].url"));
  EXPECT_THAT(
      CheckButton("b", [](auto& b) { b.set_payload(std::string(1000, 'p')); }),
      IsEmpty());
  EXPECT_THAT(
      CheckButton("b", [](auto& b) { b.set_payload(std::string(1001, 'p')); }),
      ElementsAre(".buttons[0].payload"));
  EXPECT_THAT(CheckButton("b", [](auto& b) { b.set_payload(""); }),
              ElementsAre(".buttons[0].payload"));
}

TEST(CheckTemplateTest, EveryViolationAtOnceWithItsPath) {
  v1::MessageContent content = Card();
  auto& generic = *content.mutable_template_()->mutable_generic();
  v1::TemplateElement& second = *generic.add_elements();
  second.set_image_url("nowhere");
  second.add_buttons()->set_url("nowhere");
  second.add_buttons()->set_title("empty");
  v1::TemplateElement& third = *generic.add_elements();
  third.set_title("alone");
  content.add_quick_replies()->set_title("t");
  const std::string at = "content.template.generic.elements";
  EXPECT_THAT(
      Check(content),
      ElementsAre(at + "[1].title", at + "[1].image_url",
                  at + "[1].buttons[0].title", at + "[1].buttons[0].url",
                  at + "[1].buttons[1]", at + "[2]", "content.quick_replies",
                  "content.quick_replies[0].payload"));
}

// ---- Ice breakers -----------------------------------------------------------

struct Starter {
  std::string question;
  std::string payload;
};

Fields CheckStarters(const std::vector<Starter>& starters) {
  v1::LocalizedIceBreakers list;
  for (const Starter& starter : starters) {
    v1::IceBreaker* added = list.add_ice_breakers();
    added->set_question(starter.question);
    added->set_payload(starter.payload);
  }
  return FieldsOf(CheckIceBreakers(list.ice_breakers(), "ice_breakers"));
}

TEST(CheckIceBreakersTest, OneToFour) {
  EXPECT_THAT(CheckStarters({{"q", "p"}}), IsEmpty());
  EXPECT_THAT(CheckStarters({4, {"q", "p"}}), IsEmpty());
  EXPECT_THAT(CheckStarters({}), ElementsAre("ice_breakers"));
  EXPECT_THAT(CheckStarters({5, {"q", "p"}}), ElementsAre("ice_breakers"));
}

TEST(CheckIceBreakersTest, QuestionsInCharactersPayloadsInBytes) {
  const std::string longest = Repeat(kEuro, 80);
  EXPECT_THAT(CheckStarters({{longest, std::string(1000, 'p')}}), IsEmpty());
  EXPECT_THAT(
      CheckStarters(
          {{longest + "x", "p"}, {"", ""}, {"q", std::string(1001, 'p')}}),
      ElementsAre("ice_breakers[0].question", "ice_breakers[1].question",
                  "ice_breakers[1].payload", "ice_breakers[2].payload"));
}

}  // namespace
}  // namespace linktor::policy
