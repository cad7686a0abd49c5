#include "server/policy/content.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"

namespace linktor {

namespace {

class Violations {
 public:
  void Add(std::string field, std::string description) {
    found_.push_back({std::move(field), std::move(description)});
  }
  void Characters(const std::string& text, std::size_t least, std::size_t most,
                  std::string field) {
    const std::size_t count = CountCharacters(text);
    if (count >= least && count <= most) return;
    Add(std::move(field), absl::StrCat("must have ", least, " to ", most,
                                       " characters; it has ", count));
  }
  void Payload(const std::string& payload, std::string field) {
    if (!payload.empty() && payload.size() <= kMaxPayloadBytes) return;
    Add(std::move(field), absl::StrCat("must have 1 to ", kMaxPayloadBytes,
                                       " bytes; it has ", payload.size()));
  }
  void Count(int count, int least, int most, std::string field) {
    if (count >= least && count <= most) return;
    Add(std::move(field), absl::StrCat("must have ", least, " to ", most,
                                       " entries; it has ", count));
  }
  void Url(const std::string& url, std::string field) {
    if (url.empty()) return Add(std::move(field), "is required");
    if (url.size() > kMaxUrlBytes) {
      return Add(
          std::move(field),
          absl::StrCat("is ", url.size(), " bytes; at most ", kMaxUrlBytes));
    }
    if (!IsHttpUrl(url)) {
      Add(std::move(field), "must be an http or https URL with a host");
    }
  }
  std::vector<FieldViolation> Take() { return std::move(found_); }

 private:
  static bool IsHttpUrl(std::string_view url) {
    const std::string_view rest = url.starts_with("https://")  ? url.substr(8)
                                  : url.starts_with("http://") ? url.substr(7)
                                                               : "";
    const bool clean = std::none_of(url.begin(), url.end(), [](char c) {
      return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
    });
    return clean && !rest.empty() && rest.find_first_of("/?#:") != 0;
  }

  std::vector<FieldViolation> found_;
};

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

void CheckTemplate(const v1::Template& content, Violations& found) {
  if (!content.has_generic()) {
    return found.Add("content.template", "must have one of: generic");
  }
  const auto& elements = content.generic().elements();
  const std::string at = "content.template.generic.elements";
  found.Count(elements.size(), 1, kMaxElements, at);
  for (int i = 0; i < elements.size(); ++i) {
    CheckElement(elements[i], absl::StrCat(at, "[", i, "]"), found);
  }
}

void CheckQuickReplies(const v1::MessageContent& content, Violations& found) {
  const auto& replies = content.quick_replies();
  if (!replies.empty() && !content.has_text()) {
    found.Add("content.quick_replies", "can only be given with text");
  }
  found.Count(replies.size(), 0, kMaxQuickReplies, "content.quick_replies");
  for (int i = 0; i < replies.size(); ++i) {
    const std::string at = absl::StrCat("content.quick_replies[", i, "]");
    found.Characters(replies[i].title(), 1, kMaxButtonCharacters,
                     at + ".title");
    found.Payload(replies[i].payload(), at + ".payload");
  }
}

}  // namespace

std::size_t CountCharacters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<FieldViolation> CheckContent(const v1::MessageContent& content) {
  Violations found;
  switch (content.content_case()) {
    case v1::MessageContent::kText:
      if (content.text().empty()) {
        found.Add("content.text", "must not be empty");
      } else if (content.text().size() > kMaxTextBytes) {
        found.Add("content.text",
                  absl::StrCat("is ", content.text().size(),
                               " bytes of UTF-8; Instagram takes at most ",
                               kMaxTextBytes));
      }
      break;
    case v1::MessageContent::kImage:
      found.Url(content.image().url(), "content.image.url");
      break;
    case v1::MessageContent::kVideo:
      found.Url(content.video().url(), "content.video.url");
      break;
    case v1::MessageContent::kAudio:
      found.Url(content.audio().url(), "content.audio.url");
      break;
    case v1::MessageContent::kSticker:
      if (content.sticker().id() != "like" &&
          content.sticker().id() != "like_heart") {
        found.Add("content.sticker.id",
                  "must be like or like_heart: Instagram has no other");
      }
      break;
    case v1::MessageContent::kTemplate:
      CheckTemplate(content.template_(), found);
      break;
    case v1::MessageContent::CONTENT_NOT_SET:
      found.Add("content",
                "must have one of: text, image, video, audio, sticker, "
                "template");
      break;
  }
  CheckQuickReplies(content, found);
  return found.Take();
}

std::vector<FieldViolation> CheckIceBreakers(
    const google::protobuf::RepeatedPtrField<v1::IceBreaker>& ice_breakers,
    std::string_view path) {
  std::vector<FieldViolation> found;
  if (ice_breakers.empty() || ice_breakers.size() > kMaxIceBreakers) {
    found.push_back({std::string(path),
                     absl::StrCat("must have 1 to ", kMaxIceBreakers,
                                  " entries; it has ", ice_breakers.size())});
  }
  for (int i = 0; i < ice_breakers.size(); ++i) {
    const v1::IceBreaker& entry = ice_breakers[i];
    const std::string at = absl::StrCat(ToAbsl(path), "[", i, "]");
    const std::size_t characters = CountCharacters(entry.question());
    if (characters == 0 || characters > kMaxQuestionCharacters) {
      found.push_back({absl::StrCat(at, ".question"),
                       absl::StrCat("must have 1 to ", kMaxQuestionCharacters,
                                    " characters; it has ", characters)});
    }
    if (entry.payload().empty() || entry.payload().size() > kMaxPayloadBytes) {
      found.push_back(
          {absl::StrCat(at, ".payload"),
           absl::StrCat("must have 1 to ", kMaxPayloadBytes, " bytes; it has ",
                        entry.payload().size())});
    }
  }
  return found;
}

}  // namespace linktor
