// A sticker is the heart: Instagram offers no other to apps.

#include <boost/json.hpp>

#include "server/kinds/content/media.h"
#include "server/kinds/content/table.h"

namespace linktor::kinds {
namespace {

constexpr std::string_view kType = "like_heart";

void Check(const v1::MessageContent& content, Violations& found) {
  if (content.sticker().id() != "like" && content.sticker().id() != kType) {
    found.Add("content.sticker.id",
              "must be like or like_heart: Instagram has no other");
  }
}

boost::json::object GraphMessage(const v1::MessageContent& /*content*/) {
  return {{"attachment", {{"type", kType}}}};
}

bool Show(const v1::MessageContent& /*content*/, v1::Message& message) {
  AddAttachment(kType, "", message);
  return false;
}

ContentSummary Summarise(const v1::MessageContent& content) {
  return {.words = "sticker", .value = content.sticker().id()};
}

}  // namespace

constinit const ContentKind kStickerContent = MakeContentKind(
    {.content_case = v1::MessageContent::kSticker,
     .name = "sticker",
     .check = Check,
     .quick_replies = QuickReplies::kRefused,
     .graph_message = GraphMessage,
     .fetch = Fetch::kNothing,
     // Nobody has seen which name Instagram gives the heart in an echo.
     .echo = {.type = kType, .other_type = "sticker"},
     .show = Show,
     .summarise = Summarise});

}  // namespace linktor::kinds
