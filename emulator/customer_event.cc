#include "emulator/customer_event.h"

#include <utility>

#include "server/base/ids.h"
#include "server/kinds/table.h"

namespace linktor::emulator {
namespace {

// Returns the name of the member that an item of this kind has.
std::string KeyOf(const kinds::Kind& kind) { return std::string(kind.key); }

struct ReactionName {
  std::string_view name;
  std::string_view emoji;
};

constexpr ReactionName kReactions[] = {
    {"love", "❤"}, {"laugh", "😆"}, {"wow", "😮"},
    {"sad", "😢"},  {"angry", "😠"}, {"like", "👍"},
};

json::object Attachment(std::string_view type, json::object payload) {
  return {{"type", ToJson(type)}, {"payload", std::move(payload)}};
}

// Makes an event that comes in the "changes" of the entry.
CustomerEvent ChangeEvent(const kinds::Kind& kind, json::object value) {
  return {.kind = std::string(kind.field),
          .value = std::move(value),
          .change = true};
}

CustomerEvent AttachmentEvent(std::string_view from, json::object attachment) {
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kMessageReceived),
          .value = {{"attachments", json::array{std::move(attachment)}}}};
}

}  // namespace

absl::Status CheckCustomerMessage(const CustomerMessage& message) {
  if (!IsNumericId(message.from)) {
    return absl::InvalidArgumentError(
        "\"from\" must be an Instagram-scoped id: a string of 1 to 32 digits");
  }
  return CheckMessageContent(message);
}

absl::Status CheckMessageContent(const CustomerMessage& message) {
  if (message.text.empty() && message.attachments.empty()) {
    return absl::InvalidArgumentError(
        R"(a message needs "text" or "attachments")");
  }
  for (const json::value& attachment : message.attachments) {
    const json::object* object = attachment.if_object();
    if (object == nullptr || FindString(*object, "type") == nullptr) {
      return absl::InvalidArgumentError(
          "every attachment must be an object with a string \"type\"");
    }
  }
  return absl::OkStatus();
}

CustomerEvent MessageEvent(CustomerMessage message) {
  CustomerEvent event{.from = std::move(message.from),
                      .kind = KeyOf(kinds::kMessageReceived),
                      .mid = std::move(message.mid),
                      .time = message.time};
  if (!message.text.empty()) event.value["text"] = message.text;
  if (!message.attachments.empty()) {
    event.value["attachments"] = std::move(message.attachments);
  }
  if (!message.reply_to.empty()) {
    event.value["reply_to"] = std::move(message.reply_to);
  }
  return event;
}

CustomerEvent QuickReplyEvent(std::string_view from, std::string_view title,
                              std::string_view payload) {
  return {
      .from = std::string(from),
      .kind = KeyOf(kinds::kMessageReceived),
      .value = {{"text", ToJson(title)},
                {"quick_reply", json::object{{"payload", ToJson(payload)}}}}};
}

CustomerEvent StoryReplyEvent(std::string_view from, std::string_view text,
                              std::string_view story_id,
                              std::string_view story_url) {
  json::object story{{"url", ToJson(story_url)}, {"id", ToJson(story_id)}};
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kMessageReceived),
          .value = {{"text", ToJson(text)},
                    {"reply_to", json::object{{"story", std::move(story)}}}}};
}

CustomerEvent UnsupportedEvent(std::string_view from) {
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kMessageReceived),
          .value = {{"is_unsupported", true}}};
}

CustomerEvent StoryMentionEvent(std::string_view from, std::string_view url) {
  return MediaEvent(from, "story_mention", url);
}

CustomerEvent MediaEvent(std::string_view from, std::string_view type,
                         std::string_view url) {
  return AttachmentEvent(from, Attachment(type, {{"url", ToJson(url)}}));
}

CustomerEvent ProductShareEvent(std::string_view from, json::array elements) {
  json::object product{{"elements", std::move(elements)}};
  return AttachmentEvent(
      from, Attachment("template", {{"product", std::move(product)}}));
}

CustomerEvent ProductQuestionEvent(std::string_view from, std::string_view text,
                                   std::string_view product_id) {
  json::object product{{"id", ToJson(product_id)}};
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kMessageReceived),
          .value = {{"text", ToJson(text)},
                    {"referral", json::object{{"product", product}}}}};
}

