#include "server/graph/client.h"

#include <boost/json.hpp>
#include <chrono>
#include <optional>

#include "server/base/status.h"
#include "server/base/try.h"
#include "server/graph/request.h"

namespace linktor::graph {
namespace {

namespace json = boost::json;

// No text of a profile is longer, in bytes: a name has some dozens, and a link
// to a picture some hundreds.
constexpr std::size_t kMaxProfileText = 4096;

// Returns the JSON object of a 200 answer without `error`; nothing for any
// other answer.
std::optional<json::object> ReadObject(const http::HttpResult& result) {
  if (result.status_code != 200) return std::nullopt;
  json::error_code failed;
  json::value root =
      json::parse({result.body.data(), result.body.size()}, failed);
  if (failed || !root.is_object() || root.get_object().contains("error")) {
    return std::nullopt;
  }
  return std::move(root.get_object());
}

std::string Text(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string()
             ? std::string(value->get_string())
             : "";
}

void AddIceBreaker(const json::value& value,
                   google::protobuf::RepeatedPtrField<v1::IceBreaker>& out) {
  if (!value.is_object() || !value.get_object().contains("question")) return;
  v1::IceBreaker* added = out.Add();
  added->set_question(Text(value.get_object(), "question"));
  added->set_payload(Text(value.get_object(), "payload"));
}

// Adds what one entry has. It has one of these forms: {"call_to_actions": […],
// "locale"}, {"ice_breakers": […]} around either, or {"question", "payload"}.
// Whatever has another form adds nothing.
void ReadSet(const json::value& value, v1::GetIceBreakersResponse& out) {
  if (!value.is_object()) return;
  const json::object& object = value.get_object();
  if (const json::value* inner = object.if_contains("ice_breakers");
      inner != nullptr && inner->is_array()) {
    for (const json::value& one : inner->get_array()) ReadSet(one, out);
    return;
  }
  const json::value* actions = object.if_contains("call_to_actions");
  if (actions == nullptr || !actions->is_array()) {
    return AddIceBreaker(value, *out.mutable_ice_breakers());
  }
  const std::string locale = Text(object, "locale");
  auto* list = out.mutable_ice_breakers();
  if (!locale.empty() && locale != "default") {
    v1::LocalizedIceBreakers* localized = out.add_localizations();
    localized->set_locale(locale);
    list = localized->mutable_ice_breakers();
  }
  for (const json::value& one : actions->get_array()) {
    AddIceBreaker(one, *list);
  }
}

// Returns a text of a profile; nothing where Instagram gives none.
std::optional<std::string> ProfileText(const json::object& object,
                                       std::string_view key) {
  std::string text = Text(object, key);
  if (text.empty() || text.size() > kMaxProfileText) return std::nullopt;
  return text;
}

std::optional<bool> Flag(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

std::optional<std::int64_t> Count(const json::object& object,
                                  std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  json::error_code failed;
  const auto count = value->to_number<std::int64_t>(failed);
  if (failed || count < 0) return std::nullopt;
  return count;
}

// Returns the member when it is an object; else null. It belongs to `object`.
const json::object* Member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

// Reads {"mention": {"link", "id"}} or {"reply_to": {"link", "id"}}.
void ReadStory(const json::object& story, v1::RefreshMediaResponse& out) {
  const json::object* found = Member(story, "mention");
  if (found == nullptr) found = Member(story, "reply_to");
  if (found == nullptr) return;
  if (std::string id = Text(*found, "id"); !id.empty()) {
    out.set_story_id(std::move(id));
  }
  if (std::string link = Text(*found, "link"); !link.empty()) {
    out.set_media_url(std::move(link));
  }
}

// Adds an image, a video, a voice note or another file. Whatever has another
// form, such as a template or a shared post, adds nothing.
void ReadFile(const json::object& file, v1::RefreshMediaResponse& out) {
  v1::Attachment read;
  const json::object* image = Member(file, "image_data");
  const json::object* video = Member(file, "video_data");
  if (image != nullptr) {
    read.set_type("image");
    read.set_url(Text(*image, "url"));
    read.mutable_image();
  } else if (video != nullptr) {
    read.set_type("video");
    read.set_url(Text(*video, "url"));
    read.mutable_video();
  } else if (Text(file, "mime_type").starts_with("audio/")) {
    read.set_type("audio");
    read.set_url(Text(file, "file_url"));
    read.mutable_audio();
  } else {
    read.set_type("file");
    read.set_url(Text(file, "file_url"));
    read.mutable_file();
  }
  if (!read.url().empty()) *out.add_attachments() = std::move(read);
}

// Returns OK for a success, and otherwise what the error map says of the
// result.
absl::Status ReadAnswerOf(GraphOperation operation,
                          const http::HttpResult& result) {
  if (!result.transport.ok()) {
    return MapTransportError(operation, result).status;
  }
  if (ReadObject(result).has_value()) return absl::OkStatus();
  return MapGraphError(operation, result).status;
}

}  // namespace

GraphSendResult ReadSendAnswer(const http::HttpResult& result) {
  if (!result.transport.ok()) {
    return {"", MapTransportError(GraphOperation::kSend, result)};
  }
  if (const auto object = ReadObject(result)) {
    if (std::string mid = Text(*object, "message_id"); !mid.empty()) {
      return {std::move(mid), {}};
    }
  }
  return {"", MapGraphError(GraphOperation::kSend, result)};
}

absl::Status ReadProfileAnswer(const http::HttpResult& result) {
  return ReadAnswerOf(GraphOperation::kRepeatable, result);
}

absl::StatusOr<v1::GetIceBreakersResponse> ReadIceBreakersAnswer(
    const http::HttpResult& result) {
  LINKTOR_TRY(ReadProfileAnswer(result));
  v1::GetIceBreakersResponse response;
  const json::object object = ReadObject(result).value_or(json::object());
  const json::value* data = object.if_contains("data");
  if (data == nullptr || !data->is_array()) return response;
  for (const json::value& one : data->get_array()) ReadSet(one, response);
  return response;
}

absl::StatusOr<v1::UserProfile> ReadUserProfileAnswer(
    const http::HttpResult& result) {
  LINKTOR_TRY(ReadAnswerOf(GraphOperation::kProfile, result));
  const json::object object = ReadObject(result).value_or(json::object());
  v1::UserProfile profile;
  if (auto text = ProfileText(object, "username")) {
    profile.set_username(*std::move(text));
  }
  if (auto text = ProfileText(object, "name")) {
    profile.set_name(*std::move(text));
  }
  if (auto text = ProfileText(object, "profile_pic")) {
    profile.set_profile_picture_url(*std::move(text));
  }
  if (const auto count = Count(object, "follower_count")) {
    profile.set_follower_count(*count);
  }
  if (const auto flag = Flag(object, "is_user_follow_business")) {
    profile.set_is_user_follow_business(*flag);
  }
  if (const auto flag = Flag(object, "is_business_follow_user")) {
    profile.set_is_business_follow_user(*flag);
  }
  if (const auto flag = Flag(object, "is_verified_user")) {
    profile.set_is_verified_user(*flag);
  }
  return profile;
}

absl::StatusOr<v1::RefreshMediaResponse> ReadMessageMediaAnswer(
    const http::HttpResult& result) {
  LINKTOR_TRY(ReadAnswerOf(GraphOperation::kMessage, result));
  const json::object object = ReadObject(result).value_or(json::object());
  v1::RefreshMediaResponse response;
  if (const json::object* story = Member(object, "story")) {
    ReadStory(*story, response);
  }
  const json::object* attachments = Member(object, "attachments");
  const json::value* data =
      attachments == nullptr ? nullptr : attachments->if_contains("data");
  if (data == nullptr || !data->is_array()) return response;
  for (const json::value& one : data->get_array()) {
    if (one.is_object()) ReadFile(one.get_object(), response);
  }
  return response;
}

namespace {

absl::Status StatusOf(const absl::Status& answer) { return answer; }

template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& answer) {
  return answer.status();
}

const absl::Status& StatusOf(const GraphSendResult& answer) {
  return answer.failure.status;
}

// Meta has one code for both windows; the tag tells which of them has closed.
// Any other status stays as it is.
void NameWindow(v1::MessageTag tag, absl::Status& status) {
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  if (tag != v1::MESSAGE_TAG_HUMAN_AGENT ||
      info.reason() != ReasonName(v1::ERROR_REASON_OUTSIDE_MESSAGING_WINDOW)) {
    return;
  }
  ErrorDetails details{.reason = v1::ERROR_REASON_HUMAN_AGENT_WINDOW_CLOSED};
  for (const auto& [key, value] : info.metadata()) {
    details.metadata.emplace_back(key, value);
  }
  status = MakeError(status.code(),
                     "Instagram says that not even a human agent may answer: "
                     "the customer has not written within 7 days",
                     details);
}

}  // namespace

template <typename Read, typename Finish>
void HttpGraphClient::Run(std::string_view operation,
                          const GraphAccount& account, http::HttpCall call,
                          Read read, Finish done) {
  transport_.Send(
      std::move(call),
      [this, operation, channel_id = account.channel_id, read = std::move(read),
       done = std::move(done), begin = std::chrono::steady_clock::now()](
          const http::HttpResult& result) mutable {
        auto answer = read(result);
        observer_.OnGraphCall(operation, channel_id, StatusOf(answer),
                              std::chrono::steady_clock::now() - begin);
        done(std::move(answer));
      });
}

void HttpGraphClient::Send(const GraphAccount& account, std::string_view to,
                           const v1::MessageContent& content,
                           v1::MessageTag tag,
                           absl::AnyInvocable<void(GraphSendResult)> done) {
  Run(
      kGraphSend, account, BuildSend(hosts_, account, to, content, tag),
      [tag](const http::HttpResult& result) {
        GraphSendResult answer = ReadSendAnswer(result);
        NameWindow(tag, answer.failure.status);
        return answer;
      },
      std::move(done));
}

void HttpGraphClient::SetIceBreakers(const GraphAccount& account,
                                     const v1::SetIceBreakersRequest& request,
                                     Done done) {
  Run(kGraphSetIceBreakers, account,
      BuildSetIceBreakers(hosts_, account, request), ReadProfileAnswer,
      std::move(done));
}

void HttpGraphClient::GetIceBreakers(
    const GraphAccount& account,
    absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)> done) {
  Run(kGraphGetIceBreakers, account, BuildGetIceBreakers(hosts_, account),
      ReadIceBreakersAnswer, std::move(done));
}

void HttpGraphClient::DeleteIceBreakers(const GraphAccount& account,
                                        Done done) {
  Run(kGraphDeleteIceBreakers, account, BuildDeleteIceBreakers(hosts_, account),
      ReadProfileAnswer, std::move(done));
}

void HttpGraphClient::GetUserProfile(
    const GraphAccount& account, std::string_view user_id,
    absl::AnyInvocable<void(absl::StatusOr<v1::UserProfile>)> done) {
  Run(kGraphUserProfile, account, BuildGetUserProfile(hosts_, account, user_id),
      ReadUserProfileAnswer, std::move(done));
}

void HttpGraphClient::GetMessageMedia(
    const GraphAccount& account, std::string_view mid,
    const MediaFields& fields,
    absl::AnyInvocable<void(absl::StatusOr<v1::RefreshMediaResponse>)> done) {
  Run(kGraphMessageMedia, account,
      BuildGetMessageMedia(hosts_, account, mid, fields),
      ReadMessageMediaAnswer, std::move(done));
}

}  // namespace linktor::graph
