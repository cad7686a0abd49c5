// instagram.story_reply: a customer answers a story of the account.

#include <optional>

#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

Result Read(const Source& source, ParsedItem& item) {
  v1::Story story;
  if (Result bad = source.message->ReadStory(item.event_ms, story)) return bad;
  v1::StoryReply& out = *item.payload.mutable_story_reply();
  out.set_story_id(story.id());
  out.set_reply_text(item.message.text());
  out.set_story_url(story.url());
  if (story.has_url_expire_time()) {
    *out.mutable_story_url_expire_time() = story.url_expire_time();
  }
  return std::nullopt;
}

void Complete(const v1::Event& event, v1::Message& message) {
  const v1::StoryReply& reply = event.story_reply();
  v1::Story& story = *message.mutable_story();
  story.set_id(reply.story_id());
  story.set_url(reply.story_url());
  if (reply.has_story_url_expire_time()) {
    *story.mutable_url_expire_time() = reply.story_url_expire_time();
  }
}

}  // namespace

constinit const Kind kStoryReply = {
    .type = "instagram.story_reply",
    .payload = v1::Event::kStoryReply,
    .key = kMessageKey,
    .name = "story_reply",
    .mids = MidSet::kMessages,
    .opens_window = true,
    .fits = [](const Source& source) { return source.message->HasStory(); },
    .read = Read,
    .message = [](const v1::Event& event) -> const v1::Message& {
      return event.story_reply().message();
    },
    .mutable_message =
        [](v1::Event& event) {
          return event.mutable_story_reply()->mutable_message();
        },
    .complete = Complete};

}  // namespace linktor::kinds