CustomerEvent ReferralEvent(std::string_view from, json::object referral) {
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kReferral),
          .value = std::move(referral)};
}

CustomerEvent PostbackEvent(std::string_view from, std::string_view title,
                            std::string_view payload) {
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kPostback),
          .value = {{"title", ToJson(title)}, {"payload", ToJson(payload)}}};
}

CustomerEvent ReactionEvent(std::string_view from, std::string_view mid,
                            std::string_view reaction, std::string_view emoji) {
  if (emoji.empty()) emoji = UsualEmoji(reaction);
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kReaction),
          .value = {{"action", "react"},
                    {"reaction", ToJson(reaction)},
                    {"emoji", ToJson(emoji)}},
          .mid = std::string(mid)};
}

CustomerEvent UnreactEvent(std::string_view from, std::string_view mid) {
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kReaction),
          .value = {{"action", "unreact"}},
          .mid = std::string(mid)};
}

CustomerEvent ReadEvent(std::string_view from, std::string_view mid) {
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kMessageRead),
          .mid = std::string(mid)};
}

CustomerEvent EditEvent(std::string_view from, std::string_view mid,
                        std::string_view text, std::int64_t number) {
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kMessageEdited),
          .value = {{"text", ToJson(text)}, {"num_edit", number}},
          .mid = std::string(mid)};
}

CustomerEvent UnsendEvent(std::string_view from, std::string_view mid) {
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kUnsend),
          .value = {{"is_deleted", true}},
          .mid = std::string(mid)};
}

CustomerEvent OptinEvent(std::string_view from, json::object optin) {
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kOptin),
          .value = std::move(optin)};
}

CustomerEvent HandoverEvent(std::string_view from, std::string_view key,
                            json::object value) {
  return {.from = std::string(from),
          .kind = std::string(key),
          .value = std::move(value)};
}

CustomerEvent FeedbackEvent(std::string_view from, std::string_view mid,
                            bool positive) {
  return {.from = std::string(from),
          .kind = KeyOf(kinds::kFeedback),
          .value = {{"feedback", positive ? "Good response" : "Bad response"}},
          .mid = std::string(mid)};
}

CustomerEvent PolicyEvent(json::object policy) {
  return {.kind = KeyOf(kinds::kPolicyEnforcement), .value = std::move(policy)};
}

CustomerEvent CommentEvent(std::string_view from, std::string_view username,
                           json::object comment, bool live) {
  CustomerEvent event = ChangeEvent(
      live ? kinds::kLiveComment : kinds::kComment, std::move(comment));
  event.from = std::string(from);
  json::object author;
  if (!from.empty()) author["id"] = ToJson(from);
  if (!username.empty()) author["username"] = ToJson(username);
  if (!author.empty()) event.value["from"] = std::move(author);
  return event;
}

CustomerEvent MentionEvent(json::object mention) {
  return ChangeEvent(kinds::kMention, std::move(mention));
}

CustomerEvent StoryInsightsEvent(json::object insights) {
  return ChangeEvent(kinds::kStoryInsights, std::move(insights));
}

CustomerEvent OtherEvent(std::string_view from, std::string_view key,
                         json::object value) {
  return {.from = std::string(from),
          .kind = std::string(key),
          .value = std::move(value)};
}

bool IsMessage(const CustomerEvent& event) {
  if (event.value.contains("is_deleted")) return false;
  return event.kind == kinds::kMessageKey || event.kind == kinds::kPostback.key;
}

bool IsAboutAMessage(const CustomerEvent& event) {
  return event.kind == kinds::kReaction.key ||
         event.kind == kinds::kMessageRead.key ||
         event.kind == kinds::kFeedback.key;
}

bool MayBeOfNobody(const CustomerEvent& event) {
  for (const kinds::Kind* row : kinds::kTable) {
    const std::string_view name = event.change ? row->field : row->key;
    if (!name.empty() && name == event.kind) return !row->needs_customer;
  }
  return true;
}

std::string_view UsualEmoji(std::string_view reaction) {
  for (const ReactionName& known : kReactions) {
    if (known.name == reaction) return known.emoji;
  }
  return {};
}

}  // namespace linktor::emulator
