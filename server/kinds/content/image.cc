// An image is a file at a URL. Only Meta, which fetches it, sees its type and
// size.

#include "server/kinds/content/media.h"
#include "server/kinds/content/table.h"

namespace linktor::kinds {
namespace {

struct Image {
  static constexpr auto kCase = v1::MessageContent::kImage;
  static constexpr std::string_view kName = "image";
  static constexpr std::string_view kUrlPath = "content.image.url";
  static const v1::Media& File(const v1::MessageContent& content) {
    return content.image();
  }
};

}  // namespace

constinit const ContentKind kImageContent = MediaKind<Image>();

}  // namespace linktor::kinds
