#include "emulator/attachment_json.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

// A Shape gives the names that the members of the short form have in the
// payload of a type. A name is empty when attachments of the type do not have
// this member.
struct Shape {
  std::string_view type;
  std::string_view url;
  std::string_view title;
  std::string_view media_id;
};

constexpr Shape kShapes[] = {
    {"image", "url", "", ""},
    {"video", "url", "", ""},
    {"audio", "url", "", ""},
    {"file", "url", "", ""},
    {"media", "url", "", ""},
    {"share", "url", "title", "ig_post_media_id"},
    {"ig_post", "url", "title", "ig_post_media_id"},
    {"post", "url", "title", "ig_post_media_id"},
    {"ig_reel", "url", "title", "reel_video_id"},
    {"reel", "url", "title", "reel_video_id"},
    // A shared story has its link under another name than all other types.
    {"ig_story", "story_media_url", "", "story_media_id"},
    {"story", "url", "", ""},
    {"story_mention", "url", "", ""},
    {"sticker", "url", "", ""},
    {"fallback", "url", "title", ""},
    {"unsupported_type", "url", "", ""},
    // ReadTemplate() makes the payload of a template.
    {"template", "", "", ""},
    // These have no payload.
    {"ephemeral", "", "", ""},
    {"like_heart", "", "", ""},
};

// An attachment of an unknown type keeps the names of the short form.
constexpr Shape kOther = {"", "url", "title", "media_id"};

const Shape& ShapeOf(std::string_view type) {
  const auto* const shape =
      std::find_if(std::begin(kShapes), std::end(kShapes),
                   [type](const Shape& one) { return one.type == type; });
  return shape == std::end(kShapes) ? kOther : *shape;
}

// Copies the string member `from` into the payload under the name `to`. When
// `to` is empty, the member is a problem of the reader.
void Copy(JsonReader& given, std::string_view from, std::string_view to,
          json::object& payload) {
  if (!given.Has(from)) return;
  if (to.empty()) {
    return given.Wrong(from, "absent with this type of attachment");
  }
  payload[{to.data(), to.size()}] = given.RequiredString(from);
}

// Reads {"name": "generic", "elements": [...]} and writes {"generic":
// {"elements": [...]}} into the payload.
void ReadTemplate(JsonReader& given, json::object& payload) {
  const std::string name = given.RequiredString("name");
  const json::array* elements = given.Array("elements");
  if (elements == nullptr) {
    return given.Wrong("elements", "an array, as Instagram sends it");
  }
  payload[name] = json::object{{"elements", *elements}};
}

// Reads an attachment in the short form and returns it in the full form.
json::object ReadInShort(JsonReader& given) {
  const std::string type = given.RequiredString("type");
  const Shape& shape = ShapeOf(type);
  json::object payload;
  Copy(given, "media_id", shape.media_id, payload);
  Copy(given, "title", shape.title, payload);
  Copy(given, "url", shape.url, payload);
  Copy(given, "sticker_id", type == "sticker" ? "sticker_id" : "", payload);
  if (type == "template") {
    ReadTemplate(given, payload);
  } else if (given.Has("name") || given.Has("elements")) {
    given.Fail(R"("name" and "elements" go with the type "template")");
  }
  return {{"type", type}, {"payload", std::move(payload)}};
}

// Returns whether an attachment has the full form, which has none of the
// members of the short form.
bool IsWhole(const json::object& attachment) {
  constexpr std::string_view kInShort[] = {"url",        "title", "media_id",
                                           "sticker_id", "name",  "elements"};
  return std::none_of(std::begin(kInShort), std::end(kInShort),
                      [&attachment](std::string_view name) {
                        return attachment.contains({name.data(), name.size()});
                      });
}

}  // namespace

json::array ReadAttachments(JsonReader& body, std::string_view name) {
  json::array attachments;
  const json::array* list = body.Array(name);
  if (list == nullptr) return attachments;
  for (const json::value& given : *list) {
    const json::object* object = given.if_object();
    if (object == nullptr || IsWhole(*object)) {
      attachments.push_back(given);
      continue;
    }
    body.Element(
        given, name,
        {"type", "url", "title", "media_id", "sticker_id", "name", "elements"},
        [&attachments](JsonReader& one) {
          attachments.push_back(ReadInShort(one));
        });
  }
  return attachments;
}

std::vector<std::string_view> AttachmentTypes() {
  std::vector<std::string_view> types;
  for (const Shape& shape : kShapes) types.push_back(shape.type);
  return types;
}

}  // namespace linktor::emulator
