// instagram.story_reply: a customer answers a story of the account.

#include "google/protobuf/util/time_util.h"
#include "server/kinds/media_expiry.h"
#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

namespace dom = simdjson::dom;

Result Read(const Source& source, ParsedItem& item) {
  constexpr std::string_view kPath = "$.message.reply_to.story";
  // Both are there, or this would be no story reply.
  std::optional<dom::object> reply;
  Result bad = ReadObject(source.object, "reply_to", "$.message", reply);
  std::optional<dom::object> story;
  if (!bad && reply.has_value()) {
    bad = ReadObject(*reply, "story", "$.message.reply_to", story);
  }
  if (bad || !story.has_value()) return bad;
  v1::StoryReply& out = *item.payload.mutable_story_reply();
  out.set_reply_text(item.message.text());
  bad = ReadId(*story, "id", kPath, *out.mutable_story_id());
  if (!bad) bad = ReadString(*story, "url", kPath, *out.mutable_story_url());
  if (bad) return bad;
  if (const std::int64_t end = StoryExpiry(out.story_url(), item.event_ms)) {
    *out.mutable_story_url_expire_time() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(end);
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
