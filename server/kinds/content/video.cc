// A video is a file at a URL. Only Meta, which fetches it, sees its type and
// size.

#include "server/kinds/content/media.h"
#include "server/kinds/content/table.h"

namespace linktor::kinds {
namespace {

struct Video {
  static constexpr auto kCase = v1::MessageContent::kVideo;
  static constexpr std::string_view kName = "video";
  static constexpr std::string_view kUrlPath = "content.video.url";
  static const v1::Media& File(const v1::MessageContent& content) {
    return content.video();
  }
};

}  // namespace

constinit const ContentKind kVideoContent = MediaKind<Video>();

}  // namespace linktor::kinds
