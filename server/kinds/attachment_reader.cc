#include "server/kinds/attachment_reader.h"

#include <array>
#include <string_view>
#include <utility>

#include "server/kinds/json_fields.h"

namespace linktor::kinds {
namespace {

namespace dom = simdjson::dom;

// The limit in bytes of Attachment.payload_json.
constexpr std::size_t kMaxPayloadJson = 64 * 1024;
// Templates have at most 10 elements and 3 buttons when they are sent. More of
// them than these are in payload_json alone.
constexpr int kMaxElements = 30;
constexpr int kMaxButtons = 10;

void SetPayloadJson(std::string json, v1::Attachment& out) {
  if (json.size() <= kMaxPayloadJson) out.set_payload_json(std::move(json));
}

// Reads the title and the link that Messenger's fallbacks have beside the
// payload. A value of another type is passed over.
void ReadBeside(const dom::object& attachment, v1::Attachment& out) {
  std::string_view text;
  if (out.url().empty() && attachment["url"].get(text) == simdjson::SUCCESS) {
    out.set_url(std::string(text));
  }
  if (out.title().empty() &&
      attachment["title"].get(text) == simdjson::SUCCESS) {
    out.set_title(std::string(text));
  }
}

// Returns whether the link is a page of Instagram's, and not the media itself.
bool IsPage(std::string_view url) {
  return url.starts_with("https://www.instagram.com/") ||
         url.starts_with("https://instagram.com/");
}

// These read what the details of a template say. A value of another type than
// expected is passed over, as all of it is in payload_json.
std::string TextIn(const dom::object& object, std::string_view key) {
  std::string_view text;
  std::string id;
  if (object[key].get(text) == simdjson::SUCCESS) return std::string(text);
  return ReadId(object, key, "", id).has_value() ? "" : id;
}

template <typename Use>
void ForEachObject(const dom::object& object, std::string_view key, int most,
                   Use use) {
  dom::array array;
  if (object[key].get(array) != simdjson::SUCCESS) return;
  for (const dom::element one : array) {
    dom::object member;
    if (one.get(member) != simdjson::SUCCESS) continue;
    if (most-- == 0) return;
    use(member);
  }
}

void ReadButton(const dom::object& button, v1::ShownButton& out) {
  out.set_type(TextIn(button, "type"));
  out.set_title(TextIn(button, "title"));
  out.set_url(TextIn(button, "url"));
  out.set_payload(TextIn(button, "payload"));
}

void ReadElement(const dom::object& element, v1::ShownElement& out) {
  out.set_id(TextIn(element, "id"));
  out.set_retailer_id(TextIn(element, "retailer_id"));
  out.set_title(TextIn(element, "title"));
  out.set_subtitle(TextIn(element, "subtitle"));
  out.set_image_url(TextIn(element, "image_url"));
  dom::object action;
  if (element["default_action"].get(action) == simdjson::SUCCESS) {
    out.set_default_url(TextIn(action, "url"));
  }
  ForEachObject(element, "buttons", kMaxButtons,
                [&out](const dom::object& button) {
                  ReadButton(button, *out.add_buttons());
                });
}

// Live traffic has the template under its name; what was sent names it beside.
void ReadTemplate(const dom::object& payload, v1::TemplateAttachment& out) {
  dom::object shown = payload;
  out.set_name(TextIn(payload, "template_type"));
  for (const auto [key, member] : payload) {
    dom::object inner;
    if (!out.name().empty()) break;
    if (member.get(inner) != simdjson::SUCCESS) continue;
    out.set_name(std::string(key));
    shown = inner;
  }
  out.set_text(TextIn(shown, "text"));
  ForEachObject(shown, "elements", kMaxElements,
                [&out](const dom::object& element) {
                  ReadElement(element, *out.add_elements());
                });
  ForEachObject(shown, "buttons", kMaxButtons,
                [&out](const dom::object& button) {
                  ReadButton(button, *out.add_buttons());
                });
}

// Makes the attachment one of the kind that the type names.
struct Detail {
  std::string_view type;
  void (*make)(v1::Attachment&);
};
constexpr auto kDetails = std::to_array<Detail>({
    {"image", [](v1::Attachment& one) { one.mutable_image(); }},
    {"video", [](v1::Attachment& one) { one.mutable_video(); }},
    {"audio", [](v1::Attachment& one) { one.mutable_audio(); }},
    {"file", [](v1::Attachment& one) { one.mutable_file(); }},
    {"share", [](v1::Attachment& one) { one.mutable_post(); }},
    {"ig_post", [](v1::Attachment& one) { one.mutable_post(); }},
    {"post", [](v1::Attachment& one) { one.mutable_post(); }},
    {"ig_reel", [](v1::Attachment& one) { one.mutable_reel(); }},
    {"reel", [](v1::Attachment& one) { one.mutable_reel(); }},
    {"ig_story", [](v1::Attachment& one) { one.mutable_story(); }},
    {"story", [](v1::Attachment& one) { one.mutable_story(); }},
    {"story_mention", [](v1::Attachment& one) { one.mutable_story_mention(); }},
    {"ephemeral", [](v1::Attachment& one) { one.mutable_ephemeral(); }},
    {"like_heart", [](v1::Attachment& one) { one.mutable_heart(); }},
    {"sticker", [](v1::Attachment& one) { one.mutable_sticker(); }},
    {"template", [](v1::Attachment& one) { one.mutable_template_(); }},
    {"fallback", [](v1::Attachment& one) { one.mutable_fallback(); }},
    {"unsupported_type",
     [](v1::Attachment& one) { one.mutable_unsupported(); }},
});

// Fills in the details, which the type decides, when all else has been read.
// `payload` is null where the attachment has none.
void ReadDetails(const dom::object* payload, v1::Attachment& out) {
  for (const Detail& detail : kDetails) {
    if (detail.type == out.type()) detail.make(out);
  }
  if ((out.has_post() || out.has_reel()) && IsPage(out.url())) {
    out.set_permalink(out.url());
    out.clear_url();
  }
  if (payload == nullptr) return;
  if (out.has_sticker()) {
    out.mutable_sticker()->set_sticker_id(TextIn(*payload, "sticker_id"));
  }
  if (out.has_template_()) ReadTemplate(*payload, *out.mutable_template_());
}

}  // namespace

Result ReadAttachment(const dom::element& value, const std::string& path,
                      v1::Attachment& out) {
  dom::object attachment;
  if (value.get(attachment) != simdjson::SUCCESS) {
    return Wrong(value, "an object", path);
  }
  std::string text;
  if (Result bad = ReadString(attachment, "type", path, text)) return bad;
  out.set_type(text);
  const auto payload_value = Member(attachment, "payload");
  dom::object payload;
  if (!payload_value.has_value() ||
      payload_value->get(payload) != simdjson::SUCCESS) {
    // Some kinds have no payload; Messenger has had text there.
    if (payload_value.has_value()) {
      SetPayloadJson(simdjson::minify(*payload_value), out);
    }
    ReadBeside(attachment, out);
    ReadDetails(nullptr, out);
    return std::nullopt;
  }
  const std::string at = path + ".payload";
  // This link is to the media itself, so it wins over any other, in whatever
  // order they come.
  std::string_view media_url;
  if (payload["story_media_url"].get(media_url) == simdjson::SUCCESS) {
    out.set_url(std::string(media_url));
  }
  bool all_read = true;
  for (const auto [key, member] : payload) {
    std::string_view string;
    const bool is_text = member.get(string) == simdjson::SUCCESS;
    if (is_text && key == "story_media_url" && string == out.url()) {
      continue;
    }
    if (is_text && out.url().empty() && key == "url") {
      out.set_url(std::string(string));
    } else if (is_text && out.title().empty() && key == "title") {
      out.set_title(std::string(string));
    } else if (out.media_id().empty() &&
               (key == "ig_post_media_id" || key == "reel_video_id" ||
                key == "story_media_id")) {
      std::string id;
      if (Result bad = ReadId(payload, key, at, id)) return bad;
      out.set_media_id(id);
    } else {
      all_read = false;
    }
  }
  if (!all_read) SetPayloadJson(simdjson::minify(payload), out);
  ReadBeside(attachment, out);
  ReadDetails(&payload, out);
  return std::nullopt;
}

}  // namespace linktor::kinds
