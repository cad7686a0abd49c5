#include "server/policy/content_match.h"

#include <string_view>

namespace linktor {
namespace {

// The prefixes keep the name of a kind from being equal to somebody's text.
std::string OfText(const std::string& text) { return "text:" + text; }
std::string OfKind(std::string_view kind) {
  return "kind:" + std::string(kind);
}

constexpr std::string_view kImage = "image";
constexpr std::string_view kVideo = "video";
constexpr std::string_view kAudio = "audio";
constexpr std::string_view kSticker = "like_heart";
constexpr std::string_view kTemplate = "template";

}  // namespace

std::string MatchTextOf(const v1::MessageContent& content) {
  switch (content.content_case()) {
    case v1::MessageContent::kText:
      return OfText(content.text());
    case v1::MessageContent::kImage:
      return OfKind(kImage);
    case v1::MessageContent::kVideo:
      return OfKind(kVideo);
    case v1::MessageContent::kAudio:
      return OfKind(kAudio);
    case v1::MessageContent::kSticker:
      return OfKind(kSticker);
    case v1::MessageContent::kTemplate:
      return OfKind(kTemplate);
    case v1::MessageContent::CONTENT_NOT_SET:
      break;
  }
  return "";
}

std::string MatchTextOf(const v1::Message& echo) {
  if (echo.attachments().empty()) {
    return echo.text().empty() ? "" : OfText(echo.text());
  }
  if (!echo.text().empty() || echo.attachments_size() != 1) return "";
  const std::string_view type = echo.attachments(0).type();
  // Nobody has seen which name Instagram gives the heart in an echo.
  if (type == "sticker") return OfKind(kSticker);
  for (const std::string_view kind :
       {kImage, kVideo, kAudio, kSticker, kTemplate}) {
    if (type == kind) return OfKind(kind);
  }
  return "";
}

}  // namespace linktor
