// A voice message is a file at a URL. Only Meta, which fetches it, sees its
// type and size.

#include "server/kinds/content/media.h"
#include "server/kinds/content/table.h"

namespace linktor::kinds {
namespace {

struct Audio {
  static constexpr auto kCase = v1::MessageContent::kAudio;
  static constexpr std::string_view kName = "audio";
  static constexpr std::string_view kUrlPath = "content.audio.url";
  static const v1::Media& File(const v1::MessageContent& content) {
    return content.audio();
  }
};

}  // namespace

constinit const ContentKind kAudioContent = MediaKind<Audio>();

}  // namespace linktor::kinds
