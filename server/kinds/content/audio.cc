// A voice message is a file at a URL. Only Meta, which fetches it, sees its
// type and size.

#include <boost/json.hpp>

#include "server/kinds/content/media.h"
#include "server/kinds/content/table.h"

namespace linktor::kinds {
namespace {

constexpr std::string_view kType = "audio";

void Check(const v1::MessageContent& content, Violations& found) {
  found.Url(content.audio().url(), "content.audio.url");
}

boost::json::object GraphMessage(const v1::MessageContent& content) {
  return MediaMessage(kType, content.audio());
}

bool Show(const v1::MessageContent& content, v1::Message& message) {
  AddAttachment(kType, content.audio().url(), message);
  return false;
}

ContentSummary Summarise(const v1::MessageContent& content) {
  return SummariseMedia(kType, content.audio());
}

}  // namespace

constinit const ContentKind kAudioContent =
    MakeContentKind({.content_case = v1::MessageContent::kAudio,
                     .name = "audio",
                     .check = Check,
                     .quick_replies = QuickReplies::kRefused,
                     .graph_message = GraphMessage,
                     .fetch = Fetch::kMedia,
                     .echo = {.type = kType},
                     .show = Show,
                     .summarise = Summarise});

}  // namespace linktor::kinds
