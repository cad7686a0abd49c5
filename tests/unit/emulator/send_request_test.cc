// What the Send API takes: every kind of message, and every limit.

#include "emulator/send_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace linktor::emulator {
namespace {

using ::testing::HasSubstr;

std::string Repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out.append(text);
  return out;
}

// `times` copies of an entry, in brackets.
std::string List(const std::string& entry, int times) {
  return absl::StrCat(
      "[", absl::StrJoin(std::vector<std::string>(times, entry), ","), "]");
}

std::string With(const std::string& message, const std::string& more = "") {
  return absl::StrCat(R"({"recipient":{"id":"61"},"message":)", message, more,
                      "}");
}

// What is read of a body that must be right.
SendRequest Accept(const std::string& body) {
  auto read = ReadSendRequest(*ParseJson(body));
  const GraphError* error = std::get_if<GraphError>(&read);
  EXPECT_EQ(error, nullptr) << body << ": " << error->message;
  return error == nullptr ? std::get<SendRequest>(read) : SendRequest();
}

// Returns why a body is refused, and checks that the code is 100. The result is
// empty when the body is accepted.
std::string Refusal(const std::string& body) {
  auto read = ReadSendRequest(*ParseJson(body));
  const GraphError* error = std::get_if<GraphError>(&read);
  if (error == nullptr) return {};
  EXPECT_EQ(error->code, 100) << body;
  return error->message;
}

json::array Json(const char* text) { return ParseJson(text)->as_array(); }

std::string Template(const std::string& elements) {
  return absl::StrCat(R"({"attachment":{"type":"template","payload":{)",
                      R"("template_type":"generic","elements":)", elements,
                      "}}}");
}

std::string Element(const std::string& more) {
  return Template(absl::StrCat(R"([{"title":"Dress",)", more, "}]"));
}

TEST(SendRequestTest, TakesText) {
  const SendRequest send =
      Accept(With(R"({"text":"Hi"})", R"(,"messaging_type":"RESPONSE")"));
  EXPECT_EQ(send.recipient_id, "61");
  EXPECT_EQ(send.text, "Hi");
  EXPECT_FALSE(send.human_agent);
}

TEST(SendRequestTest, TakesMediaByUrl) {
  for (const char* type : {"image", "video", "audio", "file"}) {
    const SendRequest send = Accept(
        With(absl::StrCat(R"({"attachment":{"type":")", type,
                          R"(","payload":{"url":"https://example.com/a"}}})")));
    ASSERT_EQ(send.attachments.size(), 1u);
    EXPECT_EQ(send.attachments[0].at("type"), json::value(type));
    EXPECT_EQ(send.attachments[0].at("payload").at("url"),
              json::value("https://example.com/a"));
  }
}

TEST(SendRequestTest, TakesAnImageAsInstagramLoginSendsIt) {
  const std::string image =
      R"({"type":"image","payload":{"url":"https://example.com/a.png"}})";
  const SendRequest object = Accept(With(R"({"attachments":)" + image + "}"));
  const SendRequest array = Accept(With(R"({"attachments":[)" + image + "]}"));
  EXPECT_EQ(object.attachments.size(), 1u);
  EXPECT_EQ(object.attachments, array.attachments);
}

TEST(SendRequestTest, TakesUpToTenImages) {
  const std::string image =
      R"({"type":"image","payload":{"url":"https://example.com/a.png"}})";
  const auto images = [&](int count) {
    return With(R"({"attachments":)" + List(image, count) + "}");
  };
  EXPECT_EQ(Accept(images(10)).attachments.size(), 10u);
  EXPECT_THAT(Refusal(images(11)), HasSubstr("1 to 10"));
  EXPECT_THAT(Refusal(images(0)), HasSubstr("1 to 10"));
  EXPECT_THAT(Refusal(With(R"({"attachments":{"type":"video",)"
                           R"("payload":{"url":"https://example.com/a"}}})")),
              HasSubstr("images only"));
}

TEST(SendRequestTest, TakesTheHeart) {
  const SendRequest send =
      Accept(With(R"({"attachment":{"type":"like_heart"}})"));
  EXPECT_EQ(send.attachments, Json(R"([{"type":"like_heart"}])"));
  EXPECT_THAT(
      Refusal(With(R"({"attachment":{"type":"like_heart","payload":{}}})")),
      HasSubstr("payload"));
}

TEST(SendRequestTest, EchoedTemplateIsKeyedByItsName) {
  const SendRequest send = Accept(With(Element(
      R"("subtitle":"Linen","image_url":"https://example.com/a.jpg",)"
      R"("default_action":{"type":"web_url","url":"https://example.com/d"},)"
      R"("buttons":[)"
      R"({"type":"web_url","title":"Shop","url":"https://example.com/s"},)"
      R"({"type":"postback","title":"More","payload":"MORE"}])")));
  EXPECT_EQ(send.attachments, Json(R"([{"type":"template","payload":{
      "generic":{"elements":[{
          "title":"Dress","subtitle":"Linen",
          "image_url":"https://example.com/a.jpg",
          "default_action":{"type":"open_url","url":"https://example.com/d"},
          "buttons":[
              {"type":"open_url","url":"https://example.com/s","title":"Shop"},
              {"type":"postback","title":"More"}]}]}}}])"));
  ASSERT_EQ(send.offers.size(), 1u);
  EXPECT_EQ(send.offers[0].kind, Offer::Kind::kButton);
  EXPECT_EQ(send.offers[0].title, "More");
  EXPECT_EQ(send.offers[0].payload, "MORE");
}

