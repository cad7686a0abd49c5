// instagram.story_mention: a customer mentions the account in their story.

#include <algorithm>

#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

// Instagram's attachment type.
constexpr std::string_view kAttachmentType = "story_mention";

Result Read(const Source& /*source*/, ParsedItem& item) {
  v1::StoryMention& out = *item.payload.mutable_story_mention();
  const auto& attachments = item.message.attachments();
  const auto it = std::find_if(
      attachments.begin(), attachments.end(),
      [](const v1::Attachment& a) { return a.type() == kAttachmentType; });
  if (it == attachments.end()) return std::nullopt;
  out.set_media_url(it->url());
  if (it->has_url_expire_time()) {
    *out.mutable_media_expire_time() = it->url_expire_time();
  }
  return std::nullopt;
}

void Complete(const v1::Event& event, v1::Message& message) {
  const v1::StoryMention& mention = event.story_mention();
  v1::Story& story = *message.mutable_story();
  story.set_url(mention.media_url());
  if (mention.has_media_expire_time()) {
    *story.mutable_url_expire_time() = mention.media_expire_time();
  }
}

}  // namespace

constinit const Kind kStoryMention = {
    .type = "instagram.story_mention",
    .payload = v1::Event::kStoryMention,
    .key = kMessageKey,
    .name = "story_mention",
    .mids = MidSet::kMessages,
    .opens_window = true,
    .fits =
        [](const Source& source) {
          return source.message->HasAttachment(kAttachmentType);
        },
    .read = Read,
    .message = [](const v1::Event& event) -> const v1::Message& {
      return event.story_mention().message();
    },
    .mutable_message =
        [](v1::Event& event) {
          return event.mutable_story_mention()->mutable_message();
        },
    .complete = Complete};

}  // namespace linktor::kinds
