// A template is a row of cards. Meta fetches their pictures as it fetches
// media.

#include <boost/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/kinds/content/media.h"
#include "server/kinds/content/table.h"

namespace linktor::kinds {
namespace {

namespace json = boost::json;

constexpr std::string_view kType = "template";

// The generic template's reference has these three.
constexpr int kMaxElements = 10;
constexpr int kMaxButtons = 3;
constexpr std::size_t kMaxElementCharacters = 80;

void CheckButton(const v1::TemplateButton& button, const std::string& at,
                 Violations& found) {
  found.Characters(button.title(), 1, kMaxButtonCharacters, at + ".title");
  switch (button.action_case()) {
    case v1::TemplateButton::kUrl:
      return found.Url(button.url(), at + ".url");
    case v1::TemplateButton::kPayload:
      return found.Payload(button.payload(), at + ".payload");
    case v1::TemplateButton::ACTION_NOT_SET:
      return found.Add(at, "must have one of: url, payload");
  }
}

void CheckElement(const v1::TemplateElement& element, const std::string& at,
                  Violations& found) {
  found.Characters(element.title(), 1, kMaxElementCharacters, at + ".title");
  found.Characters(element.subtitle(), 0, kMaxElementCharacters,
                   at + ".subtitle");
  if (!element.image_url().empty()) {
    found.Url(element.image_url(), at + ".image_url");
  }
  if (!element.default_url().empty()) {
    found.Url(element.default_url(), at + ".default_url");
  }
  found.Count(element.buttons_size(), 0, kMaxButtons, at + ".buttons");
  for (int i = 0; i < element.buttons_size(); ++i) {
    CheckButton(element.buttons(i), absl::StrCat(at, ".buttons[", i, "]"),
                found);
  }
  if (element.subtitle().empty() && element.image_url().empty() &&
      element.default_url().empty() && element.buttons().empty()) {
    found.Add(at,
              "must have one of subtitle, image_url, default_url and buttons "
              "besides its title");
  }
}

void Check(const v1::MessageContent& content, Violations& found) {
  if (!content.template_().has_generic()) {
    return found.Add("content.template", "must have one of: generic");
  }
  const auto& elements = content.template_().generic().elements();
  const std::string at = "content.template.generic.elements";
  found.Count(elements.size(), 1, kMaxElements, at);
  for (int i = 0; i < elements.size(); ++i) {
    CheckElement(elements[i], absl::StrCat(at, "[", i, "]"), found);
  }
}

json::object Button(const v1::TemplateButton& button) {
  json::object out;
  if (button.has_url()) {
    out = {{"type", "web_url"}, {"url", button.url()}};
  } else {
    out = {{"type", "postback"}, {"payload", button.payload()}};
  }
  out["title"] = button.title();
  return out;
}

json::object Element(const v1::TemplateElement& element) {
  json::object out{{"title", element.title()}};
  if (!element.subtitle().empty()) out["subtitle"] = element.subtitle();
  if (!element.image_url().empty()) out["image_url"] = element.image_url();
  if (!element.default_url().empty()) {
    out["default_action"] = {{"type", "web_url"},
                             {"url", element.default_url()}};
  }
  json::array buttons;
  for (const auto& button : element.buttons()) {
    buttons.push_back(Button(button));
  }
  if (!buttons.empty()) out["buttons"] = std::move(buttons);
  return out;
}

json::object GraphMessage(const v1::MessageContent& content) {
  json::array elements;
  for (const auto& element : content.template_().generic().elements()) {
    elements.push_back(Element(element));
  }
  return {
      {"attachment",
       {{"type", kType},
        {"payload",
         {{"template_type", "generic"}, {"elements", std::move(elements)}}}}}};
}

bool Show(const v1::MessageContent& /*content*/, v1::Message& message) {
  AddAttachment(kType, "", message);
  return false;
}

ContentSummary Summarise(const v1::MessageContent& content) {
  const auto& elements = content.template_().generic().elements();
  ContentSummary summary{
      .words = absl::StrCat("template with ", elements.size(),
                            elements.size() == 1 ? " card" : " cards")};
  if (!elements.empty()) summary.title = elements[0].title();
  return summary;
}

}  // namespace

constinit const ContentKind kTemplateContent =
    MakeContentKind({.content_case = v1::MessageContent::kTemplate,
                     .name = "template",
                     .check = Check,
                     .quick_replies = QuickReplies::kRefused,
                     .graph_message = GraphMessage,
                     .fetch = Fetch::kMedia,
                     .echo = {.type = kType},
                     .show = Show,
                     .summarise = Summarise});

}  // namespace linktor::kinds
