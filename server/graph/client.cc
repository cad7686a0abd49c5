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

absl::StatusOr<std::string> ReadUserProfileAnswer(
    const http::HttpResult& result) {
  LINKTOR_TRY(ReadAnswerOf(GraphOperation::kProfile, result));
  return Text(ReadObject(result).value_or(json::object()), "username");
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
    absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) {
  Run(kGraphUserProfile, account, BuildGetUserProfile(hosts_, account, user_id),
      ReadUserProfileAnswer, std::move(done));
}

}  // namespace linktor::graph