TEST(SendRequestTest, TemplateHasUpToTenElements) {
  const std::string element = R"({"title":"Dress","subtitle":"Linen"})";
  EXPECT_EQ(Refusal(With(Template(List(element, 10)))), "");
  EXPECT_THAT(Refusal(With(Template(List(element, 11)))), HasSubstr("1 to 10"));
  EXPECT_THAT(Refusal(With(Template("[]"))), HasSubstr("1 to 10"));
}

TEST(SendRequestTest, ElementHasUpToThreeButtons) {
  const std::string button =
      R"({"type":"postback","title":"More","payload":"MORE"})";
  const auto buttons = [&](int count) {
    return With(Element(R"("buttons":)" + List(button, count)));
  };
  EXPECT_EQ(Accept(buttons(3)).offers.size(), 3u);
  EXPECT_THAT(Refusal(buttons(4)), HasSubstr("1 to 3"));
  EXPECT_THAT(Refusal(buttons(0)), HasSubstr("1 to 3"));
}

TEST(SendRequestTest, TemplateTextsHaveLimitsInCharacters) {
  const auto titled = [](const std::string& title) {
    return With(Template(
        absl::StrCat(R"([{"title":")", title, R"(","subtitle":"x"}])")));
  };
  EXPECT_EQ(Refusal(titled(Repeat("ö", 80))), "");
  EXPECT_THAT(Refusal(titled(Repeat("ö", 81))), HasSubstr("80 characters"));
  EXPECT_THAT(
      Refusal(With(Element(R"("subtitle":")" + Repeat("ö", 81) + "\""))),
      HasSubstr("80 characters"));
  const auto button = [](const std::string& title, int payload) {
    return With(Element(
        absl::StrCat(R"("buttons":[{"type":"postback","title":")", title,
                     R"(","payload":")", std::string(payload, 'p'), R"("}])")));
  };
  EXPECT_EQ(Refusal(button(Repeat("ö", 20), 1000)), "");
  EXPECT_THAT(Refusal(button(Repeat("ö", 21), 1)), HasSubstr("20 characters"));
  EXPECT_THAT(Refusal(button("x", 1001)), HasSubstr("1000 bytes"));
}

