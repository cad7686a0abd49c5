// An image is a file at a URL. Only Meta, which fetches it, sees its type and
// size.

#include <boost/json.hpp>

#include "server/kinds/content/media.h"
#include "server/kinds/content/table.h"

namespace linktor::kinds {
namespace {

constexpr std::string_view kType = "image";

void Check(const v1::MessageContent& content, Violations& found) {
  found.Url(content.image().url(), "content.image.url");
}

boost::json::object GraphMessage(const v1::MessageContent& content) {
  return MediaMessage(kType, content.image());
}

bool Show(const v1::MessageContent& content, v1::Message& message) {
  AddAttachment(kType, content.image().url(), message);
  return false;
}

ContentSummary Summarise(const v1::MessageContent& content) {
  return SummariseMedia(kType, content.image());
}

}  // namespace

constinit const ContentKind kImageContent =
    MakeContentKind({.content_case = v1::MessageContent::kImage,
                     .name = "image",
                     .check = Check,
                     .quick_replies = QuickReplies::kRefused,
                     .graph_message = GraphMessage,
                     .fetch = Fetch::kMedia,
                     .echo = {.type = kType},
                     .show = Show,
                     .summarise = Summarise});

}  // namespace linktor::kinds
