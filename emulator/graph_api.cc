#include "emulator/graph_api.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/base/ids.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

using boost::beast::http::verb;

constexpr char kMessages[] = "messages";
constexpr char kProfile[] = "messenger_profile";
constexpr char kIceBreakers[] = "ice_breakers";
constexpr char kMidPrefix[] = "m_";

// "v25.0": a "v" before digits and one dot.
bool IsVersion(std::string_view segment) {
  return segment.size() > 1 && segment[0] == 'v' &&
         std::all_of(segment.begin() + 1, segment.end(), [](char c) {
           return c == '.' ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

// The path without its version and without a trailing slash.
std::vector<std::string> PathOf(HttpTarget target) {
  std::vector<std::string> path = std::move(target.segments);
  if (!path.empty() && path.back().empty()) path.pop_back();
  if (!path.empty() && IsVersion(path.front())) path.erase(path.begin());
  return path;
}

bool IsEdge(const std::vector<std::string>& path) {
  return path.size() == 2 && (path[1] == kMessages || path[1] == kProfile);
}

// Whether there is a token at all: this Instagram accepts any.
bool HasToken(const HttpRequest& request, const HttpTarget& target,
              const json::value& body) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string header = absl::AsciiStrToLower(
      absl::StripAsciiWhitespace(ToAbsl(request.Header("authorization"))));
  if (std::string_view(header).starts_with(kScheme) &&
      header.size() > kScheme.size()) {
    return true;
  }
  if (!target.Parameter("access_token").empty()) return true;
  const json::object* object = body.if_object();
  const json::string* token =
      object == nullptr ? nullptr : FindString(*object, "access_token");
  return token != nullptr && !token->empty();
}

GraphError UnsupportedMethod(verb method) {
  const auto name = boost::beast::http::to_string(method);
  return InvalidParameter(absl::StrCat(
      "Unsupported request - method type: ",
      absl::AsciiStrToLower(absl::string_view(name.data(), name.size()))));
}

// Field names in a list such as "a,b", "[\"a\",\"b\"]" or "['a']": all of
// these are met.
std::vector<std::string> FieldNames(std::string_view list) {
  return absl::StrSplit(ToAbsl(list), absl::ByAnyChar(" ,[]\"'"),
                        absl::SkipEmpty());
}

}  // namespace

struct GraphApi::Call {
  verb method;
  const HttpTarget& target;
  const json::value& body;
  std::string account_id;

  // The fields a GET or DELETE names, in the query or the body.
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

GraphApi::GraphApi(const Settings& settings, UserList& users)
    : settings_(settings), users_(users) {}

std::string GraphApi::Edge(const HttpRequest& request) {
  HttpTarget target;
  if (!ParseTarget(request.target, target)) return {};
  std::vector<std::string> path = PathOf(std::move(target));
  return IsEdge(path) ? std::move(path[1]) : std::string();
}

GraphReply GraphApi::Handle(const HttpRequest& request) {
  HttpTarget target;
  if (!ParseTarget(request.target, target)) {
    return {ErrorResponse({.code = 2500, .message = "Malformed path"})};
  }
  const std::vector<std::string> path = PathOf(target);
  if (!IsEdge(path)) {
    return {ErrorResponse(
        request.method == verb::post
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
  if (!HasToken(request, target, body)) {
    return {ErrorResponse(
        {.status = 401,
         .code = 190,
         .message = "An access token is required to request this resource."})};
  }
  if (path[0] != "me" && !IsNumericId(path[0])) {
    return {ErrorResponse(
        {.status = 404,
         .code = 803,
         .message = absl::StrCat(
             "(#803) Some of the aliases you requested do not exist: ",
             path[0])})};
  }
  const EmulatorConfig config = settings_.Get();
  const bool own = path[0] == "me" || path[0] == config.page_id;
  const Call call{.method = request.method,
                  .target = target,
                  .body = body,
                  .account_id = own ? config.account_id : path[0]};
  if (path[1] == kMessages) return SendText(call);
  return {Profile(call)};
}

GraphReply GraphApi::SendText(const Call& call) {
  if (call.method != verb::post) {
    return {ErrorResponse(UnsupportedMethod(call.method))};
  }
  std::variant<TextSend, GraphError> read = ReadTextSend(call.body);
  if (const GraphError* error = std::get_if<GraphError>(&read)) {
    return {ErrorResponse(*error)};
  }
  SentMessage sent{.account_id = call.account_id,
                   .send = std::get<TextSend>(std::move(read)),
                   .mid = FormatId(kMidPrefix, NewRawId())};
  users_.Received(sent.send.recipient_id);
  HttpResponse response =
      JsonResponse(200, json::object{{"recipient_id", sent.send.recipient_id},
                                     {"message_id", sent.mid}});
  return {.response = std::move(response), .sent = std::move(sent)};
}

HttpResponse GraphApi::Profile(const Call& call) {
  if (call.method != verb::get && call.method != verb::post &&
      call.method != verb::delete_) {
    return ErrorResponse(UnsupportedMethod(call.method));
  }
  if (!call.IsForInstagram()) {
    return ErrorResponse(InvalidParameter("Param platform must be instagram"));
  }
  const json::value done = json::object{{"result", "success"}};
  if (call.method == verb::post) {
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
  if (call.method == verb::get) {
    return JsonResponse(200, profiles_.Get(call.account_id));
  }
  profiles_.Delete(call.account_id);
  return JsonResponse(200, done);
}

}  // namespace linktor::emulator