TEST(SendRequestTest, RefusesWrongTemplates) {
  const struct {
    std::string message;
    const char* says;
  } kCases[] = {
      {Template(R"([{"title":"Dress"}])"), "besides its title"},
      {Template(R"([{"subtitle":"Linen"}])"), "title"},
      {Element(R"("image_url":"nowhere")"), "valid URL"},
      {Element(R"("image_url":"ftp://example.com/a")"), "valid URL"},
      {Element(R"("price":"9")"), "price"},
      {Element(R"("default_action":{"type":"postback","url":"https://a/"})"),
       "web_url"},
      {Element(R"("buttons":[{"type":"phone","title":"x"}])"), "postback"},
      {Element(R"("buttons":[{"type":"postback","title":"x"}])"), "payload"},
      {Element(R"("buttons":[{"type":"web_url","title":"x"}])"), "url"},
      {Element(R"("buttons":[{"type":"web_url","title":"x",)"
               R"("url":"https://a/","payload":"p"}])"),
       "payload"},
      {Element(R"("buttons":[{"type":"postback","title":"x",)"
               R"("url":"https://a/","payload":"p"}])"),
       "url"},
      {R"({"attachment":{"type":"template","payload":)"
       R"({"template_type":"button","elements":[]}}})",
       "generic"},
  };
  for (const auto& c : kCases) {
    EXPECT_THAT(Refusal(With(c.message)), HasSubstr(c.says)) << c.message;
  }
}

TEST(SendRequestTest, TakesUpToThirteenQuickReplies) {
  const std::string reply =
      R"({"content_type":"text","title":"Sale Items","payload":"SALE"})";
  const auto replies = [&](int count) {
    return With(R"({"text":"Which?","quick_replies":)" + List(reply, count) +
                "}");
  };
  const SendRequest send = Accept(replies(13));
  ASSERT_EQ(send.offers.size(), 13u);
  EXPECT_EQ(send.offers[0].kind, Offer::Kind::kQuickReply);
  EXPECT_EQ(send.offers[0].payload, "SALE");
  EXPECT_THAT(Refusal(replies(14)), HasSubstr("1 to 13"));
  EXPECT_THAT(Refusal(replies(0)), HasSubstr("1 to 13"));
}

TEST(SendRequestTest, QuickRepliesHaveLimits) {
  const auto reply = [](const char* type, const std::string& title,
                        int payload) {
    return With(
        absl::StrCat(R"({"text":"Which?","quick_replies":[{"content_type":")",
                     type, R"(","title":")", title, R"(","payload":")",
                     std::string(payload, 'p'), R"("}]})"));
  };
  EXPECT_EQ(Refusal(reply("text", Repeat("ö", 20), 1000)), "");
  EXPECT_THAT(Refusal(reply("text", Repeat("ö", 21), 1)),
              HasSubstr("20 characters"));
  EXPECT_THAT(Refusal(reply("text", "x", 1001)), HasSubstr("1000 bytes"));
  EXPECT_THAT(Refusal(reply("text", "x", 0)), HasSubstr("payload"));
  EXPECT_THAT(Refusal(reply("user_email", "x", 1)), HasSubstr("content_type"));
  EXPECT_THAT(Refusal(With(R"({"attachment":{"type":"like_heart"},)"
                           R"("quick_replies":[]})")),
              HasSubstr("with text only"));
}

TEST(SendRequestTest, MessageIsOneKind) {
  EXPECT_THAT(Refusal(With(R"({"text":"x","attachment":{)"
                           R"("type":"like_heart"}})")),
              HasSubstr("exactly one"));
  EXPECT_THAT(Refusal(With("{}")), HasSubstr("exactly one"));
  EXPECT_THAT(Refusal(With(R"({"attachment":{"type":"MEDIA_SHARE",)"
                           R"("payload":{"id":"1"}}})")),
              HasSubstr("must be one of"));
  EXPECT_THAT(Refusal(With(R"({"attachment":{"type":"image"}})")),
              HasSubstr("payload"));
  EXPECT_THAT(Refusal(With(R"({"attachment":{"type":"image",)"
                           R"("payload":{"url":"/a.png"}}})")),
              HasSubstr("valid URL"));
}

TEST(SendRequestTest, HumanAgentIsTheOnlyTagLeft) {
  const auto with = [](const char* more) {
    return With(R"({"text":"x"})", more);
  };
  EXPECT_TRUE(Accept(with(R"(,"tag":"HUMAN_AGENT")")).human_agent);
  EXPECT_TRUE(
      Accept(with(R"(,"messaging_type":"MESSAGE_TAG","tag":"HUMAN_AGENT")"))
          .human_agent);
  EXPECT_THAT(Refusal(with(R"(,"tag":"CONFIRMED_EVENT_UPDATE")")),
              HasSubstr("HUMAN_AGENT"));
  EXPECT_THAT(Refusal(with(R"(,"messaging_type":"MESSAGE_TAG")")),
              HasSubstr("tag"));
  EXPECT_THAT(Refusal(with(R"(,"messaging_type":"OTHER")")),
              HasSubstr("messaging_type"));
}

TEST(SendRequestTest, AnswersAMessage) {
  EXPECT_EQ(Accept(With(R"({"text":"x"})", R"(,"reply_to":{"mid":"m_1"})"))
                .reply_to_mid,
            "m_1");
  EXPECT_THAT(Refusal(With(R"({"text":"x"})", R"(,"reply_to":{})")),
              HasSubstr("reply_to[mid]"));
}

TEST(SendRequestTest, IdThatIsNoUsersHasASubcode) {
  auto read = ReadSendRequest(
      *ParseJson(R"({"recipient":{"id":"ana"},"message":{"text":"x"}})"));
  EXPECT_EQ(std::get<GraphError>(read).subcode, 2534014);
}

}  // namespace
}  // namespace linktor::emulator
