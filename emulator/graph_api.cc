#include "emulator/graph_api.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "emulator/meta_rules.h"
#include "server/base/ids.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

constexpr char kMessages[] = "messages";
constexpr char kProfile[] = "messenger_profile";
// This is the emulator's name for GET /{IGSID}, which has no edge.
constexpr char kUserProfile[] = "user_profile";
// This is the emulator's name for GET /{mid}, which has no edge either.
constexpr char kMessage[] = "message";
constexpr char kIceBreakers[] = "ice_breakers";
// It stands for the page or account of the token.
constexpr char kOwnAccount[] = "me";

// Takes texts such as "v25.0": a "v" before digits and one dot.
bool IsVersion(std::string_view segment) {
  return segment.size() > 1 && segment[0] == 'v' &&
         std::all_of(segment.begin() + 1, segment.end(), [](char c) {
           return c == '.' ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

// Returns the path without its version and without a trailing slash.
std::vector<std::string> PathOf(http::HttpTarget target) {
  std::vector<std::string> path = std::move(target.segments);
  if (!path.empty() && path.back().empty()) path.pop_back();
  if (!path.empty() && IsVersion(path.front())) path.erase(path.begin());
  return path;
}

// Returns the edge that a path names; empty when there is no such thing.
std::string EdgeOf(const std::vector<std::string>& path) {
  if (path.size() == 1 && IsNumericId(path[0])) return kUserProfile;
  if (path.size() == 1 && path[0] != kOwnAccount) return kMessage;
  const bool known =
      path.size() == 2 && (path[1] == kMessages || path[1] == kProfile);
  return known ? path[1] : std::string();
}

// Returns the token of the call; empty when there is none.
std::string TokenOf(const http::HttpRequest& request,
                    const http::HttpTarget& target, const json::value& body) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string header(absl::StripAsciiWhitespace(
      ToAbsl(request.headers.First("authorization"))));
  if (std::string_view(absl::AsciiStrToLower(header)).starts_with(kScheme) &&
      header.size() > kScheme.size()) {
    return header.substr(kScheme.size());
  }
  if (const auto token = target.Parameter("access_token"); !token.empty()) {
    return std::string(token);
  }
  const json::object* object = body.if_object();
  const json::string* token =
      object == nullptr ? nullptr : FindString(*object, "access_token");
  return token == nullptr ? std::string() : std::string(AsView(*token));
}

GraphError UnsupportedMethod(std::string_view method) {
  return InvalidParameter(absl::StrCat("Unsupported request - method type: ",
                                       absl::AsciiStrToLower(ToAbsl(method))));
}

// Returns the field names of a list such as "a,b", "[\"a\",\"b\"]" or "['a']":
// real callers write all of these.
std::vector<std::string> FieldNames(std::string_view list) {
  return absl::StrSplit(ToAbsl(list), absl::ByAnyChar(" ,[]\"'"),
                        absl::SkipEmpty());
}

// Returns nullopt when a user's profile has no such field.
std::optional<json::value> ProfileField(const User& user,
                                        std::string_view field) {
  if (field == "id") return json::value(user.id);
  if (field == "name") {
    return user.name.empty() ? json::value(nullptr) : json::value(user.name);
  }
  if (field == "username") return json::value(user.username);
  if (field == "profile_pic") {
    return user.profile_pic.empty() ? json::value(nullptr)
                                    : json::value(user.profile_pic);
  }
  if (field == "follower_count") return json::value(user.follower_count);
  if (field == "is_user_follow_business") {
    return json::value(user.is_user_follow_business);
  }
  if (field == "is_business_follow_user") {
    return json::value(user.is_business_follow_user);
  }
  if (field == "is_verified_user") return json::value(user.is_verified_user);
  return std::nullopt;
}

}  // namespace

struct GraphApi::Call {
  std::string_view method;
  const http::HttpTarget& target;
  const json::value& body;
  std::string account_id;

  // Returns the fields that a GET or DELETE names, in the query or the body.
  std::vector<std::string> Fields() const {
    std::vector<std::string> names = FieldNames(target.Parameter("fields"));
    const json::object* object = body.if_object();
    if (object == nullptr) return names;
    if (const json::array* list = FindArray(*object, "fields")) {
      for (const json::value& name : *list) {
        names.push_back(name.is_string()
                            ? std::string(AsView(name.get_string()))
                            : json::serialize(name));
      }
    } else if (const json::string* text = FindString(*object, "fields")) {
      for (std::string& name : FieldNames(AsView(*text))) {
        names.push_back(std::move(name));
      }
    }
    return names;
  }

  // Meta's "platform" may stand in the query and in the body.
  bool IsForInstagram() const {
    const json::object* object = body.if_object();
    const json::value* in_body =
        object == nullptr ? nullptr : object->if_contains("platform");
    const std::string_view in_query = target.Parameter("platform");
    return (in_query.empty() || in_query == "instagram") &&
           (in_body == nullptr || *in_body == json::value("instagram"));
  }
};

GraphApi::GraphApi(const Settings& settings, UserList& users,
                   ProfileStore& profiles, MessageStore& messages)
    : settings_(settings),
      users_(users),
      profiles_(profiles),
      messages_(messages) {}

std::string GraphApi::Edge(const http::HttpRequest& request) {
  http::HttpTarget target;
  if (!http::ParseTarget(request.target, target)) return {};
  return EdgeOf(PathOf(std::move(target)));
}

GraphApi::Address GraphApi::AddressOf(const http::HttpRequest& request) {
  http::HttpTarget target;
  if (!http::ParseTarget(request.target, target)) return {};
  Address address{.token = TokenOf(request, target, nullptr)};
  if (address.token.empty() && !request.body.empty()) {
    if (const auto body = ParseJson(request.body); body.ok()) {
      address.token = TokenOf(request, target, *body);
    }
  }
  std::vector<std::string> path = PathOf(std::move(target));
  if (!path.empty()) address.id = std::move(path.front());
  return address;
}

GraphReply GraphApi::Handle(const http::HttpRequest& request) {
  http::HttpTarget target;
  if (!http::ParseTarget(request.target, target)) {
    return {ErrorResponse({.code = 2500, .message = "Malformed path"})};
  }
  const std::vector<std::string> path = PathOf(target);
  const std::string edge = EdgeOf(path);
  if (edge.empty()) {
    return {ErrorResponse(
        request.method == "POST"
            ? InvalidParameter("Unsupported post request", 33)
            : GraphError{.code = 2500,
                         .message = absl::StrCat("Unknown path components: /",
                                                 absl::StrJoin(path, "/"))})};
  }
  json::value body;
  if (!request.body.empty()) {
    absl::StatusOr<json::value> parsed = ParseJson(request.body);
    if (!parsed.ok()) {
      return {
          ErrorResponse(InvalidParameter(ToStd(parsed.status().message())))};
    }
    body = *std::move(parsed);
  }
  const EmulatorConfig config = settings_.Get();
  const std::string token = TokenOf(request, target, body);
  if (const auto error = RefuseToken(config, token)) {
    return {ErrorResponse(*error)};
  }
  if (const auto error =
          RefuseProof(config, token, target.Parameter("appsecret_proof"))) {
    return {ErrorResponse(*error)};
  }
  const bool of_account = edge == kMessages || edge == kProfile;
  if (of_account && path[0] != kOwnAccount && !IsNumericId(path[0])) {
    return {ErrorResponse(
        {.status = 404,
         .code = 803,
         .message = absl::StrCat(
             "(#803) Some of the aliases you requested do not exist: ",
             path[0])})};
  }
  const bool own = path[0] == kOwnAccount || path[0] == config.page_id;
  const bool other = of_account && !own && !config.page_id.empty() &&
                     path[0] != config.account_id;
  if (config.strict && other) {
    return {ErrorResponse(
        InvalidParameter(absl::StrCat("Unsupported request. Object with ID '",
                                      path[0], "' does not exist"),
                         33))};
  }
  const Call call{.method = request.method,
                  .target = target,
                  .body = body,
                  .account_id = own ? config.account_id : path[0]};
  if (edge == kMessages) return Send(call);
  if (edge == kMessage) return {Message(call, path[0])};
  return {edge == kProfile ? Profile(call) : UserProfile(call, path[0])};
}

GraphReply GraphApi::Send(const Call& call) {
  if (call.method != "POST") {
    return {ErrorResponse(UnsupportedMethod(call.method))};
  }
  std::variant<SendRequest, GraphError> read = ReadSendRequest(call.body);
  if (const GraphError* error = std::get_if<GraphError>(&read)) {
    return {ErrorResponse(*error)};
  }
  SentMessage sent{.account_id = call.account_id,
                   .send = std::get<SendRequest>(std::move(read)),
                   .mid = FormatId(kMidPrefix, NewRawId())};
  const std::string& to = sent.send.recipient_id;
  if (const auto error = RefuseSend(settings_.Get(), users_.Find(to), sent.send,
                                    absl::Now())) {
    return {ErrorResponse(*error)};
  }
  users_.Received(to, sent.mid, sent.send.offers);
  messages_.Put(sent.mid, {.account = settings_.Get().account_id,
                           .from = sent.account_id,
                           .to = to,
                           .time = absl::Now(),
                           .text = sent.send.text,
                           .attachments = sent.send.attachments,
                           .story = {}});
  http::HttpResponse response =
      JsonResponse(200, json::object{{"recipient_id", sent.send.recipient_id},
                                     {"message_id", sent.mid}});
  return {.response = std::move(response), .sent = std::move(sent)};
}

http::HttpResponse GraphApi::Profile(const Call& call) {
  if (call.method != "GET" && call.method != "POST" &&
      call.method != "DELETE") {
    return ErrorResponse(UnsupportedMethod(call.method));
  }
  if (!call.IsForInstagram()) {
    return ErrorResponse(InvalidParameter("Param platform must be instagram"));
  }
  const json::value done = json::object{{"result", "success"}};
  if (call.method == "POST") {
    if (const auto error = profiles_.Set(call.account_id, call.body)) {
      return ErrorResponse(*error);
    }
    return JsonResponse(200, done);
  }
  const std::vector<std::string> fields = call.Fields();
  if (fields.empty()) {
    return ErrorResponse(InvalidParameter("The parameter fields is required"));
  }
  for (const std::string& field : fields) {
    if (field != kIceBreakers) {
      return ErrorResponse(InvalidParameter(
          absl::StrCat("Tried accessing nonexisting field (", field, ")")));
    }
  }
  if (call.method == "GET") {
    return JsonResponse(200, profiles_.Get(call.account_id));
  }
  profiles_.Delete(call.account_id);
  return JsonResponse(200, done);
}

http::HttpResponse GraphApi::UserProfile(const Call& call,
                                         const std::string& id) {
  if (call.method != "GET") {
    return ErrorResponse(UnsupportedMethod(call.method));
  }
  std::vector<std::string> fields = call.Fields();
  if (fields.empty()) fields = {"name", "username"};
  const EmulatorConfig config = settings_.Get();
  const std::optional<User> user =
      config.strict ? users_.Find(id) : users_.FindOrMake(id);
  json::object profile;
  for (const std::string& field : fields) {
    std::optional<json::value> value =
        ProfileField(user.value_or(User{}), field);
    if (!value.has_value()) {
      return ErrorResponse(InvalidParameter(
          absl::StrCat("Tried accessing nonexisting field (", field, ")")));
    }
    profile[field] = *std::move(value);
  }
  if (const auto error = RefuseProfile(config, user)) {
    return ErrorResponse(*error);
  }
  // Meta tells nothing more about someone who has blocked the account.
  if (user.has_value() && user->blocked) profile.clear();
  profile["id"] = id;
  return JsonResponse(200, profile);
}

http::HttpResponse GraphApi::Message(const Call& call, const std::string& mid) {
  if (call.method != "GET") {
    return ErrorResponse(UnsupportedMethod(call.method));
  }
  const std::optional<StoredMessage> message =
      messages_.Find(settings_.Get().account_id, mid);
  if (!message.has_value()) {
    return ErrorResponse(InvalidParameter(
        absl::StrCat("Unsupported get request. Object with ID '", mid,
                     "' does not exist"),
        33));
  }
  if (message->deleted) {
    return ErrorResponse(
        {.code = 9000001, .message = "(#9000001) The message was deleted"});
  }
  std::vector<std::string> fields = call.Fields();
  if (fields.empty()) fields = {"created_time"};
  json::object answer;
  for (const std::string& field : fields) {
    std::optional<json::value> value =
        MessageField(mid, *message, field, absl::Now());
    if (!value.has_value()) {
      return ErrorResponse(InvalidParameter(
          absl::StrCat("Tried accessing nonexisting field (", field, ")")));
    }
    // Meta leaves out what a message does not have.
    if (!value->is_null()) answer[field] = *std::move(value);
  }
  answer["id"] = mid;
  return JsonResponse(200, answer);
}

}  // namespace linktor::emulator
