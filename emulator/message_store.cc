#include "emulator/message_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/ids.h"
#include "server/base/strings.h"
#include "server/kinds/table.h"

namespace linktor::emulator {
namespace {

constexpr absl::Duration kStoryEnd = absl::Hours(24);
// Meta writes times so.
constexpr char kTimeFormat[] = "%Y-%m-%dT%H:%M:%S%z";

// Returns the same link with another signature, as each answer of Instagram's
// has one.
std::string Signed(std::string_view url) {
  if (url.empty()) return {};
  const char* mark = url.find('?') == std::string_view::npos ? "?" : "&";
  return absl::StrCat(ToAbsl(url), mark,
                      "signature=", FormatId("", NewRawId()));
}

// Returns an id like those of stories, which are numbers, and the same one for
// the same message.
std::string StoryIdOf(std::string_view mid) {
  constexpr std::uint64_t kFirst = 18'000'000'000'000'000;
  constexpr std::uint64_t kNumber = 999'999'999'999'999;
  std::uint64_t number = 0;
  for (const char c : HashedRawId({mid})) {
    number = ((number << 8U) | static_cast<unsigned char>(c)) % kNumber;
  }
  return absl::StrCat(kFirst + number);
}

std::string_view TextIn(const json::object& object, std::string_view name) {
  const json::string* text = FindString(object, name);
  return text == nullptr ? std::string_view() : AsView(*text);
}

// Returns the link of an attachment of that type; empty for others.
std::string_view LinkOf(const json::value& attachment, std::string_view type) {
  const json::object* object = attachment.if_object();
  if (object == nullptr || TextIn(*object, "type") != type) return {};
  const json::object* payload = FindObject(*object, "payload");
  return payload == nullptr ? std::string_view() : TextIn(*payload, "url");
}

// Returns {"mention": {"link", "id"}} or {"reply_to": {"link", "id"}}.
json::value Story(std::string_view mid, const StoredMessage& message,
                  absl::Time now) {
  if (now - message.time >= kStoryEnd) return nullptr;
  if (!message.story.empty()) {
    return json::object{
        {"reply_to",
         json::object{{"link", Signed(TextIn(message.story, "url"))},
                      {"id", ToJson(TextIn(message.story, "id"))}}}};
  }
  for (const json::value& attachment : message.attachments) {
    const std::string_view link = LinkOf(attachment, "story_mention");
    if (link.empty()) continue;
    return json::object{{"mention", json::object{{"link", Signed(link)},
                                                 {"id", StoryIdOf(mid)}}}};
  }
  return nullptr;
}

// Returns {"data": [{"id", "image_data": {"url"}}, ...]}.
json::value Attachments(const StoredMessage& message) {
  json::array data;
  for (const json::value& attachment : message.attachments) {
    json::object file{{"id", FormatId("", NewRawId())}};
    if (const auto image = LinkOf(attachment, "image"); !image.empty()) {
      file["mime_type"] = "image/jpeg";
      file["image_data"] = json::object{{"url", Signed(image)}};
    } else if (const auto video = LinkOf(attachment, "video"); !video.empty()) {
      file["mime_type"] = "video/mp4";
      file["video_data"] = json::object{{"url", Signed(video)}};
    } else if (const auto audio = LinkOf(attachment, "audio"); !audio.empty()) {
      file["mime_type"] = "audio/mp4";
      file["file_url"] = Signed(audio);
    } else if (const auto other = LinkOf(attachment, "file"); !other.empty()) {
      file["mime_type"] = "application/pdf";
      file["file_url"] = Signed(other);
    } else {
      continue;
    }
    data.push_back(std::move(file));
  }
  if (data.empty()) return nullptr;
  return json::object{{"data", std::move(data)}};
}

}  // namespace

void MessageStore::Put(std::string_view mid, StoredMessage message) {
  const std::size_t bytes = message.text.size() +
                            json::serialize(message.attachments).size() +
                            json::serialize(message.story).size();
  if (bytes > kMaxBytes) return;
  MutexLock lock(mutex_);
  messages_.Insert(std::string(mid), std::move(message));
}

void MessageStore::Note(const CustomerEvent& event, const std::string& account,
                        const std::string& account_id, absl::Time now) {
  if (event.kind == kinds::kMessageEdited.key) {
    return Edit(event.mid, TextIn(event.value, "text"));
  }
  if (event.kind != kinds::kMessageKey) return;
  if (event.value.contains("is_deleted")) return Delete(event.mid);
  StoredMessage message{.account = account,
                        .from = event.by_account ? account_id : event.from,
                        .to = event.by_account ? event.from : account_id,
                        .time = event.time.value_or(now),
                        .text = std::string(TextIn(event.value, "text"))};
  if (const json::array* all = FindArray(event.value, "attachments")) {
    message.attachments = *all;
  }
  const json::object* reply = FindObject(event.value, "reply_to");
  const json::object* story =
      reply == nullptr ? nullptr : FindObject(*reply, "story");
  if (story != nullptr) message.story = *story;
  Put(event.mid, std::move(message));
}

void MessageStore::Edit(std::string_view mid, std::string_view text) {
  MutexLock lock(mutex_);
  StoredMessage* message = messages_.Find(std::string(mid));
  if (message != nullptr) message->text = std::string(text);
}

void MessageStore::Delete(std::string_view mid) {
  MutexLock lock(mutex_);
  StoredMessage* message = messages_.Find(std::string(mid));
  if (message != nullptr) {
    *message = {.account = std::move(message->account), .deleted = true};
  }
}

std::optional<StoredMessage> MessageStore::Find(std::string_view account,
                                                std::string_view mid) {
  MutexLock lock(mutex_);
  const StoredMessage* message = messages_.Find(std::string(mid));
  if (message == nullptr || message->account != account) return std::nullopt;
  return *message;
}

std::optional<json::value> MessageField(std::string_view mid,
                                        const StoredMessage& message,
                                        std::string_view field,
                                        absl::Time now) {
  if (field == "id") return json::value(ToJson(mid));
  if (field == "created_time") {
    return json::value(
        absl::FormatTime(kTimeFormat, message.time, absl::UTCTimeZone()));
  }
  if (field == "from") return json::value(json::object{{"id", message.from}});
  if (field == "to") {
    return json::value(
        json::object{{"data", json::array{json::object{{"id", message.to}}}}});
  }
  if (field == "message") return json::value(message.text);
  if (field == "attachments") return Attachments(message);
  if (field == "story") return Story(mid, message, now);
  return std::nullopt;
}

}  // namespace linktor::emulator
